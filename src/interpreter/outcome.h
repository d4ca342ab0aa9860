#pragma once
// Outcome: all that a step handler may say. Control flow has one owner, the machine: handlers touch
// no frames.

#include <variant>

#include "interpreter/state.h"

namespace fermata::interpreter {

struct Next {
  json::Value note;  // for the step's row; null when there is nothing to say
};
// Go into a branch. The step is finished when the frame ends; a plain sequence finishes its step at
// once.
struct Enter {
  Frame frame;
  definition::SequenceIndex sequence = definition::kNoSequence;
  json::Value note;
};
struct Park {
  Await await;
  json::Value input;
  std::string idempotency_key;
};
// Wait for the same thing again, or for its next attempt.
struct Repark {
  Await await;
};
struct Raise {
  RunError error;
};
struct Return {};

using Outcome = std::variant<Next, Enter, Park, Repark, Raise, Return>;

// What a parked step was waiting for, now that it is there.
struct SettledOutput {
  json::Value output;
};
struct SettledError {
  RunError error;
  std::optional<std::int64_t> retry_after_ms;
};
struct SettledTimer {
  Seq seq = 0;
};
struct SettledEvent {
  EventArrived event;
};
struct SettledAnswer {
  TaskAnswered answer;
};
using Settled =
    std::variant<SettledOutput, SettledError, SettledTimer, SettledEvent, SettledAnswer>;

}  // namespace fermata::interpreter
