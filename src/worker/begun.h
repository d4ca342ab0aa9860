#pragma once
// Begun: what the machine was given when it began local actions, to give it the same at another
// time. While one of these runs for long, the worker sends empty tasks to keep its own; Core takes
// them for one with the first when it replays, and gives the first the time of the last.

#include <cstdint>
#include <optional>
#include <vector>

#include "interpreter/machine.h"

namespace fermata::worker {

struct Begun {
  interpreter::RunState before;
  std::vector<interpreter::Input> inputs;
  interpreter::AdvanceOptions options;
  // What its rows were numbered from.
  std::uint64_t row_time = 0;
  std::uint64_t row_effect = 0;
};

// What it would have done at that time. Nothing when it would not have begun the action: then the
// time that the history shows counts.
std::optional<interpreter::Advance> advance_at(const interpreter::Host& host, const Begun& begun,
                                               interpreter::Seq action, TimeMs at);

}  // namespace fermata::worker
