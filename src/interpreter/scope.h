#pragma once
// Scopes: where assignments write. One grammar (definition/program.h, AssignPath), copy-free.

#include <optional>
#include <string>

#include "interpreter/run.h"

namespace fermata::interpreter {

// Writes; the reason when it cannot be (an array index out of range, `local` outside a loop).
std::optional<std::string> assign(Run& run, const definition::AssignPath& path, json::Value value);

// vars.<name>
void set_var(RunState& state, std::string_view name, json::Value value);

// Evaluates and assigns one after the other; a later one sees an earlier one.
std::optional<RunError> assign_all(Run& run, const StepVisit& visit,
                                   const std::vector<definition::Assignment>& list);

}  // namespace fermata::interpreter
