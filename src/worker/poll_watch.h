#pragma once
// PollWatch: tells of polls that end though nobody asked them to. Core shuts a worker down for good
// when Temporal has refused its polls for a minute; the process then lives, and does nothing.
// Safe from any thread.

#include <functional>
#include <mutex>

#include "foundation/error.h"
#include "foundation/log.h"

namespace fermata::worker {

// Called once at most, from any thread; must not wait. Error: TEMPORAL_WORKER.
using AtEnd = std::function<void(const Error&)>;

class PollWatch {
 public:
  PollWatch(Log& log, AtEnd at_end) : log_(log), at_end_(std::move(at_end)) {}
  // From now on polls end because they were asked to.
  void stop();
  // Whether there is anything to poll for after this. Core wants to be polled until it says so, to
  // finish what is under way.
  bool go_on_after(const Error& failed_poll);

 private:
  Log& log_;
  const AtEnd at_end_;
  std::mutex mutex_;
  bool is_over_ = false;  // asked for, or told
};

}  // namespace fermata::worker
