#pragma once
// Walk: every object of a value, the value itself and those inside of lists and members. No
// recursion: a value may be as deep as its text was allowed to be.

#include <vector>

#include "json/value.h"

namespace fermata::json {

// Calls visit(const Object&) for each; an object comes before those that are in it.
template <typename Visit>
void each_object(const Value& root, Visit visit) {
  std::vector<const Value*> left = {&root};
  while (!left.empty()) {
    const Value& value = *left.back();
    left.pop_back();
    if (value.is_array()) {
      for (const Value& item : value.get_array()) left.push_back(&item);
    } else if (value.is_object()) {
      visit(value.get_object());
      for (const auto& member : value.get_object()) left.push_back(&member.value());
    }
  }
}

}  // namespace fermata::json
