#pragma once
// Effect: what the machine asks for, as a closed set. Effects are numbered in the order in which
// they were asked, over the whole life of the run (continue-as-new included): the number is what
// makes projected rows idempotent. INVARIANT: at most one terminal effect (Complete, Fail,
// CancelRun, ContinueAsNew) per advance, and it is the last. Where next: worker/driver turns
// effects into Temporal commands, projection/fold into rows.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "definition/catalog.h"
#include "foundation/clock.h"
#include "foundation/ids.h"
#include "interpreter/input.h"
#include "interpreter/run_error.h"
#include "json/value.h"

namespace fermata::interpreter {

// Which turn of which loops a step is in: "" outside loops, "3" in the fourth item, "3.0" one loop
// deeper.
using Iteration = std::string;

struct RunAction {
  Seq seq = 0;
  StepPath path;
  Iteration iteration;
  std::string action_id;
  int action_version = 1;
  definition::ExecutionClass execution = definition::ExecutionClass::Short;  // never Pure
  json::Value input;  // secrets still by reference
  // JSON pointers into `input`: where the definition says $secret. Nothing else in it is one.
  std::vector<std::string> secret_places;
  std::string idempotency_key;  // without the tenant prefix
  bool is_authored = false;     // the key is the author's own
  std::uint32_t attempt = 1;
  std::int64_t timeout_ms = 0;
};
struct CancelAction {
  Seq seq = 0;
};
struct StartTimer {
  Seq seq = 0;
  std::int64_t delay_ms = 0;  // above 0
};
struct CancelTimer {
  Seq seq = 0;
};
struct StartChild {
  Seq seq = 0;
  StepPath path;
  Iteration iteration;
  RunId child_run_id;  // derived, so that a replay gives the same one; new for each attempt
  WorkflowId workflow_id;
  std::int64_t workflow_version = 0;
  json::Value payload;
  std::uint32_t depth = 1;  // of the child; 0 is a run without parent
};
struct CancelChild {
  Seq seq = 0;
};

enum class WaitType : std::uint8_t { Time, Event, Human, Retry, Pause };
struct OpenWait {
  WaitId wait_id;  // derived from run, path, iteration and visit
  WaitType type = WaitType::Time;
  StepPath path;
  Iteration iteration;
  std::optional<std::string> event_name;
  std::optional<std::string> correlation_key;
  std::optional<TimeMs> timeout_at;  // also the due time of a time wait
  TimeMs accepts_from = 0;  // events stored at or after this may satisfy it (lookback included)
  std::optional<TaskId> task_id;  // human tasks
  json::Value details;  // filters, form, title, context data: for people and for the router
};
enum class WaitOutcome : std::uint8_t { Resolved, TimedOut, Canceled };
struct CloseWait {
  WaitId wait_id;
  WaitOutcome outcome = WaitOutcome::Resolved;
  std::optional<EventId> matched_event_id;
  json::Value details;  // e.g. the accepted answer; null when there is nothing to say
};

enum class StepStatus : std::uint8_t {
  Started,
  RetryScheduled,
  Succeeded,
  Failed,
  Handled,
  Canceled
};
// The state of one visit of one step. The same step_number comes again with a later status; the
// last one wins.
struct RecordStep {
  std::uint64_t step_number = 0;  // counts visits over the whole run
  StepPath path;
  Iteration iteration;
  std::string step_id;
  std::string_view kind;  // "control.if"; points into the step table
  StepStatus status = StepStatus::Started;
  std::uint32_t attempt = 1;
  TimeMs started_at = 0;
  std::optional<TimeMs> finished_at;
  std::optional<RunError> error;  // kept for Handled too (onError continue, caught)
  json::Value note;               // branch taken, item count, saved path …; null when nothing
};
enum class RunPhase : std::uint8_t { Running, Waiting, Paused };
struct RecordRun {
  RunPhase phase = RunPhase::Running;
  std::optional<StepPath> current;
};

struct Complete {
  json::Value result;  // {payload, vars, meta}
};
struct Fail {
  RunError error;
};
struct CancelRun {
  std::string reason;
};
struct ContinueAsNew {
  json::Value checkpoint;
};

using Effect = std::variant<RunAction, CancelAction, StartTimer, CancelTimer, StartChild,
                            CancelChild, OpenWait, CloseWait, RecordStep, RecordRun, Complete, Fail,
                            CancelRun, ContinueAsNew>;

bool is_terminal(const Effect& effect);

// The words of rows, timelines and the API.
std::string_view word_of(StepStatus status);
std::string_view word_of(WaitType type);
std::string_view word_of(WaitOutcome outcome);
std::string_view word_of(RunPhase phase);

}  // namespace fermata::interpreter
