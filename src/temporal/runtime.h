#pragma once
// Runtime: Core's threads, metrics and logs. One per process; clients and workers hold on to it.

#include <memory>
#include <string>

#include "foundation/log.h"
#include "foundation/result.h"

namespace fermata::temporal {

class PayloadCodec;

struct RuntimeOptions {
  std::string prometheus_address;  // host:port to serve Core's metrics on; empty: none
  std::string otlp_url;            // OpenTelemetry collector; empty: none. Not both.
  Log* log = nullptr;  // where Core's own log lines go; must outlive the process's last runtime
  LogLevel log_level = LogLevel::Warn;
  std::shared_ptr<const PayloadCodec> codec;  // of every client and worker; empty: none
};

class Runtime {
 public:
  struct Handle;

  // Errors: TEMPORAL_RUNTIME (a metrics address in use, a bad URL).
  static Result<Runtime> create(const RuntimeOptions& options);

  [[nodiscard]] const std::shared_ptr<Handle>& handle() const { return handle_; }

 private:
  explicit Runtime(std::shared_ptr<Handle> handle) : handle_(std::move(handle)) {}
  std::shared_ptr<Handle> handle_;
};

}  // namespace fermata::temporal
