#include "service/sweep.h"

#include <chrono>

namespace fermata::service {

Sweep::Sweep(Parts parts) : parts_(parts), thread_([this] { run(); }) {}

Sweep::~Sweep() {
  {
    const std::scoped_lock lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Sweep::run() {
  std::unique_lock lock(mutex_);
  do {
    lock.unlock();
    const Result<void> done = once();
    if (!done.has_value())
      parts_.log.warn("sweep put off",
                      {{"code", done.error().code}, {"text", done.error().message}});
    lock.lock();
  } while (
      !wake_.wait_for(lock, std::chrono::milliseconds(kPeriodMs), [this] { return is_stopping_; }));
}

Result<void> Sweep::once() {
  constexpr std::size_t kPerRound = 500;
  const TimeMs before = parts_.clock.now() - kGraceMs;
  TRY(const auto events, parts_.store.unrouted_events(before, kPerRound));
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
  TRY(const std::size_t launched, parts_.router.launch_held());
  if (launched > 0) parts_.log.info("held launches made", {{"count", std::to_string(launched)}});
  TRY(const std::size_t started, parts_.launcher.repair(before));
  if (started > 0) parts_.log.info("launches mended", {{"count", std::to_string(started)}});
  TRY(const std::size_t synced, parts_.clocks.sync());
  if (synced > 0)
    parts_.log.info("schedules brought up to date", {{"count", std::to_string(synced)}});
  TRY(const std::size_t fired, parts_.clocks.fire_held());
  if (fired > 0) parts_.log.info("held fires made", {{"count", std::to_string(fired)}});
  if (parts_.clock.now() < tell_at_) return {};
  tell_at_ = parts_.clock.now() + kTellPeriodMs;
  TRY(const std::size_t told, parts_.notices.once());
  if (told > 0) parts_.log.info("people told", {{"count", std::to_string(told)}});
  TRY(const std::size_t missed, parts_.clocks.note_missed());
  if (missed > 0)
    parts_.log.warn("fires were missed or skipped", {{"count", std::to_string(missed)}});
  return {};
}

}  // namespace fermata::service
