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
    const std::vector<Spool::Entry> due = parts_.spool.due();
    if (!due.empty() && parts_.store.check_health().has_value()) {
      std::size_t repaired = 0;
      for (const Spool::Entry& entry : due) {
        {
          const std::scoped_lock check(mutex_);
          if (is_stopping_) return;
        }
        const auto done = repair(entry.run);
        if (done.has_value() && *done) {
          parts_.spool.done(entry);
          ++repaired;
        } else if (!done.has_value()) {
          parts_.log.warn("rows of a lagging run not made again, tried later",
                          {{"run_id", entry.run.text},
                           {"code", done.error().code},
                           {"text", done.error().message}});
        }
      }
      if (repaired > 0)
        parts_.log.info("rows of lagging runs made again", {{"runs", std::to_string(repaired)}});
    }
    lock.lock();
  }
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
