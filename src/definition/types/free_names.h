#pragma once
// What an expression reads from its context: the names that it looks up in the context itself, with
// the plain fields behind them. `payload.items[x > 1].name` reads payload.items.name; the `x` in
// the predicate belongs to the item and is not listed.

#include <cstddef>
#include <string>
#include <vector>

namespace fermata::definition {

struct FreeName {
  std::vector<std::string> path;  // root first, up to what is no plain field
  std::size_t position = 0;       // in the source
  // Whether the whole expression has no value when this one has none: it is the expression, or an
  // operand of its arithmetic or order. False where the path is filtered, too.
  bool is_needed = false;
};

// Empty when the source does not compile.
std::vector<FreeName> free_names(const std::string& source);

}  // namespace fermata::definition
