// The mapped input against the action's input schema.

#include "definition/check/mapped_input.h"

namespace fermata::definition::rules {

void action_input(const RuleInput& input) {
  const TypeEnvironment types(input.draft, input.context);
  const auto& steps = input.draft.program.steps;
  for (StepIndex at = 0; at < steps.size(); ++at) {
    const auto* call = std::get_if<ActionCallStep>(&steps[at].config);
    // Steps that are calls under another name, and compose_text, bring their own input.
    const bool is_written = call != nullptr && steps[at].type_name == "action.call" &&
                            call->action_id != "transform.compose_text";
    if (!is_written) continue;
    const ActionSpec* action = input.context.actions.find(call->action_id, call->action_version);
    if (action == nullptr) continue;
    const json::Value* config = json::find(*input.draft.sources[at], "config");
    check_mapped_input(
        input, types,
        {.step = at,
         .mapping = config == nullptr ? nullptr : json::find(*config, "inputMapping"),
         .path = input.at(at, "config/inputMapping"),
         .schema = action->input_schema});
  }
}

}  // namespace fermata::definition::rules
