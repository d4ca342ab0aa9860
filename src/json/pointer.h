#pragma once
// JSON Pointer (RFC 6901): where in a document something is.

#include <string>
#include <string_view>

#include "json/value.h"

namespace fermata::json {

// "a/b" becomes "a~1b".
std::string escape_token(std::string_view token);

// Appends "/token", escaped.
void append_token(std::string& pointer, std::string_view token);

// The value at `pointer` ("" is the whole), or nullptr.
const Value* at_pointer(const Value& root, std::string_view pointer);
Value* at_pointer(Value& root, std::string_view pointer);

}  // namespace fermata::json
