// A wait that no event can reach: its event type is unknown, or its correlation key has no value.

#include <algorithm>

#include "definition/check/rule.h"
#include "definition/suggest.h"
#include "foundation/format.h"

namespace fermata::definition::rules {
namespace {

std::string without_blanks(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
  return text;
}

}  // namespace

void event_wait(const RuleInput& input) {
  const auto known = input.context.schemas.event_names();
  const auto& steps = input.draft.program.steps;
  for (StepIndex at = 0; at < steps.size(); ++at) {
    const auto* wait = std::get_if<EventWaitStep>(&steps[at].config);
    if (wait == nullptr) continue;
    const std::string key = without_blanks(wait->correlation_key.source);
    if (key == "null" || key == "\"\"" || key == "''") {
      input.findings.error(input.at(at, "config/correlationKey"), "EVENT_WAIT_UNCORRELATABLE",
                           "the correlation key has no value, so no event can be routed here",
                           "use a value that the event carries, such as `payload.ticketId`");
    }
    const bool is_known = known.empty() || wait->event_name.empty() ||
                          std::ranges::find(known, wait->event_name) != known.end();
    if (is_known) continue;
    input.findings.warning(input.at(at, "config/eventName"), "UNKNOWN_EVENT",
                           format("there is no event type `{}`", wait->event_name),
                           did_you_mean(wait->event_name, std::span(known),
                                        "add the event type if events of this name will come"));
  }
}

}  // namespace fermata::definition::rules
