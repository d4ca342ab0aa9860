#include "json/value.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace fermata::json {
namespace {

bool equal_numbers(const Value& left, const Value& right) {
  if (left.is_int64() && right.is_int64()) return left.get_int64() == right.get_int64();
  if (left.is_uint64() && right.is_uint64()) return left.get_uint64() == right.get_uint64();
  if (!left.is_double() && !right.is_double()) {
    // The same number counted with and without a sign: parsed text and a size of ours.
    const bool is_left = left.is_int64();
    return std::cmp_equal(is_left ? left.get_int64() : right.get_int64(),
                          is_left ? right.get_uint64() : left.get_uint64());
  }
  return as_double(left) == as_double(right);
}

}  // namespace

double as_double(const Value& value) {
  if (value.is_int64()) return static_cast<double>(value.get_int64());
  if (value.is_uint64()) return static_cast<double>(value.get_uint64());
  return value.get_double();
}

bool equal(const Value& left, const Value& right) {
  if (left.is_number() && right.is_number()) return equal_numbers(left, right);
  if (left.kind() != right.kind()) return false;
  if (left.is_array()) {
    return std::ranges::equal(left.get_array(), right.get_array(), equal);
  }
  if (left.is_object()) {
    const Object& theirs = right.get_object();
    return left.get_object().size() == theirs.size() &&
           std::ranges::all_of(left.get_object(), [&](const auto& member) {
             const Value* other = theirs.if_contains(member.key());
             return other != nullptr && equal(member.value(), *other);
           });
  }
  return left == right;
}

bool erase(Object& object, std::string_view key) {
  const auto position = object.find(key);
  if (position == object.end()) return false;
  object.stable_erase(position);
  return true;
}

const Value* find(const Object& object, std::string_view key) {
  return object.if_contains(key);
}

Value* find(Object& object, std::string_view key) {
  return object.if_contains(key);
}

const Value* find(const Value& value, std::string_view key) {
  return value.is_object() ? find(value.get_object(), key) : nullptr;
}

std::optional<std::string> string_at(const Object& object, std::string_view key) {
  const Value* member = find(object, key);
  if (member == nullptr || !member->is_string()) return std::nullopt;
  return to_std(member->get_string());
}

std::optional<std::int64_t> int_at(const Object& object, std::string_view key) {
  const Value* member = find(object, key);
  if (member == nullptr || !member->is_number()) return std::nullopt;
  if (member->is_int64()) return member->get_int64();
  const double number = as_double(*member);
  if (std::trunc(number) != number || std::fabs(number) > 9007199254740991.0) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

std::optional<bool> bool_at(const Object& object, std::string_view key) {
  const Value* member = find(object, key);
  if (member == nullptr || !member->is_bool()) return std::nullopt;
  return member->get_bool();
}

std::string_view type_name(const Value& value) {
  if (value.is_null()) return "null";
  if (value.is_bool()) return "boolean";
  if (value.is_number()) return "number";
  if (value.is_string()) return "string";
  return value.is_array() ? "array" : "object";
}

}  // namespace fermata::json
