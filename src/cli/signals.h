#pragma once
// Ctrl-C and SIGTERM as something to wait for.

#include <chrono>

namespace fermata::cli {

// Blocks the signals in this thread and all it starts. Call first thing.
void block_stop_signals();
// Until one of them comes.
void wait_for_stop_signal();
// The same, for so long at most; whether one came.
bool stop_signal_comes_within(std::chrono::milliseconds most);
// Whether one has come that nobody waited for yet.
bool has_stop_signal();

}  // namespace fermata::cli
