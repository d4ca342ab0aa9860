#pragma once
// Action: what a step can call. One class per action; registered by a call that one reads in the
// wiring (cli).

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "definition/catalog.h"
#include "foundation/ids.h"
#include "foundation/result.h"
#include "json/value.h"

namespace fermata::actions {

struct ActionCall {
  TenantId tenant;
  RunId run_id;
  std::string step_path;
  std::string idempotency_key;  // the same for every attempt of one invocation
  std::uint32_t attempt = 1;
  std::int64_t timeout_ms = 0;
  json::Value input;                 // secrets resolved
  std::vector<std::string> secrets;  // those that are in it (taint.h)
};

// What the author can catch.
struct ActionFailure {
  std::string category;  // TransientError, ActionError, ValidationError, TimeoutError
  std::string code;
  std::string message;
  json::Value details;
  std::optional<std::int64_t> retry_after_ms;
};
using ActionResult = std::variant<json::Value, ActionFailure>;

class Action {
 public:
  virtual ~Action() = default;
  [[nodiscard]] virtual const definition::ActionSpec& spec() const = 0;
  // Called from several threads at once.
  virtual ActionResult run(const ActionCall& call) = 0;
  // Whether run() may wait for something outside. One that never does runs on the database
  // writer's thread: it must be over in microseconds.
  [[nodiscard]] virtual bool may_wait() const { return true; }
};

// Secrets by name, for one tenant. Values never reach a log, a row or Temporal.
class SecretResolver {
 public:
  virtual ~SecretResolver() = default;
  virtual Result<std::string> resolve(const TenantId& tenant, const std::string& name) = 0;
};

}  // namespace fermata::actions
