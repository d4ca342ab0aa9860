#pragma once
// Expressions and mappings against the scopes of a run. One context everywhere: bare names are loop
// names from the inside out, then variables; then the roots payload, vars, local, system, meta,
// error.

#include <string_view>
#include <utility>
#include <variant>

#include "interpreter/run.h"

namespace fermata::interpreter {

using Evaluated = std::variant<json::Value, RunError>;

// A value, or an ExpressionError. A missing value is an error: `what` names the place for its
// message.
Evaluated evaluate(Run& run, const StepVisit& visit, const definition::Expression& expression,
                   std::string_view what);

// The same with further names in scope (childRun).
using ExtraNames = std::vector<std::pair<std::string_view, const json::Value*>>;
Evaluated evaluate_with(Run& run, const StepVisit& visit, const definition::Expression& expression,
                        std::string_view what, const ExtraNames& extra);

// Literals copied, expressions evaluated, secrets left as {"$secret": NAME}.
Evaluated resolve(Run& run, const StepVisit& visit, const definition::MappingValue& mapping);

}  // namespace fermata::interpreter
