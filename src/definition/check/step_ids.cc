// Step ids are unique in the whole definition: rows, tests and fixtures name steps by them.

#include <map>

#include "definition/check/rule.h"
#include "foundation/format.h"

namespace fermata::definition::rules {

void step_ids(const RuleInput& input) {
  std::map<std::string_view, StepIndex> first;
  const auto& steps = input.draft.program.steps;
  for (StepIndex at = 0; at < steps.size(); ++at) {
    if (steps[at].id.empty()) continue;
    const auto [known, is_new] = first.emplace(steps[at].id, at);
    if (is_new) continue;
    input.findings.error(
        input.at(at, "id"), "DUPLICATE_STEP_ID",
        format("id `{}` is already used by {}", steps[at].id, steps[known->second].path.text),
        "give the step an id of its own");
  }
}

}  // namespace fermata::definition::rules
