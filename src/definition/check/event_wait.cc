// A wait that no event can reach: its event type is unknown, its correlation key has no value, or a
// filter compares what has no order.

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

bool is_order(FilterOp op) {
  return op == FilterOp::Greater || op == FilterOp::GreaterEqual || op == FilterOp::Less ||
         op == FilterOp::LessEqual;
}

// Versions that were published before this was known must be read, so the reader takes them.
void check_orders(const RuleInput& input, StepIndex at, const EventWaitStep& wait) {
  for (std::size_t i = 0; i < wait.filters.size(); ++i) {
    const EventFilter& filter = wait.filters[i];
    if (!is_order(filter.op) || !filter.value.is_string()) continue;
    input.findings.error(
        input.at(at, format("config/filters/{}/value", i)), "INVALID_EVENT_FILTER",
        format("operator `{}` compares numbers, and no event would ever pass", word_of(filter.op)),
        "write a number; let the event carry times in milliseconds, or compare them in a "
        "`control.if` behind the wait");
  }
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
    check_orders(input, at, *wait);
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
