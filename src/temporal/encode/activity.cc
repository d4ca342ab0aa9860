// Activity tasks, their answers and heartbeats.
#include "foundation/match.h"
#include "temporal/encode/codec.h"
#include "temporal/sdk/core/core_interface.pb.h"

namespace fermata::temporal::encode {
namespace {

ActivityCancelReason reason_of(coresdk::activity_task::ActivityCancelReason reason) {
  switch (reason) {
    case coresdk::activity_task::NOT_FOUND:
      return ActivityCancelReason::NotFound;
    case coresdk::activity_task::TIMED_OUT:
      return ActivityCancelReason::TimedOut;
    case coresdk::activity_task::WORKER_SHUTDOWN:
      return ActivityCancelReason::WorkerShutdown;
    case coresdk::activity_task::PAUSED:
      return ActivityCancelReason::Paused;
    case coresdk::activity_task::RESET:
      return ActivityCancelReason::Reset;
    default:
      return ActivityCancelReason::Canceled;
  }
}

}  // namespace

Result<ActivityTask> decode_activity_task(const std::string& bytes) {
  coresdk::activity_task::ActivityTask from;
  if (!from.ParseFromString(bytes)) return unreadable("an activity task");
  ActivityTask to;
  to.task_token = from.task_token();
  if (from.has_cancel()) {
    to.kind = ActivityCancel{reason_of(from.cancel().reason())};
    return to;
  }
  const auto& start = from.start();
  ActivityStart kind;
  kind.activity_id = start.activity_id();
  kind.activity_type = start.activity_type();
  kind.workflow_id = start.workflow_execution().workflow_id();
  kind.workflow_run_id = start.workflow_execution().run_id();
  kind.input = payloads_of(start.input());
  kind.heartbeat_details = payloads_of(start.heartbeat_details());
  kind.attempt = start.attempt();
  kind.is_local = start.is_local();
  kind.start_to_close_timeout_ms = from_proto(start.start_to_close_timeout());
  kind.heartbeat_timeout_ms = from_proto(start.heartbeat_timeout());
  to.kind = std::move(kind);
  return to;
}

std::string encode_activity_completion(const ActivityCompletion& completion) {
  coresdk::ActivityTaskCompletion to;
  to.set_task_token(completion.task_token);
  auto* result = to.mutable_result();
  std::visit(match{[&](const Payload& payload) {
                     set_payload(result->mutable_completed()->mutable_result(), payload);
                   },
                   [&](const Failure& failure) {
                     auto* out = failure.kind == FailureKind::Canceled
                                     ? result->mutable_cancelled()->mutable_failure()
                                     : result->mutable_failed()->mutable_failure();
                     set_failure(out, failure);
                   }},
             completion.result);
  return to.SerializeAsString();
}

std::string encode_heartbeat(const std::string& task_token, const Payload& details) {
  coresdk::ActivityHeartbeat to;
  to.set_task_token(task_token);
  set_payload(to.add_details(), details);
  return to.SerializeAsString();
}

}  // namespace fermata::temporal::encode
