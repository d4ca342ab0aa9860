#pragma once
// Sweep: mends in the background what a crash or an absent Temporal left half done: events that
// were stored and not routed, launches that were put off, runs that were launched and not started,
// schedules that do not yet say what was published, fires that nobody made, answers of people that
// the run does not have, people who were not told. All of it is idempotent, so several processes
// may sweep; each kind stands for itself.

#include "foundation/log.h"
#include "service/background.h"
#include "service/clocks.h"
#include "service/events.h"
#include "service/launch.h"
#include "service/task_notices.h"
#include "service/tasks.h"

namespace fermata::service {

class Sweep {
 public:
  struct Parts {
    store::Store& store;
    EventRouter& router;
    Launcher& launcher;
    Clocks& clocks;
    Tasks& tasks;
    TaskNotices& notices;
    const Clock& clock;
    Log& log;
  };
  // What is younger than this is somebody's who is still at it.
  static constexpr std::int64_t kGraceMs = 2'000;
  static constexpr std::int64_t kPeriodMs = 1'000;
  static constexpr std::int64_t kTellPeriodMs = 2'000;

  explicit Sweep(Parts parts);

 private:
  void once();
  Result<void> route_late();
  // What cannot be done now holds up nothing else.
  void report(const Result<std::size_t>& done, const char* what);

  Parts parts_;
  TimeMs tell_at_ = 0;
  Background background_;
};

}  // namespace fermata::service
