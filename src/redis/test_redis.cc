#include "redis/test_redis.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "foundation/check.h"
#include "foundation/format.h"
#include "redis/client.h"

namespace fermata::redis {
namespace {

std::uint16_t free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "no free port");
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

pid_t spawn(const std::vector<std::string>& words, const std::string& log) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t pid = -1;
  CHECK(posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ) == 0,
        "a program of the apt list is missing");
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

}  // namespace

TestRedis::TestRedis(Tls tls) : tls_(tls) {
  folder_ = (std::filesystem::temp_directory_path() / "fermata-redis-XXXXXX").string();
  CHECK(mkdtemp(folder_.data()) != nullptr, "no temporary folder");
  if (tls_ == Tls::Yes) {
    const pid_t made = spawn({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                              "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                              "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
                              folder_ + "/key.pem", "-out", folder_ + "/cert.pem"},
                             folder_ + "/openssl.log");
    int status = 0;
    CHECK(waitpid(made, &status, 0) == made && status == 0, "openssl made no certificate");
  }
  start();
}

TestRedis::~TestRedis() {
  kill();
  std::error_code ec;
  std::filesystem::remove_all(folder_, ec);
}

void TestRedis::start() {
  // Another program may take the port between looking and listening: then another one is tried.
  for (int tries = 0; tries < 20; ++tries) {
    if (port_ == 0) port_ = free_port();
    std::vector<std::string> words = {"redis-server",
                                      "--bind",
                                      "127.0.0.1",
                                      "--dir",
                                      folder_,
                                      "--appendonly",
                                      "yes",
                                      "--appendfsync",
                                      "always",
                                      "--port",
                                      "0",
                                      "--protected-mode",
                                      "no"};
    words[10] = tls_ == Tls::Yes ? "0" : std::to_string(port_);
    if (tls_ == Tls::Yes) {
      for (const std::string& word :
           {std::string("--tls-port"), std::to_string(port_), std::string("--tls-cert-file"),
            folder_ + "/cert.pem", std::string("--tls-key-file"), folder_ + "/key.pem",
            std::string("--tls-auth-clients"), std::string("no")})
        words.push_back(word);
    }
    pid_ = spawn(words, folder_ + "/server.log");
    Options options;
    options.url = url();
    options.ca_file = tls_ == Tls::Yes ? ca_file() : "";
    while (waitpid(pid_, nullptr, WNOHANG) == 0) {
      if (Client::connect(options).has_value()) return;
      usleep(5'000);
    }
    pid_ = -1;
    port_ = 0;
  }
  CHECK(false, "redis-server does not start");
}

void TestRedis::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string TestRedis::url() const {
  return tls_ == Tls::Yes ? format("rediss://localhost:{}", port_)
                          : format("redis://127.0.0.1:{}", port_);
}

}  // namespace fermata::redis
