#pragma once
// YAML to JSON: the YAML 1.2 core schema, resolved here. Refused with line and column: duplicate
// keys, merge keys, tags, several documents, keys that are no scalars, numbers that JSON has not.

#include <string_view>

#include "foundation/result.h"
#include "json/value.h"

namespace fermata::definition {

// Errors: YAML_INVALID, YAML_TOO_LARGE (aliases included), YAML_TOO_DEEP.
Result<json::Value> parse_yaml(std::string_view text);

}  // namespace fermata::definition
