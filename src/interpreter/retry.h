#pragma once
// Retry policy to the next delay. Jitter is drawn from a seed of the run's own, so that a replay
// draws the same.

#include <cstdint>
#include <optional>
#include <string_view>

#include "definition/program.h"
#include "interpreter/run_error.h"

namespace fermata::interpreter {

// Milliseconds until the next attempt, or nothing when there is none. `attempt` is the one that
// failed, from 1.
std::optional<std::int64_t> next_delay(const definition::RetryPolicy& policy, const RunError& error,
                                       std::uint32_t attempt, std::string_view seed);

}  // namespace fermata::interpreter
