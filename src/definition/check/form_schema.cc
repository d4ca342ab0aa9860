// The form of a task: one that is no JSON Schema refuses every answer.

#include "definition/check/rule.h"
#include "foundation/format.h"

namespace fermata::definition::rules {

void form_schema(const RuleInput& input) {
  const auto& steps = input.draft.program.steps;
  for (StepIndex at = 0; at < steps.size(); ++at) {
    const auto* task = std::get_if<HumanTaskStep>(&steps[at].config);
    if (task == nullptr || !task->form_schema) continue;
    const std::string problem = input.context.schemas.schema_problem(*task->form_schema);
    if (problem.empty()) continue;
    input.findings.error(input.at(at, "config/formSchema"), "SCHEMA_INVALID",
                         format("the form is no JSON Schema: {}", problem),
                         "correct it, or no answer could ever be accepted");
  }
}

}  // namespace fermata::definition::rules
