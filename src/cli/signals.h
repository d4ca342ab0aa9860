#pragma once
// What a process waits for: Ctrl-C and SIGTERM, or the end of what it is there for.

#include <chrono>
#include <mutex>
#include <optional>

#include "foundation/result.h"

namespace fermata::cli {

// Blocks the signals in this thread and all it starts. Call first thing.
void block_stop_signals();
// Until one of them comes.
void wait_for_stop_signal();
// Whether one has come that nobody waited for yet.
bool has_stop_signal();

class Ending {
 public:
  Ending();
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;
  ~Ending();
  // What the process is there for has ended by itself. From any thread; never waits.
  void because(const Error& why);
  // That error, if there is one.
  [[nodiscard]] Result<void> check() const;
  // Until a stop signal comes; or until because(), with its error.
  [[nodiscard]] Result<void> wait() const;
  // The same, for so long at most; false when nothing came.
  [[nodiscard]] Result<bool> comes_within(std::chrono::milliseconds most) const;

 private:
  [[nodiscard]] Result<bool> comes(int most_ms) const;

  const int event_;
  mutable std::mutex mutex_;
  std::optional<Error> why_;
};

}  // namespace fermata::cli
