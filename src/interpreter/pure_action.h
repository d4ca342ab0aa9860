#pragma once
// Pure actions (transform.*, workflow.fail) run inside the machine and cost nothing in Temporal.
// The host hands them in as a table, so that the interpreter knows none of them by name.

#include <string_view>
#include <variant>

#include "interpreter/run_error.h"
#include "json/value.h"

namespace fermata::interpreter {

class PureActions {
 public:
  virtual ~PureActions() = default;
  // The output, or the author's error (node_path and at are filled in by the machine).
  // Must be a function of its arguments. An unknown action is an ActionError with code
  // ACTION_UNKNOWN.
  [[nodiscard]] virtual std::variant<json::Value, RunError> run(std::string_view id, int version,
                                                                const json::Value& input) const = 0;
};

}  // namespace fermata::interpreter
