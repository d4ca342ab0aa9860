#pragma once
// Text to tree: a Pratt parser, then a second pass that flattens paths, hangs predicates on their
// steps, resolves `%` to labels and marks tail calls.

#include <optional>
#include <string_view>

#include "jsonata/ast.h"
#include "jsonata/jsonata.h"

namespace fermata::jsonata {

struct Parsed {
  NodePtr root;  // null when there is a failure
  std::optional<Failure> failure;
};
Parsed parse(std::string_view source, Dialect dialect);

}  // namespace fermata::jsonata
