// Every called action is in the catalogue, in the called version.

#include <algorithm>
#include <vector>

#include "definition/check/rule.h"
#include "definition/suggest.h"
#include "foundation/format.h"

namespace fermata::definition::rules {
namespace {

std::string advice(const ActionCatalog& actions, const std::string& id) {
  std::vector<std::string> ids;
  std::vector<std::string> versions;
  for (const ActionSpec* spec : actions.all()) {
    if (std::ranges::find(ids, spec->id) == ids.end()) ids.push_back(spec->id);
    if (spec->id == id) versions.push_back(std::to_string(spec->version));
  }
  if (!versions.empty()) {
    return format("it exists in version {}", listing(std::span(std::as_const(versions))));
  }
  return did_you_mean(id, std::span(std::as_const(ids)), "list the actions to see what there is");
}

}  // namespace

void action_exists(const RuleInput& input) {
  const auto& steps = input.draft.program.steps;
  for (StepIndex at = 0; at < steps.size(); ++at) {
    const auto* call = std::get_if<ActionCallStep>(&steps[at].config);
    if (call == nullptr || call->action_id.empty() || call->action_version == 0) continue;
    const ActionCatalog& actions = input.context.actions;
    if (actions.find(call->action_id, call->action_version) != nullptr) continue;
    input.findings.error(
        input.at(at, "config/actionId"), "UNKNOWN_ACTION",
        format("there is no action `{}` in version {}", call->action_id, call->action_version),
        advice(actions, call->action_id));
  }
}

}  // namespace fermata::definition::rules
