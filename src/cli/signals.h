#pragma once
// Ctrl-C and SIGTERM as something to wait for.

namespace fermata::cli {

// Blocks the signals in this thread and all it starts. Call first thing.
void block_stop_signals();
// Until one of them comes.
void wait_for_stop_signal();

}  // namespace fermata::cli
