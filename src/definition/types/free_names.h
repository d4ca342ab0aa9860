#pragma once
// What an expression reads from its context: the names that it looks up in the context itself, with
// the plain fields behind them. `payload.items[x > $$.vars.least].name` reads payload.items.name
// and vars.least; the `x` in the predicate belongs to the item and is not listed.

#include <cstddef>
#include <string>
#include <vector>

#include "foundation/text_span.h"

namespace fermata::definition {

struct FreeName {
  std::vector<std::string> path;  // root first, up to what is no plain field
  std::vector<TextSpan> spans;    // of each name of the path in the source
  std::size_t position = 0;       // in the source, behind the first name
  // Whether the whole expression has no value when this one has none: it is the expression, or an
  // operand of its arithmetic or order. False where the path is filtered, too.
  bool is_needed = false;

  // From the first name up to this one.
  [[nodiscard]] TextSpan span_to(std::size_t at) const {
    return {spans.front().from, spans[at].to};
  }
};

// Empty when the source does not compile.
std::vector<FreeName> free_names(const std::string& source);

}  // namespace fermata::definition
