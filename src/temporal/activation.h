#pragma once
// Activation: what Temporal tells a run, as values. One activation is one call of the interpreter;
// its jobs come in the order that Core gives them and are never reordered. The answer is a
// Completion (command.h).

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

struct WorkflowRef {
  std::string workflow_id;
  std::string run_id;  // empty: the latest
};

struct InitializeWorkflow {
  std::string workflow_type;
  std::string workflow_id;
  std::vector<Payload> arguments;
  std::map<std::string, Payload> headers;
  std::uint64_t randomness_seed = 0;
  std::int32_t attempt = 1;
  std::optional<WorkflowRef> parent;
  std::string continued_from_run_id;  // empty unless continued as new
  std::string first_run_id;
  std::map<std::string, Payload> memo;
  std::map<std::string, Payload> search_attributes;
  TimeMs start_time = 0;
};
struct FireTimer {
  std::uint32_t seq = 0;
};
// A local activity whose next try is too far away to wait for inside a workflow task: start a timer
// of `delay_ms`, then schedule it again with this attempt and this original time.
struct ActivityBackoff {
  std::uint32_t attempt = 1;
  std::int64_t delay_ms = 0;
  TimeMs original_schedule_time = 0;
};
struct ActivityCompleted {
  Payload result;
};
struct ActivityFailed {
  Failure failure;
};
struct ActivityCanceled {
  Failure failure;
};
struct ResolveActivity {
  std::uint32_t seq = 0;
  bool is_local = false;
  std::variant<ActivityCompleted, ActivityFailed, ActivityCanceled, ActivityBackoff> outcome;
};
enum class ChildStart : std::uint8_t { Started, AlreadyExists, Canceled, Failed };
struct ResolveChildStart {
  std::uint32_t seq = 0;
  ChildStart status = ChildStart::Started;
  std::string run_id;
};
struct ResolveChild {
  std::uint32_t seq = 0;
  std::variant<ActivityCompleted, ActivityFailed, ActivityCanceled> outcome;
};
struct SignalWorkflow {
  std::string name;
  std::vector<Payload> input;
  std::string identity;
};
struct QueryWorkflow {
  std::string query_id;
  std::string query_type;
  std::vector<Payload> arguments;
};
struct DoUpdate {
  std::string id;
  std::string protocol_instance_id;
  std::string name;
  std::vector<Payload> input;
  bool run_validator = false;
};
struct CancelWorkflow {
  std::string reason;
};
struct NotifyHasPatch {
  std::string patch_id;
};
struct UpdateRandomSeed {
  std::uint64_t randomness_seed = 0;
};
struct ResolveSignalExternal {
  std::uint32_t seq = 0;
  std::optional<Failure> failure;
};
enum class EvictionReason : std::uint8_t { CacheFull, Nondeterminism, WorkflowEnding, Other };
// The run leaves the cache: forget it and answer with an empty success.
struct RemoveFromCache {
  EvictionReason reason = EvictionReason::Other;
  std::string message;
};

using Job = std::variant<InitializeWorkflow, FireTimer, ResolveActivity, ResolveChildStart,
                         ResolveChild, SignalWorkflow, QueryWorkflow, DoUpdate, CancelWorkflow,
                         NotifyHasPatch, UpdateRandomSeed, ResolveSignalExternal, RemoveFromCache>;

struct Activation {
  std::string run_id;  // Temporal's, not ours
  TimeMs timestamp = 0;
  bool is_replaying = false;
  std::uint32_t history_length = 0;
  std::uint64_t history_size_bytes = 0;
  bool continue_as_new_suggested = false;
  std::vector<Job> jobs;
  // The key of what is sealed here and does not open; empty: all can be read.
  std::string missing_key;
};

// An activity to run, or to stop.
struct ActivityStart {
  std::string activity_id;
  std::string activity_type;
  std::string workflow_id;
  std::string workflow_run_id;
  std::vector<Payload> input;
  std::vector<Payload> heartbeat_details;  // the last that the attempt before showed
  std::uint32_t attempt = 1;
  bool is_local = false;
  std::int64_t start_to_close_timeout_ms = 0;
  std::int64_t heartbeat_timeout_ms = 0;
};
enum class ActivityCancelReason : std::uint8_t {
  NotFound,
  Canceled,
  TimedOut,
  WorkerShutdown,
  Paused,
  Reset
};
struct ActivityCancel {
  ActivityCancelReason reason = ActivityCancelReason::Canceled;
};
struct ActivityTask {
  std::string task_token;
  std::variant<ActivityStart, ActivityCancel> kind;
};

}  // namespace fermata::temporal
