#pragma once
// Scopes: where assignments write. One grammar (definition/program.h, AssignPath), copy-free.
// INVARIANT: what is written into a scope of a run is written here, so that its size is known.

#include <optional>
#include <string>

#include "interpreter/run.h"

namespace fermata::interpreter {

// Writes; the author's error when it cannot be: an array index out of range, `local` outside a
// loop, nested too deep, more than the scopes may hold.
std::optional<RunError> assign(Run& run, const StepVisit& visit, const definition::AssignPath& path,
                               json::Value value);

// vars.<name>
void set_var(RunState& state, std::string_view name, json::Value value);
// error, and meta.<name>
void set_error(RunState& state, json::Value error);
void set_meta(RunState& state, std::string_view name, json::Value value);
// set_var of what came from outside: refused like an assignment.
std::optional<RunError> take_var(Run& run, const StepVisit& visit, std::string_view name,
                                 json::Value value);

// Evaluates and assigns one after the other; a later one sees an earlier one.
std::optional<RunError> assign_all(Run& run, const StepVisit& visit,
                                   const std::vector<definition::Assignment>& list);

}  // namespace fermata::interpreter
