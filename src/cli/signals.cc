#include "cli/signals.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "foundation/check.h"

namespace fermata::cli {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

void block_stop_signals() {
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

void wait_for_stop_signal() {
  const sigset_t set = stop_signals();
  int signal_number = 0;
  sigwait(&set, &signal_number);
}

bool has_stop_signal() {
  sigset_t pending;
  sigemptyset(&pending);
  sigpending(&pending);
  return sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1;
}

Ending::Ending() : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CHECK(event_ >= 0, "the system has no more files");
}

Ending::~Ending() {
  close(event_);
}

void Ending::because(const Error& why) {
  const std::scoped_lock lock(mutex_);
  if (why_) return;
  why_ = why;
  CHECK(eventfd_write(event_, 1) == 0, "an event of our own cannot be written");
}

Result<void> Ending::check() const {
  const std::scoped_lock lock(mutex_);
  if (why_) return *why_;
  return {};
}

Result<bool> Ending::comes_within(std::chrono::milliseconds most) const {
  return comes(static_cast<int>(most.count()));
}

Result<void> Ending::wait() const {
  TRY(const bool is_over, comes(-1));
  CHECK(is_over, "a wait without a limit is over only when something came");
  return {};
}

Result<bool> Ending::comes(int most_ms) const {
  const sigset_t set = stop_signals();
  const int signals = signalfd(-1, &set, SFD_CLOEXEC);
  CHECK(signals >= 0, "the system has no more files");
  std::array<pollfd, 2> ends = {pollfd{signals, POLLIN, 0}, pollfd{event_, POLLIN, 0}};
  int came = 0;
  while ((came = poll(ends.data(), ends.size(), most_ms)) < 0)
    CHECK(errno == EINTR, "cannot wait for a signal");
  close(signals);
  TRY_DO(check());
  return came > 0;
}

}  // namespace fermata::cli
