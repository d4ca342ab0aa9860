#pragma once
// Value to text. Two forms: `to_text` keeps member order (what people wrote), `to_canonical_text`
// sorts members by key bytes (what is hashed and compared). Both print numbers as ECMAScript does
// and text as raw UTF-8.

#include <cstddef>
#include <string>

#include "json/value.h"

namespace fermata::json {

std::string to_text(const Value& value);
std::string to_text(const Object& object);
std::string to_canonical_text(const Value& value);
// Two spaces of indentation, for people.
std::string to_pretty_text(const Value& value);

// Length of to_text(value) in bytes, counted without building it.
std::size_t text_bytes(const Value& value);

// Whether lists and objects stand in each other deeper than so many levels; a scalar has none.
bool is_deeper(const Value& value, std::size_t levels);

// Appends the text as a JSON string literal, quotes included.
void append_quoted(std::string& out, std::string_view text);

}  // namespace fermata::json
