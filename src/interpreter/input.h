#pragma once
// Input: what happened to a run, as a closed set. The worker's driver makes inputs from a Temporal
// activation, the simulator from its virtual world. `seq` is the number that the machine gave when
// it asked (effect.h). INVARIANT: an input with a seq that was never asked for is nondeterminism;
// one already settled is ignored.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "foundation/clock.h"
#include "foundation/ids.h"
#include "interpreter/run_error.h"
#include "json/value.h"

namespace fermata::interpreter {

using Seq = std::uint32_t;

struct ActionCompleted {
  Seq seq = 0;
  json::Value output;
};
// Also an action that was cancelled on our request: category Cancellation.
struct ActionFailed {
  Seq seq = 0;
  RunError error;  // node_path and at are filled in by the machine
  std::optional<std::int64_t> retry_after_ms;
};
struct TimerFired {
  Seq seq = 0;
};
struct EventArrived {
  EventId event_id;
  std::string event_name;
  std::optional<std::string> correlation_key;
  json::Value payload;
  TimeMs received_at = 0;
  // The wait that it was sent for. Its row may be older than the wait: a workflow task that a crash
  // repeats opens its waits again, later.
  WaitId wait_id;
};
struct TaskAnswered {
  TaskId task_id;
  std::string answer_id;  // repeated deliveries of one answer act once
  json::Value response;
  bool is_admin_override =
      false;  // set by the server after a permission check, never by the payload
};
struct ChildCompleted {
  Seq seq = 0;
  json::Value result;
};
struct ChildFailed {
  Seq seq = 0;
  RunError error;  // category Cancellation when the child was cancelled
};
struct CancelRequested {
  std::string reason;
};
struct PauseRequested {
  std::string reason;
};
struct ResumeRequested {
  std::string reason;
};

using InputKind =
    std::variant<ActionCompleted, ActionFailed, TimerFired, EventArrived, TaskAnswered,
                 ChildCompleted, ChildFailed, CancelRequested, PauseRequested, ResumeRequested>;

struct Input {
  TimeMs now = 0;  // workflow time of the activation
  InputKind kind;
};

}  // namespace fermata::interpreter
