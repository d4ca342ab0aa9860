#pragma once
// Prepare: the publish-time check of a definition and of the children that its fixtures bring. An
// action that only the fixtures know is taken as one of the outside, with any input.

#include <optional>
#include <string>
#include <vector>

#include "definition/definition.h"
#include "simulate/fixtures.h"
#include "simulate/simulate.h"

namespace fermata::simulate {

struct Prepared {
  std::vector<definition::Finding> findings;  // of children: `children.ID@VERSION` before the path
  definition::ProgramPtr program;             // null when any finding is an error
  Programs children;                          // the definition itself is among them
};

struct Offers {
  const definition::ActionCatalog& actions;
  const definition::SchemaCatalog& schemas;
  std::optional<std::vector<std::string>> secrets = std::nullopt;  // names; absent: not known
};

Prepared prepare(const json::Value& document, const Fixtures& fixtures, const Offers& offers);

}  // namespace fermata::simulate
