#pragma once
// Expressions tried out on data: compiled as those of a definition are, evaluated against what a
// run would see, under the same counted budgets.

#include <optional>
#include <string>
#include <vector>

#include "definition/expressions.h"
#include "foundation/clock.h"
#include "foundation/result.h"
#include "json/value.h"
#include "jsonata/jsonata.h"

namespace fermata::service {

// What is wrong with a part of the source.
struct TrialFinding {
  std::string code;  // the language's own (S0201, T2001, …), NOT_AT_PATH or VALUE_TOO_LARGE
  std::string message;
  TextSpan span;
};

struct Trial {
  std::string source;
  jsonata::ProgramPtr program;              // null: it does not compile
  std::vector<definition::UsedName> names;  // what it reads
  std::optional<json::Value> value;         // redacted; empty: it has none
  std::vector<TrialFinding> findings;
};

// Error: EXPRESSION_INVALID for a source that is too long.
Result<Trial> compile_trial(std::string source);

// Sets the value, or adds what failed. An object is looked into as a run's scopes are: its members
// are the roots (payload, vars, …), its `layers`, or else its `vars`, are bare names. Any other
// value is `$`. Nothing is done for a source that does not compile.
void evaluate_trial(Trial& trial, const json::Value& data, TimeMs now);

}  // namespace fermata::service
