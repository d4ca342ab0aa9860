#pragma once
// A step's temporal.activity as a command, and its end as the author sees it. The activity runs on
// somebody else's worker: no ledger of ours stands behind it, its id is the idempotency key.

#include <optional>
#include <variant>

#include "interpreter/effect.h"
#include "temporal/command.h"

namespace fermata::worker {

[[nodiscard]] bool is_foreign(const interpreter::RunAction& action);
// Or what is wrong with the input: ValidationError with code INPUT_INVALID, or QUEUE_RESERVED for
// the queue that runs are advanced on.
std::variant<temporal::ScheduleActivity, interpreter::RunError> schedule_foreign(
    const interpreter::RunAction& action);
// What the argument's metadata says of its secrets: JSON pointers, as a list. Nothing: it says
// nothing; an empty list: what it says cannot be read.
std::optional<json::Value> marked_secret_places(const temporal::Payload& argument);
// Before the next try of one that no key there could open. Each try costs the history about ten
// events, so that the last of these delays fits a run's whole life.
std::int64_t sealed_delay_ms(std::uint32_t attempt);
// The other side's error type becomes the code, in category ActionError; timeouts stay timeouts.
interpreter::RunError foreign_error_of(const temporal::Failure& failure);

}  // namespace fermata::worker
