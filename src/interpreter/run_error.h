#pragma once
// RunError: an error that belongs to a run. It is a value in the state; authors can catch it,
// unless its category is Cancellation or InterpreterCorruption. Shape from seed S0: category, code,
// message, nodePath, at, details.

#include <optional>
#include <string>
#include <string_view>

#include "foundation/clock.h"
#include "json/value.h"

namespace fermata::interpreter {

namespace category {
inline constexpr std::string_view kValidation = "ValidationError";
inline constexpr std::string_view kExpression = "ExpressionError";
inline constexpr std::string_view kAction = "ActionError";
inline constexpr std::string_view kTransient = "TransientError";
inline constexpr std::string_view kTimeout = "TimeoutError";
inline constexpr std::string_view kChildWorkflow = "ChildWorkflowError";
inline constexpr std::string_view kQuotaExceeded = "QuotaExceeded";
inline constexpr std::string_view kCancellation = "Cancellation";         // uncatchable
inline constexpr std::string_view kCorruption = "InterpreterCorruption";  // uncatchable
}  // namespace category

struct RunError {
  std::string category;
  std::string code;  // may be empty
  std::string message;
  std::string node_path;  // canonical path of the step where it arose
  TimeMs at = 0;
  json::Value details;  // null when there are none

  // {category, message, nodePath, at (ISO), code?, details?}: what authors see as `error`.
  [[nodiscard]] json::Value to_json() const;
  static RunError from_json(const json::Value& value);
};
bool operator==(const RunError& left, const RunError& right);

bool is_catchable(const RunError& error);

}  // namespace fermata::interpreter
