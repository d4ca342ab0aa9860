#pragma once
// Retry policy to the next delay. Jitter is drawn from a seed of the run's own, so that a replay
// draws the same.

#include <cstdint>
#include <optional>
#include <string_view>

#include "definition/program.h"
#include "interpreter/outcome.h"
#include "interpreter/run.h"
#include "interpreter/run_error.h"

namespace fermata::interpreter {

// Milliseconds until the next attempt, or nothing when there is none. `attempt` is the one that
// failed, from 1.
std::optional<std::int64_t> next_delay(const definition::RetryPolicy& policy, const RunError& error,
                                       std::uint32_t attempt, std::string_view seed);

// When the step's timeoutMs, which bounds all attempts and delays, is over.
std::optional<TimeMs> deadline_of(const Run& run, const StepVisit& visit);

// Whether the step's time was over before its next attempt began: the timer between attempts comes
// late when no worker is there. A run of the first semantics version asked all the same, and went
// on while what it asked for was no more than `allowed_ms` late; later it was refused for ever.
bool is_too_late(const Run& run, const StepVisit& visit, std::int64_t allowed_ms);

// The step's TimeoutError; `cause` is what went wrong last.
RunError step_timeout(const Run& run, const StepVisit& visit, const RunError* cause);

// After a failed attempt: the wait for the next one, or the error that ends the step.
struct Failure {
  const std::optional<definition::RetryPolicy>& policy;
  RunError error;
  std::string_view seed;
  std::int64_t asked_ms = 0;  // what the other side asked for counts, when it is longer
};
Outcome retry_or_raise(Run& run, const Parked& parked, Failure failure);

}  // namespace fermata::interpreter
