// Our commands to Core's.
#include "foundation/match.h"
#include "temporal/encode/codec.h"
#include "temporal/sdk/core/workflow_completion/workflow_completion.pb.h"
#include "temporal/worker.h"

namespace fermata::temporal {
namespace {

namespace core = coresdk::workflow_commands;
using encode::set_duration;
using encode::set_failure;
using encode::set_map;
using encode::set_payload;
using encode::set_payloads;

core::ActivityCancellationType to_core(CancellationType type) {
  switch (type) {
    case CancellationType::TryCancel:
      return core::TRY_CANCEL;
    case CancellationType::WaitCompleted:
      return core::WAIT_CANCELLATION_COMPLETED;
    case CancellationType::Abandon:
      return core::ABANDON;
  }
  return core::TRY_CANCEL;
}

void encode_activity(core::ScheduleActivity* to, const ScheduleActivity& from) {
  to->set_seq(from.seq);
  to->set_activity_id(from.activity_id);
  to->set_activity_type(from.activity_type);
  to->set_task_queue(from.task_queue);
  set_payloads(to->mutable_arguments(), from.arguments);
  if (from.schedule_to_close_timeout_ms > 0) {
    set_duration(to->mutable_schedule_to_close_timeout(), from.schedule_to_close_timeout_ms);
  }
  if (from.schedule_to_start_timeout_ms > 0) {
    set_duration(to->mutable_schedule_to_start_timeout(), from.schedule_to_start_timeout_ms);
  }
  if (from.start_to_close_timeout_ms > 0) {
    set_duration(to->mutable_start_to_close_timeout(), from.start_to_close_timeout_ms);
  }
  if (from.heartbeat_timeout_ms > 0)
    set_duration(to->mutable_heartbeat_timeout(), from.heartbeat_timeout_ms);
  encode::set_retry(to->mutable_retry_policy(), from.retry);
  to->set_cancellation_type(to_core(from.cancellation));
  to->set_do_not_eagerly_execute(from.do_not_eagerly_execute);
}

void encode_local(core::ScheduleLocalActivity* to, const ScheduleLocalActivity& from) {
  to->set_seq(from.seq);
  to->set_activity_id(from.activity_id);
  to->set_activity_type(from.activity_type);
  to->set_attempt(from.attempt);
  if (from.original_schedule_time) {
    encode::set_time(to->mutable_original_schedule_time(), *from.original_schedule_time);
  }
  set_payloads(to->mutable_arguments(), from.arguments);
  if (from.schedule_to_close_timeout_ms > 0) {
    set_duration(to->mutable_schedule_to_close_timeout(), from.schedule_to_close_timeout_ms);
  }
  if (from.start_to_close_timeout_ms > 0) {
    set_duration(to->mutable_start_to_close_timeout(), from.start_to_close_timeout_ms);
  }
  encode::set_retry(to->mutable_retry_policy(), from.retry);
  if (from.local_retry_threshold_ms > 0) {
    set_duration(to->mutable_local_retry_threshold(), from.local_retry_threshold_ms);
  }
  to->set_cancellation_type(to_core(from.cancellation));
}

void encode_child(core::StartChildWorkflowExecution* to, const StartChild& from) {
  to->set_seq(from.seq);
  to->set_workflow_id(from.workflow_id);
  to->set_workflow_type(from.workflow_type);
  to->set_task_queue(from.task_queue);
  set_payloads(to->mutable_input(), from.input);
  if (from.task_timeout_ms > 0)
    set_duration(to->mutable_workflow_task_timeout(), from.task_timeout_ms);
  switch (from.parent_close) {
    case ParentClosePolicy::Terminate:
      to->set_parent_close_policy(coresdk::child_workflow::PARENT_CLOSE_POLICY_TERMINATE);
      break;
    case ParentClosePolicy::Abandon:
      to->set_parent_close_policy(coresdk::child_workflow::PARENT_CLOSE_POLICY_ABANDON);
      break;
    case ParentClosePolicy::RequestCancel:
      to->set_parent_close_policy(coresdk::child_workflow::PARENT_CLOSE_POLICY_REQUEST_CANCEL);
      break;
  }
  to->set_cancellation_type(coresdk::child_workflow::WAIT_CANCELLATION_COMPLETED);
  to->set_workflow_id_reuse_policy(
      encode::proto::enums::v1::WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE);
  set_map(to->mutable_memo(), from.memo);
}

void encode_continue(core::ContinueAsNewWorkflowExecution* to, const ContinueAsNew& from) {
  to->set_workflow_type(from.workflow_type);
  to->set_task_queue(from.task_queue);
  set_payloads(to->mutable_arguments(), from.arguments);
  if (from.task_timeout_ms > 0)
    set_duration(to->mutable_workflow_task_timeout(), from.task_timeout_ms);
  set_map(to->mutable_memo(), from.memo);
}

void encode_update(core::UpdateResponse* to, const UpdateResponse& from) {
  to->set_protocol_instance_id(from.protocol_instance_id);
  std::visit(match{[&](const UpdateAccepted&) { to->mutable_accepted(); },
                   [&](const Failure& failure) { set_failure(to->mutable_rejected(), failure); },
                   [&](const Payload& payload) { set_payload(to->mutable_completed(), payload); }},
             from.response);
}

void encode_query(core::QueryResult* to, const QueryResult& from) {
  to->set_query_id(from.query_id);
  std::visit(match{[&](const Payload& payload) {
                     set_payload(to->mutable_succeeded()->mutable_response(), payload);
                   },
                   [&](const Failure& failure) { set_failure(to->mutable_failed(), failure); }},
             from.answer);
}

void encode_signal(core::SignalExternalWorkflowExecution* to, const SignalExternal& from) {
  to->set_seq(from.seq);
  to->mutable_workflow_execution()->set_workflow_id(from.workflow_id);
  to->mutable_workflow_execution()->set_run_id(from.run_id);
  to->set_signal_name(from.signal_name);
  set_payloads(to->mutable_args(), from.arguments);
}

void encode_command(core::WorkflowCommand* to, const Command& command) {
  std::visit(
      match{
          [&](const StartTimer& c) {
            to->mutable_start_timer()->set_seq(c.seq);
            set_duration(to->mutable_start_timer()->mutable_start_to_fire_timeout(), c.delay_ms);
          },
          [&](const CancelTimer& c) { to->mutable_cancel_timer()->set_seq(c.seq); },
          [&](const ScheduleActivity& c) { encode_activity(to->mutable_schedule_activity(), c); },
          [&](const ScheduleLocalActivity& c) {
            encode_local(to->mutable_schedule_local_activity(), c);
          },
          [&](const RequestCancelActivity& c) {
            to->mutable_request_cancel_activity()->set_seq(c.seq);
          },
          [&](const RequestCancelLocalActivity& c) {
            to->mutable_request_cancel_local_activity()->set_seq(c.seq);
          },
          [&](const StartChild& c) {
            encode_child(to->mutable_start_child_workflow_execution(), c);
          },
          [&](const CancelChild& c) {
            to->mutable_cancel_child_workflow_execution()->set_child_workflow_seq(c.seq);
            to->mutable_cancel_child_workflow_execution()->set_reason(c.reason);
          },
          [&](const SignalExternal& c) {
            encode_signal(to->mutable_signal_external_workflow_execution(), c);
          },
          [&](const CompleteWorkflow& c) {
            set_payload(to->mutable_complete_workflow_execution()->mutable_result(), c.result);
          },
          [&](const FailWorkflow& c) {
            set_failure(to->mutable_fail_workflow_execution()->mutable_failure(), c.failure);
          },
          [&](const CancelExecution&) { to->mutable_cancel_workflow_execution(); },
          [&](const ContinueAsNew& c) {
            encode_continue(to->mutable_continue_as_new_workflow_execution(), c);
          },
          [&](const QueryResult& c) { encode_query(to->mutable_respond_to_query(), c); },
          [&](const UpdateResponse& c) { encode_update(to->mutable_update_response(), c); },
          [&](const UpsertSearchAttributes& c) {
            set_map(to->mutable_upsert_workflow_search_attributes()
                        ->mutable_search_attributes()
                        ->mutable_indexed_fields(),
                    c.attributes);
          },
          [&](const ModifyMemo& c) {
            set_map(
                to->mutable_modify_workflow_properties()->mutable_upserted_memo()->mutable_fields(),
                c.memo);
          },
          [&](const SetPatchMarker& c) {
            to->mutable_set_patch_marker()->set_patch_id(c.patch_id);
            to->mutable_set_patch_marker()->set_deprecated(c.is_deprecated);
          },
      },
      command);
}

}  // namespace

std::string encode_completion(const Completion& completion) {
  coresdk::workflow_completion::WorkflowActivationCompletion to;
  to.set_run_id(completion.run_id);
  std::visit(
      match{[&](const std::vector<Command>& commands) {
              auto* success = to.mutable_successful();
              for (const Command& command : commands)
                encode_command(success->add_commands(), command);
            },
            [&](const TaskFailure& failed) {
              set_failure(to.mutable_failed()->mutable_failure(), failed.failure);
              if (failed.cause == TaskFailureCause::Nondeterminism) {
                to.mutable_failed()->set_force_cause(
                    encode::proto::enums::v1::WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR);
              }
            }},
      completion.status);
  return to.SerializeAsString();
}

}  // namespace fermata::temporal
