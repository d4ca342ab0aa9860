#include "service/sweep.h"

#include <chrono>

namespace fermata::service {

Sweep::Sweep(Parts parts)
    : parts_(parts), background_([this] {
        once();
        return std::chrono::milliseconds(kPeriodMs);
      }) {}

void Sweep::once() {
  const auto routed = route_late();
  if (!routed.has_value()) report(routed.error(), "events routed late");
  report(parts_.router.launch_held(), "held launches made");
  report(parts_.launcher.repair(parts_.clock.now() - kGraceMs), "launches mended");
  report(parts_.tasks.deliver_late(parts_.clock.now() - kGraceMs), "answers delivered late");
  report(parts_.clocks.sync(), "schedules brought up to date");
  report(parts_.clocks.fire_held(), "held fires made");
  if (parts_.clock.now() < tell_at_) return;
  tell_at_ = parts_.clock.now() + kTellPeriodMs;
  report(parts_.notices.once(), "people told");
  report(parts_.clocks.catch_up(), "fires caught up with");
}

Result<void> Sweep::route_late() {
  constexpr std::size_t kPerRound = 500;
  TRY(const auto events, parts_.store.unrouted_events(parts_.clock.now() - kGraceMs, kPerRound));
  TRY(const auto routed, parts_.router.route(events));
  for (std::size_t i = 0; i < events.size(); ++i) {
    // One whose run cannot be reached does not hold the others.
    if (routed[i].has_value()) {
      parts_.log.info("event routed late", {{"event_id", events[i].event_id.text}});
    } else {
      parts_.log.warn("event not routed",
                      {{"event_id", events[i].event_id.text}, {"code", routed[i].error().code}});
    }
  }
  return {};
}

void Sweep::report(const Result<std::size_t>& done, const char* what) {
  if (!done.has_value()) {
    parts_.log.warn("sweep put off",
                    {{"what", what}, {"code", done.error().code}, {"text", done.error().message}});
  } else if (*done > 0) {
    parts_.log.info(what, {{"count", std::to_string(*done)}});
  }
}

}  // namespace fermata::service
