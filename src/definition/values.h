#pragma once
// Authored values to their compiled forms: expressions, assign paths, mapping values, retry
// policies. Compiling never fails on a document that check() passed.

#include <optional>
#include <string_view>
#include <vector>

#include "definition/program.h"

namespace fermata::definition {

// The one grammar of assignable places; nothing for text outside it, `__proto__` and its like
// included.
std::optional<AssignPath> parse_assign_path(std::string_view text);

// `value` is {"$expr": "…"}; a source that does not compile gives an Expression without program.
Expression compile_expression(const json::Value& value);
std::vector<Assignment> compile_assignments(const json::Value* map);
std::vector<std::pair<std::string, Expression>> compile_expressions(const json::Value* map);
MappingValue compile_mapping(const json::Value& value);
std::optional<RetryPolicy> compile_retry(const json::Value* value);
OnError compile_on_error(const json::Value* value);

}  // namespace fermata::definition
