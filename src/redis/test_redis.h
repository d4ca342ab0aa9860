#pragma once
// TestRedis: a redis-server on a free loopback port in a folder of its own, for tests. Stopped by
// its process id.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace fermata::redis {

class TestRedis {
 public:
  enum class Tls : bool { No, Yes };
  explicit TestRedis(Tls tls = Tls::No);
  TestRedis(const TestRedis&) = delete;
  TestRedis& operator=(const TestRedis&) = delete;
  ~TestRedis();

  void start();
  // As a power cut does.
  void kill();
  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::string ca_file() const { return folder_ + "/cert.pem"; }

 private:
  std::string folder_;
  Tls tls_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace fermata::redis
