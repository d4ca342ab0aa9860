// A workflow that calls itself: allowed, but seldom meant, and bounded by the depth of children.

#include "definition/check/rule.h"
#include "foundation/format.h"
#include "foundation/limits.h"

namespace fermata::definition::rules {

void self_call(const RuleInput& input) {
  const Program& program = input.draft.program;
  for (StepIndex at = 0; at < program.steps.size(); ++at) {
    const auto* call = std::get_if<CallWorkflowStep>(&program.steps[at].config);
    if (call == nullptr || call->workflow_id.empty()) continue;
    if (call->workflow_id != program.workflow_id) continue;
    input.findings.warning(
        input.at(at, "workflowId"), "WORKFLOW_CALLS_ITSELF", "the workflow calls itself",
        format("make sure that it ends: children nest at most {} deep", limits::kChildDepthMax));
  }
}

}  // namespace fermata::definition::rules
