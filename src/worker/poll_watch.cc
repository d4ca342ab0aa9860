#include "worker/poll_watch.h"

#include <utility>

namespace fermata::worker {

void PollWatch::stop() {
  const std::scoped_lock lock(mutex_);
  is_over_ = true;
}

bool PollWatch::go_on_after(const Error& failed_poll) {
  const bool is_end = failed_poll.code == "TEMPORAL_SHUTDOWN";
  if (!is_end)
    log_.error("a poll failed", {{"code", failed_poll.code}, {"text", failed_poll.message}});
  // What Core forwards it does not try again.
  if (is_end || failed_poll.code == "TEMPORAL_WORKER") {
    {
      const std::scoped_lock lock(mutex_);
      if (std::exchange(is_over_, true)) return !is_end;
    }
    const Error why = make_error(
        ErrorKind::Unavailable, "TEMPORAL_WORKER",
        "Temporal gives this worker no more work: " + failed_poll.message,
        "check that the namespace is there and that the API key or certificate may poll it, then "
        "start the process again; a service manager does that by itself");
    log_.error("the worker has ended",
               {{"code", why.code}, {"text", why.message}, {"help", why.help}});
    if (at_end_) at_end_(why);
  }
  return !is_end;
}

}  // namespace fermata::worker
