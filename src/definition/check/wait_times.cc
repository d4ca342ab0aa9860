// Waits and timeouts that are longer than the run may last never come to their end.

#include <optional>

#include "calendar/duration.h"
#include "definition/check/rule.h"
#include "foundation/format.h"

namespace fermata::definition::rules {
namespace {

struct Time {
  std::optional<std::int64_t> ms;
  std::string_view place;
};

Time longest(const Step& step) {
  if (const auto* wait = std::get_if<EventWaitStep>(&step.config)) {
    return {wait->timeout_ms, "config/timeoutMs"};
  }
  if (const auto* wait = std::get_if<TimeWaitStep>(&step.config)) {
    return {wait->duration_ms, "config/durationMs"};
  }
  if (const auto* task = std::get_if<HumanTaskStep>(&step.config)) {
    return {task->timeout_ms, "config/timeoutMs"};
  }
  return {step.timeout_ms, "timeoutMs"};
}

}  // namespace

void wait_times(const RuleInput& input) {
  const Program& program = input.draft.program;
  if (!program.run_timeout_ms) return;
  for (StepIndex at = 0; at < program.steps.size(); ++at) {
    const Time time = longest(program.steps[at]);
    if (!time.ms || *time.ms <= *program.run_timeout_ms) continue;
    input.findings.warning(
        input.at(at, time.place), "WAIT_BEYOND_RUN",
        format("{} is longer than the run may last, {}", calendar::duration_text(*time.ms),
               calendar::duration_text(*program.run_timeout_ms)),
        "shorten it or raise `runTimeoutMs`");
  }
}

}  // namespace fermata::definition::rules
