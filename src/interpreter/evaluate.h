#pragma once
// Expressions and mappings against the scopes of a run. One context everywhere: bare names are loop
// names from the inside out, then variables; then the roots payload, vars, local, system, meta,
// error.

#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "foundation/limits.h"
#include "interpreter/run.h"

namespace fermata::interpreter {

using Evaluated = std::variant<json::Value, RunError>;

// A value, or an ExpressionError. A missing value is an error: `what` names the place for its
// message.
Evaluated evaluate(Run& run, const StepVisit& visit, const definition::Expression& expression,
                   std::string_view what);

// The same with further names in scope (childRun), or with room for more.
using ExtraNames = std::vector<std::pair<std::string_view, const json::Value*>>;
struct Place {
  std::string_view what;
  ExtraNames names = {};
  std::size_t bytes_max = limits::kExpressionOutputBytesMax;
};
Evaluated evaluate_at(Run& run, const StepVisit& visit, const definition::Expression& expression,
                      const Place& place);

// The ExpressionError of a value that is nested too deep.
RunError too_deep(const Run& run, const StepVisit& visit, std::string_view what);

// The items of the loop at this place among the frames, evaluated once more: against the scopes of
// now, at the time of the loop's start. Empty when that is no list.
std::optional<json::Value> evaluate_items_again(const Host& host, const RunState& state,
                                                std::size_t frame);

// Why an action or a child may not be asked with this, if so: more than Temporal takes, or nested
// deeper than whoever reads it. From the second semantics version on.
std::optional<RunError> input_refusal(Run& run, const StepVisit& visit, const json::Value& input);

// Literals copied, expressions evaluated, secrets left as {"$secret": NAME}.
Evaluated resolve(Run& run, const StepVisit& visit, const definition::MappingValue& mapping);

// Where the definition says `$secret`, in what resolve() makes of the mapping: JSON pointers.
// INVARIANT: what an expression gives is data, whatever it looks like, so no place is in it. It
// follows from the mapping alone: a retry has the same places, also behind a checkpoint.
std::vector<std::string> secret_places(const definition::MappingValue& mapping);

}  // namespace fermata::interpreter
