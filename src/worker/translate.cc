#include "worker/translate.h"

#include "foundation/format.h"
#include "jsonata/instant.h"

namespace fermata::worker {
namespace {

using interpreter::RunAction;
using interpreter::RunError;

// Beyond the attempt's own timeout: waiting for another worker's lease, and one more try of the
// store.
constexpr std::int64_t kActivityGraceMs = 15'000;
// Local tries further away than this become a timer of the run's history.
constexpr std::int64_t kLocalRetryMs = 10'000;
constexpr std::int64_t kHeartbeatMs = 10'000;

const json::Object* details_of(const temporal::Failure& failure, json::Value& into) {
  if (failure.details.empty()) return nullptr;
  auto details = temporal::to_json(failure.details.front());
  if (!details.has_value() || !details->is_object()) return nullptr;
  into = *std::move(details);
  return &into.get_object();
}

}  // namespace

temporal::Failure plain_failure(const Error& error) {
  temporal::Failure failure;
  failure.type = error.code;
  failure.message = error.message;
  return failure;
}

temporal::Failure failure_of(const actions::ActionFailure& failure) {
  temporal::Failure to;
  to.message = failure.message;
  to.type = failure.category;
  // Whether it is tried again is the author's policy, in the machine: Temporal must not.
  to.non_retryable = true;
  json::Object details{{"code", failure.code}, {"details", failure.details}};
  if (failure.retry_after_ms) details["retryAfterMs"] = *failure.retry_after_ms;
  to.details.push_back(temporal::to_payload(json::Value(std::move(details))));
  return to;
}

RunError run_error_of(const temporal::Failure& failure) {
  const temporal::Failure& root = failure.root();
  RunError error;
  error.message = root.message;
  switch (root.kind) {
    case temporal::FailureKind::Canceled:
      error.category = interpreter::category::kCancellation;
      return error;
    case temporal::FailureKind::Timeout:
      error.category = interpreter::category::kTimeout;
      error.code = "ACTION_TIMEOUT";
      error.message = "the action did not finish in time";
      return error;
    case temporal::FailureKind::Application:
      break;
    default:
      error.category = interpreter::category::kAction;
      error.code = "ACTIVITY_FAILED";
      return error;
  }
  const std::string_view type = root.type;
  constexpr std::string_view kPrefix = "Fermata.";
  error.category = type.starts_with(kPrefix) ? type.substr(kPrefix.size()) : type;
  if (error.category.empty()) error.category = interpreter::category::kAction;
  json::Value details;
  if (const json::Object* object = details_of(root, details)) {
    error.code = json::string_at(*object, "code").value_or("");
    if (const json::Value* inner = json::find(*object, "details")) error.details = *inner;
    // A child run's error keeps its place and time; actions have none of their own.
    error.node_path = json::string_at(*object, "nodePath").value_or("");
    if (const auto at = json::string_at(*object, "at"))
      error.at = jsonata::parse_instant(*at).value_or(0);
  }
  return error;
}

std::optional<std::int64_t> retry_after_of(const temporal::Failure& failure) {
  json::Value details;
  const json::Object* object = details_of(failure.root(), details);
  return object == nullptr ? std::nullopt : json::int_at(*object, "retryAfterMs");
}

temporal::Failure failure_of(const RunError& error) {
  temporal::Failure to;
  to.message = error.message;
  to.type = "Fermata." + error.category;
  to.non_retryable = true;
  to.details.push_back(temporal::to_payload(error.to_json()));
  return to;
}

temporal::RetryPolicy until_it_works() {
  temporal::RetryPolicy retry;
  retry.initial_interval_ms = 200;
  retry.backoff_coefficient = 2;
  retry.maximum_interval_ms = 30'000;
  return retry;
}

json::Value action_argument(const RunAction& action, const interpreter::RunIdentity& identity,
                            TimeMs now) {
  json::Array places;
  for (const std::string& place : action.secret_places) places.emplace_back(place);
  return json::Object{{"tenant", identity.tenant.text},
                      {"runId", identity.run_id.text},
                      {"path", action.path.text},
                      {"iteration", action.iteration},
                      {"actionId", action.action_id},
                      {"version", action.action_version},
                      {"input", action.input},
                      {service::kSecretPlaces, std::move(places)},
                      {"key", action.idempotency_key},
                      {"isAuthored", action.is_authored},
                      {"attempt", action.attempt},
                      {"timeoutMs", action.timeout_ms},
                      {"now", now}};
}

temporal::Command schedule(const RunAction& action, const interpreter::RunIdentity& identity,
                           TimeMs now, const temporal::ActivityBackoff* backoff) {
  const std::vector<temporal::Payload> arguments = {
      temporal::to_payload(action_argument(action, identity, now))};
  const std::string id = std::to_string(action.seq);
  if (action.execution == definition::ExecutionClass::Durable) {
    temporal::ScheduleActivity activity;
    activity.seq = action.seq;
    activity.activity_id = id;
    activity.activity_type = service::kActionActivity;
    activity.task_queue = service::kTaskQueue;
    activity.arguments = arguments;
    activity.start_to_close_timeout_ms = action.timeout_ms + kActivityGraceMs;
    activity.heartbeat_timeout_ms = kHeartbeatMs;
    activity.retry = until_it_works();
    return activity;
  }
  temporal::ScheduleLocalActivity local;
  local.seq = action.seq;
  local.activity_id = id;
  local.activity_type = service::kActionActivity;
  local.arguments = arguments;
  local.start_to_close_timeout_ms = action.timeout_ms + kActivityGraceMs;
  local.retry = until_it_works();
  local.local_retry_threshold_ms = kLocalRetryMs;
  if (backoff != nullptr) {
    local.attempt = backoff->attempt;
    local.original_schedule_time = backoff->original_schedule_time;
  }
  return local;
}

temporal::Command start_child(const interpreter::StartChild& child,
                              const service::RunArguments& parent) {
  service::RunArguments arguments;
  arguments.identity = parent.identity;
  arguments.identity.run_id = child.child_run_id;
  arguments.identity.workflow_id = child.workflow_id;
  arguments.identity.workflow_version = child.workflow_version;
  arguments.identity.definition_hash.clear();  // the child takes the published one
  arguments.identity.depth = child.depth;
  arguments.payload = child.payload;
  arguments.parent_run_id = parent.identity.run_id.text;
  arguments.root_run_id = parent.root_run_id;
  temporal::StartChild command;
  command.seq = child.seq;
  command.workflow_id = service::temporal_workflow_id(child.child_run_id);
  command.workflow_type = service::kWorkflowType;
  command.task_queue = service::kTaskQueue;
  command.input = {temporal::to_payload(arguments.to_json())};
  command.task_timeout_ms = service::kTaskTimeoutMs;
  return command;
}

std::optional<interpreter::InputKind> input_of(const temporal::SignalWorkflow& signal, TimeMs now) {
  json::Value argument = json::Object{};
  if (!signal.input.empty()) {
    auto read = temporal::to_json(signal.input.front());
    if (!read.has_value() || !read->is_object()) return std::nullopt;
    argument = *std::move(read);
  }
  const json::Object& object = argument.get_object();
  if (signal.name == service::kPauseSignal)
    return interpreter::PauseRequested{json::string_at(object, "reason").value_or("")};
  if (signal.name == service::kResumeSignal)
    return interpreter::ResumeRequested{json::string_at(object, "reason").value_or("")};
  if (signal.name == service::kEventSignal) {
    interpreter::EventArrived event;
    event.event_id = EventId(json::string_at(object, "eventId").value_or(""));
    event.event_name = json::string_at(object, "eventName").value_or("");
    event.correlation_key = json::string_at(object, "correlationKey");
    if (const json::Value* payload = json::find(object, "payload")) event.payload = *payload;
    event.received_at = json::int_at(object, "receivedAt").value_or(now);
    event.wait_id = WaitId(json::string_at(object, "waitId").value_or(""));
    if (event.event_id.empty() || event.event_name.empty()) return std::nullopt;
    return event;
  }
  if (signal.name == service::kAnswerSignal) {
    interpreter::TaskAnswered answer;
    answer.task_id = TaskId(json::string_at(object, "taskId").value_or(""));
    answer.answer_id = json::string_at(object, "answerId").value_or("");
    if (const json::Value* response = json::find(object, "response")) answer.response = *response;
    answer.is_admin_override = json::bool_at(object, "adminOverride").value_or(false);
    return answer;
  }
  return std::nullopt;
}

}  // namespace fermata::worker
