#pragma once
// The pure built-in actions, as functions of their input: they run inside the interpreter and cost
// nothing in Temporal. A constant table; the action registry makes catalogue entries of it.

#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "json/value.h"

namespace fermata::transform {

struct Failure {
  std::string category;  // ActionError, ValidationError, …
  std::string code;
  std::string message;
  json::Value details;
};
using Output = std::variant<json::Value, Failure>;

struct PureAction {
  std::string_view id;
  int version;
  std::string_view title;
  std::string_view input_schema;  // JSON Schema text
  std::string_view output_schema;
  Output (*run)(const json::Value& input);
};

// Sorted by id.
std::span<const PureAction> pure_actions();

}  // namespace fermata::transform
