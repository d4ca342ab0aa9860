#pragma once
// Log: where adapters and programs say what they do. One JSON line per call, fixed keys, never a
// payload or a secret. Implemented in cli (spdlog); tests use their own.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fermata {

enum class LogLevel { Trace, Debug, Info, Warn, Error };

// Keys are fixed words: run_id, workflow_id, step_path, tenant, code, …
using LogFields = std::vector<std::pair<std::string_view, std::string>>;

class Log {
 public:
  virtual ~Log() = default;
  // Safe to call from any thread. `message` is a constant sentence: what varies goes into fields.
  virtual void write(LogLevel level, std::string_view message, const LogFields& fields) = 0;

  void info(std::string_view message, const LogFields& fields = {}) {
    write(LogLevel::Info, message, fields);
  }
  void warn(std::string_view message, const LogFields& fields = {}) {
    write(LogLevel::Warn, message, fields);
  }
  void error(std::string_view message, const LogFields& fields = {}) {
    write(LogLevel::Error, message, fields);
  }
};

}  // namespace fermata
