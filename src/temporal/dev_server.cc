#include "temporal/dev_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <thread>

#include "foundation/format.h"

namespace fermata::temporal {
namespace {

constexpr std::int64_t kStartMs = 60'000;  // a loaded machine with a cold disk
constexpr std::int64_t kStartLookMs = 100;
constexpr int kStopTries = 100;
constexpr int kPortTries = 5;

Error dev_server_error(std::string message, std::string help = {}) {
  return make_error(ErrorKind::Unavailable, "TEMPORAL_DEV_SERVER", std::move(message),
                    std::move(help));
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

bool answers(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const sockaddr_in address = loopback(port);
  const bool connected =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return connected;
}

std::vector<std::string> arguments_of(const DevServerOptions& options, const std::string& program,
                                      std::uint16_t port) {
  std::vector<std::string> arguments = {program,
                                        "server",
                                        "start-dev",
                                        "--ip",
                                        "127.0.0.1",
                                        "--port",
                                        std::to_string(port),
                                        "--namespace",
                                        options.target_namespace,
                                        "--log-level",
                                        "warn"};
  if (options.with_ui) {
    if (options.ui_port != 0)
      arguments.insert(arguments.end(), {"--ui-port", std::to_string(options.ui_port)});
  } else {
    arguments.emplace_back("--headless");
  }
  // The server's own default is a rollback journal: four syncs a commit instead of one. Each commit
  // is on the disk before it is answered either way.
  if (!options.database_file.empty())
    arguments.insert(arguments.end(), {"--db-filename", options.database_file, "--sqlite-pragma",
                                       "journal_mode=WAL", "--sqlite-pragma", "synchronous=FULL"});
  for (const auto& [key, value] : options.dynamic_config) {
    arguments.insert(arguments.end(), {"--dynamic-config-value", key + "=" + value});
  }
  for (const auto& [name, type] : options.search_attributes) {
    arguments.insert(arguments.end(), {"--search-attribute", name + "=" + type});
  }
  return arguments;
}

// This process' environment. The server's collector stops the work of small machines for tens of
// milliseconds: it comes half as often, unless the user says how often.
std::vector<char*> environment_of_child() {
  static char collector[] = "GOGC=200";
  std::vector<char*> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.push_back(*variable);
  if (std::getenv("GOGC") == nullptr) variables.push_back(collector);
  variables.push_back(nullptr);
  return variables;
}

// In the child: only calls that are safe after fork.
[[noreturn]] void become(const std::vector<char*>& arguments, const std::vector<char*>& environment,
                         int log, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  // Ctrl-C is for us; we stop the server when we are done with it. What tells it to stop must reach
  // it from the beginning, whatever we ourselves do not hear.
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(arguments.front(), arguments.data(), environment.data());
  _exit(127);
}

}  // namespace

// Not one that the kernel hands out by itself: between our looking and the server's taking, any
// process' outgoing connection may get such a one. Each look begins elsewhere.
Result<std::uint16_t> free_port() {
  constexpr std::uint32_t kFirst = 10'000;
  constexpr std::uint32_t kPorts = 22'000;  // up to where Linux begins by default
  constexpr std::uint32_t kTries = 100;
  const std::uint32_t start = std::random_device()() % kPorts;
  for (std::uint32_t i = 0; i < kTries; ++i) {
    const std::uint32_t port = kFirst + (start + i) % kPorts;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return dev_server_error("no socket to be had");
    const sockaddr_in address = loopback(static_cast<std::uint16_t>(port));
    const bool bound = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    if (bound) return static_cast<std::uint16_t>(port);
  }
  return dev_server_error("no free port on loopback");
}

Result<std::string> DevServer::find_program() {
  namespace fs = std::filesystem;
  std::vector<fs::path> places;
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "";
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    places.emplace_back(fs::path(rest.substr(0, colon)) / "temporal");
    rest = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon + 1);
  }
  const char* cache = std::getenv("FERMATA_CACHE");
  const char* home = std::getenv("HOME");
  if (cache != nullptr) {
    places.emplace_back(fs::path(cache) / "tools/bin/temporal");
  } else if (home != nullptr) {
    places.emplace_back(fs::path(home) / ".cache/fermata/tools/bin/temporal");
  }
  for (const fs::path& place : places) {
    if (access(place.c_str(), X_OK) == 0) return place.string();
  }
  return dev_server_error("the Temporal CLI is not on this machine",
                          "run ./dev bootstrap, or put `temporal` on PATH");
}

Result<DevServer> DevServer::start(const DevServerOptions& options) {
  std::string program = options.program;
  if (program.empty()) {
    TRY(program, find_program());
  }
  if (options.port != 0) return start_once(options, program, options.port);
  // A port that was free a moment ago may be taken by now: then another one.
  for (int i = 0;; ++i) {
    TRY(const std::uint16_t port, free_port());
    auto started = start_once(options, program, port);
    const bool is_given_up = options.waits_on && !options.waits_on(0);
    if (started.has_value() || is_given_up || i + 1 == kPortTries) return started;
  }
}

Result<DevServer> DevServer::start_once(const DevServerOptions& options, const std::string& program,
                                        std::uint16_t port) {
  if (answers(port)) {
    return dev_server_error(format("port {} is in use", port),
                            "choose another port, or stop what listens there");
  }
  std::vector<std::string> arguments = arguments_of(options, program, port);
  std::vector<char*> raw;
  raw.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) raw.push_back(argument.data());
  raw.push_back(nullptr);
  const std::string log_file = options.log_file.empty() ? "/dev/null" : options.log_file;
  const int log = open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0)
    return dev_server_error(format("cannot write `{}`: {}", log_file, std::strerror(errno)));
  const std::vector<char*> environment = environment_of_child();
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) become(raw, environment, log, parent);
  close(log);
  if (pid < 0) return dev_server_error("cannot start a process");
  DevServer server(pid, format("127.0.0.1:{}", port));
  for (std::int64_t waited_ms = 0; waited_ms < kStartMs; waited_ms += kStartLookMs) {
    if (const auto how = server.how_it_ended())
      return dev_server_error(format("`{}` ended at once: {}", program, *how),
                              "its log: " + log_file);
    if (answers(port)) return server;
    if (options.waits_on && !options.waits_on(waited_ms))
      return dev_server_error(format("`{}` was told to end before it was there", program));
    std::this_thread::sleep_for(std::chrono::milliseconds(kStartLookMs));
  }
  return dev_server_error(format("`{}` does not answer on port {}", program, port),
                          "its log: " + log_file);
}

DevServer::DevServer(DevServer&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), address_(std::move(other.address_)) {}

DevServer& DevServer::operator=(DevServer&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(address_, other.address_);
  return *this;
}

DevServer::~DevServer() {
  stop();
}

// Left to be waited for by stop(), so that the pid is nobody else's until then.
std::optional<std::string> DevServer::how_it_ended() const {
  if (pid_ <= 0) return "stopped";
  siginfo_t child{};
  if (waitid(P_PID, static_cast<id_t>(pid_), &child, WEXITED | WNOHANG | WNOWAIT) != 0)
    return "gone";
  if (child.si_pid == 0) return std::nullopt;
  return format("{} {}", child.si_code == CLD_EXITED ? "exit code" : "signal", child.si_status);
}

void DevServer::stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  for (int i = 0; i < kStopTries; ++i) {
    if (waitpid(pid_, nullptr, WNOHANG) != 0) {
      pid_ = -1;
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  kill();
}

void DevServer::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace fermata::temporal
