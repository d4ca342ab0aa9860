#pragma once
// Delivering inputs: what happened is written into the state before any step runs, all of it first,
// in the order given.

#include "foundation/result.h"
#include "interpreter/outcome.h"
#include "interpreter/run.h"

namespace fermata::interpreter {

// What this activation settled for the parked step; at most one thing, the first.
struct Delivered {
  std::optional<Settled> settled;
  bool run_timed_out = false;
};

// What an event counts for among those that are buffered.
std::size_t bytes_of(const EventArrived& event);

// A buffered event that the parked wait accepts, taken out of the buffer.
std::optional<Settled> take_buffered(Run& run);

// Error: NONDETERMINISM, for a number that was never given out.
Result<void> deliver(Run& run, const Input& input, Delivered& delivered);

}  // namespace fermata::interpreter
