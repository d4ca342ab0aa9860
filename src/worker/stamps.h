#pragma once
// Stamps: numbers that a worker writes on the end of a local action. They stand in the metadata of
// its payload and travel with it into the history, where nothing else says them and a replay finds
// them. An end without a payload has none, nor has one from before there was such a word.

#include <cstddef>
#include <optional>

#include "foundation/clock.h"
#include "temporal/activation.h"
#include "temporal/command.h"

namespace fermata::worker {

// The workflow's time when the action was begun: RunDriver::correct.
void stamp_begin(temporal::ActivityCompletion& completion, TimeMs began_at);
std::optional<TimeMs> began_at(const temporal::ResolveActivity& resolved);
// What the end weighs, in bytes: TaskBytes. 0: not written.
void stamp_bytes(temporal::ActivityCompletion& completion);
std::size_t stamped_bytes(const temporal::ResolveActivity& resolved);

}  // namespace fermata::worker
