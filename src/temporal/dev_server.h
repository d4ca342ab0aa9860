#pragma once
// DevServer: Temporal's own dev server (SQLite inside) as a child process on loopback. It never
// outlives this process: the kernel kills it when its parent goes.

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "foundation/result.h"

namespace fermata::temporal {

struct DevServerOptions {
  std::string program;     // empty: find_program()
  std::uint16_t port = 0;  // 0: a free one
  std::string target_namespace = "default";
  std::string database_file;                                           // empty: in memory
  std::string log_file;                                                // empty: /dev/null
  std::vector<std::pair<std::string, std::string>> dynamic_config;     // key, JSON value
  std::vector<std::pair<std::string, std::string>> search_attributes;  // name, type
  bool with_ui = false;
  std::uint16_t ui_port = 0;
  // Asked ten times a second while the server starts, with what that took so far; false ends it.
  std::function<bool(std::int64_t waited_ms)> waits_on;
};

class DevServer {
 public:
  // Starts it and waits until its port answers. Errors: TEMPORAL_DEV_SERVER.
  static Result<DevServer> start(const DevServerOptions& options);
  // `temporal` on PATH, else where bootstrap keeps it. Errors: TEMPORAL_DEV_SERVER with the command
  // to get it.
  static Result<std::string> find_program();

  DevServer(DevServer&& other) noexcept;
  DevServer& operator=(DevServer&& other) noexcept;
  DevServer(const DevServer&) = delete;
  DevServer& operator=(const DevServer&) = delete;
  ~DevServer();

  void stop();
  // SIGKILL: what a power cut does.
  void kill();
  [[nodiscard]] bool is_running() const { return !how_it_ended(); }
  // Nothing while it runs, else `exit code 1`, `signal 9`.
  [[nodiscard]] std::optional<std::string> how_it_ended() const;
  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  static Result<DevServer> start_once(const DevServerOptions& options, const std::string& program,
                                      std::uint16_t port);
  DevServer(pid_t pid, std::string address) : pid_(pid), address_(std::move(address)) {}
  pid_t pid_ = -1;
  std::string address_;
};

// A loopback port that was free a moment ago.
Result<std::uint16_t> free_port();

}  // namespace fermata::temporal
