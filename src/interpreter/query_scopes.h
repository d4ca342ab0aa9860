#pragma once
// What expressions see where a run is now, for people who try one out on it. Reads the state only.

#include "interpreter/machine.h"

namespace fermata::interpreter {

// payload, vars, local, system, meta and error; `layers`, the records of the loops from the inside
// out and then the variables; `currentStepPath`. Redacted.
json::Value query_scopes(const Host& host, const RunState& state);

}  // namespace fermata::interpreter
