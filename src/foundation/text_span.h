#pragma once
// TextSpan: a part of a text, for those who mark it or put something else in its place.

#include <compare>
#include <cstddef>

namespace fermata {

// In bytes: from the first one to behind the last.
struct TextSpan {
  std::size_t from = 0;
  std::size_t to = 0;

  auto operator<=>(const TextSpan&) const = default;
};

}  // namespace fermata
