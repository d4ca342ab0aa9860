#include "worker/repairer.h"

#include <chrono>

#include "worker/rebuild.h"

namespace fermata::worker {
namespace {

constexpr std::chrono::seconds kPause(1);

}  // namespace

Repairer::Repairer(RepairParts parts) : parts_(std::move(parts)), thread_([this] { run(); }) {}

Repairer::~Repairer() {
  {
    const std::scoped_lock lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Repairer::run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kPause, [this] { return is_stopping_; })) {
    lock.unlock();
    const auto due = times_.now_due(parts_.spool.due(), parts_.clock.now());
    if (!due.empty() && parts_.store.check_health().has_value()) {
      std::size_t repaired = 0;
      for (const Spool::Entry& entry : due) {
        {
          const std::scoped_lock check(mutex_);
          if (is_stopping_) return;
        }
        if (take(entry)) ++repaired;
      }
      if (repaired > 0)
        parts_.log.info("rows of lagging runs made again", {{"runs", std::to_string(repaired)}});
    }
    lock.lock();
  }
}

bool Repairer::take(const Spool::Entry& entry) {
  const auto whole = repair(entry.run);
  if (whole.has_value() && *whole) {
    parts_.spool.done(entry);
    return true;
  }
  const auto put_off = [&](RepairTimes::Hope hope) {
    times_.put_off(entry, hope, parts_.clock.now());
  };
  if (whole.has_value()) {
    put_off(RepairTimes::Hope::Soon);
    return false;
  }
  const LogFields said{
      {"run_id", entry.run.text}, {"code", whole.error().code}, {"text", whole.error().message}};
  if (whole.error().code == "TEMPORAL_NOT_FOUND") {
    // Nothing is left that its rows could be made of.
    parts_.log.error("rows of a lagging run cannot be made again: Temporal has no history of it",
                     said);
    parts_.spool.done(entry);
  } else if (whole.error().code == "REBUILD_DIVERGED") {
    parts_.log.error("rows of a lagging run cannot be made again by this program, tried rarely",
                     said);
    put_off(RepairTimes::Hope::Rarely);
  } else {
    parts_.log.warn("rows of a lagging run not made again, tried later", said);
    put_off(RepairTimes::Hope::Soon);
  }
  return false;
}

Result<bool> Repairer::repair(const RunId& run) {
  if (replayer_ == nullptr) {
    TRY(replayer_, Replayer::create(parts_.runtime, parts_.definitions, parts_.actions));
  }
  TRY(const Rebuilt rebuilt, Rebuilder(parts_.client, *replayer_).rebuild(run, parts_.store));
  // Events that came while the row of their wait was missing found nothing.
  TRY(const auto waits, parts_.store.waits(rebuilt.tenant, run));
  for (const projection::WaitRow& wait : waits) {
    if (wait.wait_type == "event" && wait.status == "WAITING")
      TRY_DO(parts_.router.wait_opened(wait));
  }
  return rebuilt.is_whole;
}

}  // namespace fermata::worker
