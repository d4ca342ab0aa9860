#pragma once
// Failure: why an activity, a child or a run failed, with its whole chain of causes. A value; the
// protobuf form stays inside this library.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "temporal/payload.h"

namespace fermata::temporal {

enum class FailureKind : std::uint8_t {
  Application,  // raised by code: type, non_retryable and details say what
  Canceled,
  Timeout,  // timeout_type says which
  Terminated,
  Server,
  Activity,       // a wrapper: look at the cause
  ChildWorkflow,  // a wrapper: look at the cause
  Other,
};

struct Failure {
  FailureKind kind = FailureKind::Application;
  std::string message;
  std::string type;                                 // Application
  bool non_retryable = false;                       // Application, Server
  std::vector<Payload> details;                     // Application, Canceled
  std::optional<std::int64_t> next_retry_delay_ms;  // Application
  std::string
      timeout_type;  // Timeout: start_to_close, schedule_to_start, schedule_to_close, heartbeat
  std::vector<Failure> cause;     // none or one
  std::optional<Payload> hidden;  // the message, sealed; the one above then says nothing

  // The first failure in the chain that is not a wrapper.
  [[nodiscard]] const Failure& root() const;
};

}  // namespace fermata::temporal
