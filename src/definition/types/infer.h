#pragma once
// What an expression's outermost operation says about the kind of its value.

#include <optional>
#include <string>
#include <vector>

#include "definition/draft.h"
#include "definition/types/schema_view.h"

namespace fermata::definition {

struct Inferred {
  Kinds kinds = kAnyKind;
  std::vector<std::string> path;  // not empty: the value is what this plain path reads
};

// What the place of an expression wants.
Kinds wanted_kinds(ExpressionRole role);

// By the outermost node: a constant, an operator, a call or a plain path of names.
Inferred infer(const std::string& source);

// The names when the expression is nothing but a plain path.
std::optional<std::vector<std::string>> plain_path(const std::string& source);

}  // namespace fermata::definition
