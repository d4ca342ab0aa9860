#pragma once
// The JSON value of the whole product: Boost.JSON's type under our name, with our own meaning of
// equality, deletion and field access. Object members keep the order in which they were written.
// Traps of the type (docs/adr/0005-json-value.md): never build from braces; say Value(x), Array{…}
// or Object.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fermata::json {

using Value = boost::json::value;
using Object = boost::json::object;
using Array = boost::json::array;
using String = boost::json::string;

// Deep equality as JSON means it: numbers by value (1 equals 1.0), objects regardless of member
// order.
bool equal(const Value& left, const Value& right);

// Removes a member and keeps the order of the others. Returns whether it was there.
bool erase(Object& object, std::string_view key);

// The member, or nullptr: also when `value` is no object.
const Value* find(const Value& value, std::string_view key);
const Value* find(const Object& object, std::string_view key);
Value* find(Object& object, std::string_view key);

// Typed member access: empty when absent or of another type.
std::optional<std::string> string_at(const Object& object, std::string_view key);
std::optional<std::int64_t> int_at(const Object& object, std::string_view key);
std::optional<bool> bool_at(const Object& object, std::string_view key);

// "null", "boolean", "number", "string", "array" or "object": the word for messages.
std::string_view type_name(const Value& value);

inline std::string_view view(const String& text) {
  return {text.data(), text.size()};
}
inline std::string to_std(const String& text) {
  return {text.data(), text.size()};
}

// The number as a double; `value` must be a number.
double as_double(const Value& value);

}  // namespace fermata::json
