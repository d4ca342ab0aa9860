#pragma once
// SHA-256 of text and of values. The definition hash and the action input hash are hash(value): the
// canonical text, so member order and number spelling do not matter.

#include <string>
#include <string_view>

#include "json/value.h"

namespace fermata::json {

// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);
std::string hash(const Value& value);

}  // namespace fermata::json
