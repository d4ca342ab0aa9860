#pragma once
// What an unquoted YAML scalar means under the 1.2 core schema.

#include <optional>
#include <string_view>

#include "json/value.h"

namespace fermata::definition {

// null, boolean, number or string. Empty for the numbers that JSON cannot hold: .inf, .nan and
// those beyond a double.
std::optional<json::Value> resolve_plain_scalar(std::string_view text);

// Whether the bytes are UTF-8 without U+0000.
bool is_clean_utf8(std::string_view text);

}  // namespace fermata::definition
