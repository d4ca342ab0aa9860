#pragma once
// One step's JSON to its configuration. Branches are filled in by compile.cc, which knows the
// sequences.

#include "definition/catalog.h"
#include "definition/program.h"
#include "definition/walk.h"

namespace fermata::definition {

StepConfig compile_step(const Visit& visit, const ActionCatalog& actions);

}  // namespace fermata::definition
