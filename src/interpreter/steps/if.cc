// control.if: docs/reference/steps.md#controlif
#include "foundation/format.h"
#include "interpreter/evaluate.h"
#include "interpreter/steps.h"

namespace fermata::interpreter {

Outcome enter_If(Run& run, const StepVisit& visit) {
  const auto& step = config_of<definition::IfStep>(run, visit);
  Evaluated verdict = evaluate(run, visit, step.condition, "condition");
  if (auto* error = std::get_if<RunError>(&verdict)) return Raise{std::move(*error)};
  const json::Value& value = std::get<json::Value>(verdict);
  if (!value.is_bool()) {
    return Raise{
        run.error_at(visit, category::kExpression, "CONDITION_NOT_BOOLEAN",
                     format("condition: expected true or false, got {}", json::type_name(value)))};
  }
  const bool is_true = value.get_bool();
  return Enter{SequenceFrame{}, is_true ? step.then_branch : step.else_branch,
               json::Object{{"branch", is_true ? "then" : "else"}}};
}

}  // namespace fermata::interpreter
