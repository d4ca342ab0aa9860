#pragma once
// Context: what the reading of one definition shares: the draft, its findings, the expressions
// compiled so far. The functions here read what occurs in many step types: expressions, mapping
// values, assignments, policies. Where next: parse/steps.h, parse/document.h.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "definition/catalog.h"
#include "definition/draft.h"
#include "definition/parse/reader.h"

namespace fermata::definition {

struct Context {
  const ActionCatalog& actions;
  Draft& draft;
  Findings& findings;
  StepIndex step = kNoStep;  // the step being read
  // Each source is compiled once for the whole definition.
  std::map<std::string, jsonata::Compiled, std::less<>> compiled;
};

// Where a value stands and what it is for.
struct Spot {
  std::string path;
  ExpressionRole role = ExpressionRole::Input;
};

// {"$expr": "…"} at `spot`; what is wrong becomes a finding and the program stays null.
Expression read_expression(Context& context, const json::Value& value, const Spot& spot);

// The member as an expression; empty when it is absent.
std::optional<Expression> read_expression(Context& context, Reader& reader, std::string_view key,
                                          ExpressionRole role);
Expression need_expression(Context& context, Reader& reader, std::string_view key,
                           ExpressionRole role);

// A member that maps names to expressions.
std::vector<std::pair<std::string, Expression>> read_expressions(Context& context, Reader& reader,
                                                                 std::string_view key,
                                                                 ExpressionRole role);

// A member that maps assign paths to expressions.
std::vector<Assignment> read_assignments(Context& context, Reader& reader, std::string_view key,
                                         Need need = Need::Optional);

// A member that is one assign path.
std::optional<AssignPath> read_assign_path(Context& context, Reader& reader, std::string_view key);

// Any JSON value with expressions and secret references in it.
MappingValue read_mapping(Context& context, const json::Value& value, const Spot& spot);

// The members `retry` and `onError`.
std::optional<RetryPolicy> read_retry(Context& context, Reader& reader);
std::optional<OnError> read_on_error(Reader& reader);

// A member that is a list of error categories or codes.
std::vector<std::string> read_error_names(Context& context, Reader& reader, std::string_view key);

}  // namespace fermata::definition
