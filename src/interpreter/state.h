#pragma once
// RunState: everything a run is, as a value. No C++ frame survives a call of advance(), so pause,
// checkpoint, query and continue-as-new need no code of their own. Positions are indexes into the
// Program; a checkpoint writes them as paths. INVARIANT: at most one step is parked per branch, and
// a parked branch takes no step.

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "definition/program.h"
#include "foundation/clock.h"
#include "foundation/ids.h"
#include "interpreter/effect.h"
#include "interpreter/input.h"
#include "interpreter/run_error.h"
#include "json/value.h"

namespace fermata::interpreter {

// The record of one visit of one step, from its start to its end.
struct StepVisit {
  definition::StepIndex step = 0;
  std::uint64_t number = 0;
  Iteration iteration;
  TimeMs started_at = 0;
};

struct SequenceFrame {
  definition::SequenceIndex sequence = 0;
  std::uint32_t next = 0;
};
struct LoopFrame {
  StepVisit visit;
  // Shared, never changed: copying a state does not copy the list. After a checkpoint those before
  // `first` may be gone.
  std::shared_ptr<const json::Array> items;
  std::size_t first = 0;
  std::size_t index = 0;
  std::optional<json::Value> previous;  // vars.<itemVar> before the loop
  json::Object lexical;                 // item, index, length, isFirst, isLast

  [[nodiscard]] std::size_t length() const { return first + items->size(); }
};
// What a finally branch goes on with when it is done.
struct Returning {};
using Completion = std::variant<std::monostate, RunError, Returning>;
enum class TryPhase : std::uint8_t { Try, Catch, Finally };
struct TryFrame {
  StepVisit visit;
  TryPhase phase = TryPhase::Try;
  Completion pending;
};
using Frame = std::variant<SequenceFrame, LoopFrame, TryFrame>;

// What a branch waits for.
struct AwaitAction {
  Seq seq = 0;
};
struct AwaitTimer {
  Seq seq = 0;
  WaitId wait_id;
  TimeMs due_at = 0;
};
struct AwaitRetry {
  Seq seq = 0;
  WaitId wait_id;
};
struct AwaitEvent {
  WaitId wait_id;
  std::string correlation_key;
  bool has_key = false;
  TimeMs accepts_from = 0;
  std::optional<TimeMs> timeout_at;
  Seq timer = 0;  // 0: none
};
struct AwaitTask {
  WaitId wait_id;
  TaskId task_id;
  std::optional<TimeMs> timeout_at;
  Seq timer = 0;
};
struct AwaitChild {
  Seq seq = 0;
  RunId child_run_id;
  Seq timer = 0;  // of the step's timeout; 0: none
};
using Await = std::variant<AwaitAction, AwaitTimer, AwaitRetry, AwaitEvent, AwaitTask, AwaitChild>;

struct Parked {
  StepVisit visit;
  Await await;
  std::uint32_t attempt = 1;
  json::Value input;  // action input or child payload: what a retry sends again
  std::string idempotency_key;
};

struct Scopes {
  json::Value payload;  // objects, always
  json::Value vars;
  json::Value meta;
  json::Value error;  // null or RunError::to_json
  // No less than the text of all four, so that they need not be measured for every assignment.
  // Not saved: whoever finds it too large measures (scope.cc).
  std::size_t bytes_at_most = SIZE_MAX;
};

struct BufferedEvent {
  EventArrived event;
};

struct Branch {
  std::vector<Frame> frames;
  std::optional<Parked> parked;
};

enum class Phase : std::uint8_t { Running, Canceling, Done };

struct RunState {
  std::vector<Branch> branches;  // one today; parallel steps will need no new design
  Scopes scopes;
  json::Value system;  // read-only; made from the identity, not saved
  Phase phase = Phase::Running;
  std::string cancel_reason;
  bool is_paused = false;
  std::string pause_reason;  // as it was asked for: shown with the wait
  std::optional<WaitId> pause_wait;
  RunPhase reported = RunPhase::Running;  // what the last RecordRun said
  std::deque<EventArrived> buffered;
  std::size_t buffered_bytes = 0;    // of them together (deliver.h); not saved
  std::deque<TaskAnswered> answers;  // to tasks that are still to come: see EventArrived::wait_id
  std::deque<std::string> consumed;  // event and answer ids
  std::uint64_t buffered_dropped = 0;
  Seq next_seq = 1;
  Seq run_timer = 0;                   // of this history
  std::optional<TimeMs> run_due_at;    // of all histories
  std::uint64_t steps = 0;             // visits so far
  std::uint32_t steps_in_history = 0;  // finished since the last continue-as-new
  std::uint64_t work_in_history = 0;   // of expressions and pure actions, in steps of expressions
  std::uint64_t effects = 0;           // effects so far
};

}  // namespace fermata::interpreter
