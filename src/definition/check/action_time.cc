// A short action holds the task of its run for as long as it runs: one that may take minutes wants
// to be durable.

#include "calendar/duration.h"
#include "definition/check/rule.h"
#include "foundation/format.h"

namespace fermata::definition::rules {

void action_time(const RuleInput& input) {
  // Its worker keeps the task by an empty one every two seconds, with three events each.
  constexpr std::int64_t kShortMsMax = 60'000;
  const auto& steps = input.draft.program.steps;
  for (StepIndex at = 0; at < steps.size(); ++at) {
    const auto* call = std::get_if<ActionCallStep>(&steps[at].config);
    if (call == nullptr || call->execution != ExecutionClass::Short) continue;
    if (call->timeout_ms <= kShortMsMax) continue;
    input.findings.warning(
        input.at(at, "config/timeoutMs"), "SHORT_ACTION_LONG",
        format("a short action may take {}: as long as it runs, it costs its run three events "
               "every two seconds",
               calendar::duration_text(call->timeout_ms)),
        "set `execution` to `durable`, or shorten `timeoutMs` to a minute");
  }
}

}  // namespace fermata::definition::rules
