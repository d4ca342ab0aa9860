// What values mean to the language: truth, equality, lookup of names in arrays.
#include <cmath>

#include "jsonata/run.h"

namespace fermata::jsonata {

bool Run::is_number(const Cell& value) {
  if (!value.is(Tag::Number) || std::isnan(value.number)) return false;
  if (std::isinf(value.number)) {
    fail("D1001");
    return false;
  }
  return true;
}

bool Run::truthy(const Cell& value) {
  switch (value.tag) {
    case Tag::Bool:
      return value.flag;
    case Tag::Number:
      return is_number(value) && value.number != 0;
    case Tag::String:
      return value.size > 0;
    case Tag::Object:
      return member_count(value) > 0;
    case Tag::Array: {
      DataLevel level(*this);
      const Items items(value);
      if (!level.fits() || !steps(items.size())) return false;
      // Every item is looked at: a number that is infinite fails wherever it stands.
      bool any = false;
      for (std::size_t i = 0; i < items.size(); ++i) {
        const Cell item = items.at(i);
        if (any && !item.is(Tag::Number) && !item.is_array()) continue;
        any = truthy(item) || any;
      }
      return any;
    }
    default:
      return false;
  }
}

bool Run::deep_equal(const Cell& left, const Cell& right) {
  if (left.tag != right.tag) return false;
  switch (left.tag) {
    case Tag::Number:
      return left.number == right.number;
    case Tag::Bool:
      return left.flag == right.flag;
    case Tag::String:
      return left.view() == right.view();
    case Tag::Function:
      return left.function == right.function;
    case Tag::Array:
    case Tag::Object:
      break;
    default:
      return true;
  }
  if (left.bits == right.bits && left.flags == right.flags) return true;
  DataLevel level(*this);
  if (!level.fits() || !step()) return false;
  if (left.is_array()) {
    const Items mine(left);
    const Items other(right);
    if (mine.size() != other.size() || !steps(mine.size())) return false;
    for (std::size_t i = 0; i < mine.size(); ++i) {
      if (!deep_equal(mine.at(i), other.at(i))) return false;
    }
    return true;
  }
  if (member_count(left) != member_count(right)) return false;
  Members members(left);
  while (members.next()) {
    const Cell other = find_member(right, members.key());
    if (other.is_undefined() || !step() || !deep_equal(members.value(), other)) return false;
  }
  return true;
}

Cell Run::lookup(const Cell& input, std::string_view key) {
  if (input.is(Tag::Object)) return find_member(input, key);
  if (!input.is_array()) return {};
  DataLevel level(*this);
  const Items items(input);
  if (!level.fits() || !steps(items.size())) return Cell::of(Tag::Failed);
  List* const list = new_list(0, true);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Cell found = lookup(items.at(i), key);
    if (found.is_undefined()) continue;
    if (found.is_failed()) return found;
    const Items inner(found);
    for (std::size_t k = 0; k < inner.size(); ++k) {
      if (!push(*list, inner.at(k))) return Cell::of(Tag::Failed);
    }
  }
  return Cell::array(list);
}

}  // namespace fermata::jsonata
