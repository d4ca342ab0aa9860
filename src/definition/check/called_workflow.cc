// The workflow that a step calls is there, in the called version, and takes what is mapped for it.
// Warnings, all of them: two workflows may call each other, and one of the two is published first.

#include "definition/check/mapped_input.h"
#include "foundation/format.h"

namespace fermata::definition::rules {
namespace {

void check_version(const RuleInput& input, StepIndex at, const CallWorkflowStep& call,
                   std::int64_t newest) {
  if (newest == 0) {
    input.findings.warning(input.at(at, "workflowId"), "UNKNOWN_WORKFLOW",
                           format("no workflow `{}` is published", call.workflow_id.text),
                           "publish it before a run comes here: the step fails until then");
  } else {
    input.findings.warning(
        input.at(at, "workflowVersion"), "UNKNOWN_WORKFLOW",
        format("workflow `{}` has no version {}", call.workflow_id.text, call.workflow_version),
        format("its newest is version {}", newest));
  }
}

}  // namespace

void called_workflow(const RuleInput& input) {
  if (input.context.workflows == nullptr) return;
  const TypeEnvironment types(input.draft, input.context);
  const Program& program = input.draft.program;
  for (StepIndex at = 0; at < program.steps.size(); ++at) {
    const auto* call = std::get_if<CallWorkflowStep>(&program.steps[at].config);
    // Its own next version has no number yet; what is not written down was reported.
    if (call == nullptr || call->workflow_id.empty() || call->workflow_version == 0 ||
        call->workflow_id == program.workflow_id)
      continue;
    const auto called =
        input.context.workflows->called(call->workflow_id.text, call->workflow_version);
    if (!called) continue;
    if (!called->payload_schema_ref) {
      check_version(input, at, *call, called->newest_version);
      continue;
    }
    const auto schema = input.context.schemas.payload_schema(*called->payload_schema_ref);
    if (!schema) continue;
    check_mapped_input(
        input, types,
        {.step = at,
         .mapping = json::find(*input.draft.sources[at], "inputMapping"),
         .path = input.at(at, "inputMapping"),
         .schema = *schema,
         .taker = format("workflow `{}@{}`", call->workflow_id.text, call->workflow_version),
         .severity = Severity::Warning});
  }
}

}  // namespace fermata::definition::rules
