#pragma once
// Command: what a run asks of Temporal, as values; and Completion, the answer to one activation.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "foundation/clock.h"
#include "temporal/failure.h"
#include "temporal/payload.h"

namespace fermata::temporal {

struct RetryPolicy {
  std::int64_t initial_interval_ms = 1'000;
  double backoff_coefficient = 2;
  std::int64_t maximum_interval_ms = 0;  // 0: a hundred times the initial one
  std::int32_t maximum_attempts = 0;     // 0: without end
  std::vector<std::string> non_retryable_types;
};

enum class CancellationType : std::uint8_t { TryCancel, WaitCompleted, Abandon };

struct StartTimer {
  std::uint32_t seq = 0;
  std::int64_t delay_ms = 0;
};
struct CancelTimer {
  std::uint32_t seq = 0;
};
struct ScheduleActivity {
  std::uint32_t seq = 0;
  std::string activity_id;
  std::string activity_type;
  std::string task_queue;
  std::vector<Payload> arguments;
  std::int64_t schedule_to_close_timeout_ms =
      0;  // 0: none; one of the two close timeouts is needed
  std::int64_t schedule_to_start_timeout_ms = 0;
  std::int64_t start_to_close_timeout_ms = 0;
  std::int64_t heartbeat_timeout_ms = 0;
  RetryPolicy retry;
  CancellationType cancellation = CancellationType::WaitCompleted;
  bool do_not_eagerly_execute = false;
};
struct ScheduleLocalActivity {
  std::uint32_t seq = 0;
  std::string activity_id;
  std::string activity_type;
  std::vector<Payload> arguments;
  std::uint32_t attempt = 1;  // Core refuses 0
  std::optional<TimeMs> original_schedule_time;
  std::int64_t schedule_to_close_timeout_ms = 0;
  std::int64_t start_to_close_timeout_ms = 0;
  RetryPolicy retry;
  std::int64_t local_retry_threshold_ms = 0;
  CancellationType cancellation = CancellationType::WaitCompleted;
};
struct RequestCancelActivity {
  std::uint32_t seq = 0;
};
struct RequestCancelLocalActivity {
  std::uint32_t seq = 0;
};
enum class ParentClosePolicy : std::uint8_t { Terminate, Abandon, RequestCancel };
struct StartChild {
  std::uint32_t seq = 0;
  std::string workflow_id;
  std::string workflow_type;
  std::string task_queue;
  std::vector<Payload> input;
  std::int64_t task_timeout_ms = 0;
  ParentClosePolicy parent_close = ParentClosePolicy::RequestCancel;
  std::map<std::string, Payload> memo;
};
struct CancelChild {
  std::uint32_t seq = 0;
  std::string reason;
};
struct SignalExternal {
  std::uint32_t seq = 0;
  std::string workflow_id;
  std::string run_id;
  std::string signal_name;
  std::vector<Payload> arguments;
};
struct CompleteWorkflow {
  Payload result;
};
struct FailWorkflow {
  Failure failure;
};
struct CancelExecution {};
struct ContinueAsNew {
  std::string workflow_type;  // empty: the same
  std::string task_queue;     // empty: the same
  std::vector<Payload> arguments;
  std::int64_t task_timeout_ms = 0;
  std::map<std::string, Payload> memo;
};
struct QueryResult {
  std::string query_id;
  std::variant<Payload, Failure> answer;
};
struct UpdateAccepted {};
struct UpdateResponse {
  std::string protocol_instance_id;
  std::variant<UpdateAccepted, Failure, Payload> response;  // accepted, rejected, completed
};
struct UpsertSearchAttributes {
  std::map<std::string, Payload> attributes;
};
struct ModifyMemo {
  std::map<std::string, Payload> memo;
};
struct SetPatchMarker {
  std::string patch_id;
  bool is_deprecated = false;
};

using Command =
    std::variant<StartTimer, CancelTimer, ScheduleActivity, ScheduleLocalActivity,
                 RequestCancelActivity, RequestCancelLocalActivity, StartChild, CancelChild,
                 SignalExternal, CompleteWorkflow, FailWorkflow, CancelExecution, ContinueAsNew,
                 QueryResult, UpdateResponse, UpsertSearchAttributes, ModifyMemo, SetPatchMarker>;

// The activation failed: the workflow task is tried again, by this or by another worker.
// `Nondeterminism` says that history and code disagree, so that the operator sees the reason.
enum class TaskFailureCause : std::uint8_t { Unspecified, Nondeterminism };
struct TaskFailure {
  Failure failure;
  TaskFailureCause cause = TaskFailureCause::Unspecified;
};

struct Completion {
  std::string run_id;
  std::variant<std::vector<Command>, TaskFailure> status;
};

struct ActivityCompletion {
  std::string task_token;
  std::variant<Payload, Failure> result;  // Failure of kind Canceled answers a cancellation
};

}  // namespace fermata::temporal
