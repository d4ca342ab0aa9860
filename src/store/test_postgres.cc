#include "store/test_postgres.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <thread>
#include <vector>

namespace fermata::store {
namespace {

[[noreturn]] void give_up(const std::string& why) {
  std::fputs(("a PostgreSQL server is needed and cannot be had: " + why + "\n").c_str(), stderr);
  std::fflush(stderr);
  std::_Exit(1);
}

// Where Debian puts them; the newest version.
std::string find_programs() {
  std::vector<std::string> found;
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", ec))
    if (std::filesystem::exists(entry.path() / "bin" / "initdb")) found.push_back(entry.path());
  if (found.empty()) give_up("there is no initdb under /usr/lib/postgresql; run ./dev bootstrap");
  return std::ranges::max(found) + "/bin";
}

// PostgreSQL refuses to run as root.
const passwd* other_user() {
  if (geteuid() != 0) return nullptr;
  const passwd* user = getpwnam("postgres");
  if (user == nullptr) user = getpwnam("nobody");
  if (user == nullptr) give_up("there is neither a user `postgres` nor `nobody`");
  return user;
}

// Starts a program with its output in a file. Its end is ours at the latest.
pid_t spawn(std::vector<std::string> arguments, const std::string& log) {
  const passwd* user = other_user();
  std::vector<char*> raw;
  for (std::string& argument : arguments) raw.push_back(argument.data());
  raw.push_back(nullptr);
  const pid_t child = fork();
  if (child != 0) return child;
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (dup2(out, 1) < 0 || dup2(out, 2) < 0 || chdir("/") != 0) _exit(126);
  if (user != nullptr && (setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) _exit(126);
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  execv(raw[0], raw.data());
  _exit(127);
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

std::string text_of(const std::string& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

TestPostgres::TestPostgres() : programs_(find_programs()) {
  std::string pattern = (std::filesystem::temp_directory_path() / "fermata-pg-XXXXXX").string();
  folder_ = mkdtemp(pattern.data());
  if (const passwd* user = other_user()) {
    if (chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0) give_up("chown failed");
  }
  const std::string log = folder_ + "/initdb.log";
  const pid_t made = spawn({programs_ + "/initdb", "-D", folder_ + "/data", "-U", "fermata", "-A",
                            "trust", "-E", "UTF8", "--no-locale", "--no-sync"},
                           log);
  if (wait_for(made) != 0) give_up("initdb says " + text_of(log));
  start();
}

TestPostgres::~TestPostgres() {
  if (server_) stop(true);
  std::filesystem::remove_all(folder_);
}

std::string TestPostgres::url() const {
  std::string host;
  for (const char c : folder_) host += c == '/' ? std::string("%2F") : std::string(1, c);
  return "postgresql://fermata@/postgres?host=" + host;
}

void TestPostgres::start() {
  const std::string log = folder_ + "/server.log";
  server_ = spawn({programs_ + "/postgres", "-D", folder_ + "/data", "-k", folder_, "-c",
                   "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB"},
                  log);
  const auto gives_up_at = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (PQping(url().c_str()) != PQPING_OK) {
    if (waitpid(*server_, nullptr, WNOHANG) != 0) give_up("the server says " + text_of(log));
    if (std::chrono::steady_clock::now() > gives_up_at) give_up("it does not answer for 60 s");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void TestPostgres::stop(bool at_once) {
  kill(*server_, at_once ? SIGQUIT : SIGINT);
  wait_for(*server_);
  server_.reset();
}

void TestPostgres::signal_all(int number) const {
  const std::string id = std::to_string(*server_);
  std::ifstream children("/proc/" + id + "/task/" + id + "/children");
  kill(*server_, number);
  for (pid_t child = 0; children >> child;) kill(child, number);
}

void TestPostgres::execute(const std::string& sql) const {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url().c_str()),
                                                                PQfinish);
  const std::unique_ptr<PGresult, decltype(&PQclear)> done(PQexec(connection.get(), sql.c_str()),
                                                           PQclear);
  const ExecStatusType status = PQresultStatus(done.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    give_up(sql + ": " + PQerrorMessage(connection.get()));
}

}  // namespace fermata::store
