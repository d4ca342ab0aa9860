#pragma once
// YAML 1.2 text to the JSON value it means (core schema). Refused with line and column: duplicate
// keys, merge keys, tags, keys that are not text, several documents, more nodes or levels than the
// limits allow.

#include <string_view>

#include "foundation/result.h"
#include "json/value.h"

namespace fermata::definition {

// Errors: YAML_INVALID, YAML_TOO_DEEP, YAML_TOO_LARGE.
Result<json::Value> read_yaml(std::string_view text);

}  // namespace fermata::definition
