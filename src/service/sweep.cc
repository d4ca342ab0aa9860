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
  for (const store::EventRow& event : events) {
    TRY(const auto done, parts_.router.route(event));
    parts_.log.info("event routed late", {{"event_id", event.event_id.text}});
  }
  TRY(const std::size_t started, parts_.launcher.repair(before));
  if (started > 0) parts_.log.info("launches mended", {{"count", std::to_string(started)}});
  TRY(const std::size_t synced, parts_.clocks.sync());
  if (synced > 0)
    parts_.log.info("schedules brought up to date", {{"count", std::to_string(synced)}});
  return {};
}

}  // namespace fermata::service
