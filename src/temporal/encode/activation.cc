// Core's activations to ours.
#include "temporal/encode/codec.h"
#include "temporal/sdk/core/workflow_activation/workflow_activation.pb.h"
#include "temporal/worker.h"

namespace fermata::temporal {
namespace {

namespace core = coresdk::workflow_activation;
using encode::from_proto;
using encode::map_of;
using encode::payloads_of;

InitializeWorkflow decode(const core::InitializeWorkflow& from) {
  InitializeWorkflow to;
  to.workflow_type = from.workflow_type();
  to.workflow_id = from.workflow_id();
  to.arguments = payloads_of(from.arguments());
  to.headers = map_of(from.headers());
  to.randomness_seed = from.randomness_seed();
  to.attempt = from.attempt();
  if (from.has_parent_workflow_info()) {
    to.parent = WorkflowRef{from.parent_workflow_info().workflow_id(),
                            from.parent_workflow_info().run_id()};
  }
  to.continued_from_run_id = from.continued_from_execution_run_id();
  to.first_run_id = from.first_execution_run_id();
  to.memo = map_of(from.memo().fields());
  to.search_attributes = map_of(from.search_attributes().indexed_fields());
  to.start_time = from_proto(from.start_time());
  return to;
}

ResolveActivity decode(const core::ResolveActivity& from) {
  ResolveActivity to;
  to.seq = from.seq();
  to.is_local = from.is_local();
  const auto& result = from.result();
  if (result.has_completed()) {
    to.outcome = ActivityCompleted{from_proto(result.completed().result())};
  } else if (result.has_failed()) {
    to.outcome = ActivityFailed{from_proto(result.failed().failure())};
  } else if (result.has_cancelled()) {
    to.outcome = ActivityCanceled{from_proto(result.cancelled().failure())};
  } else {
    to.outcome =
        ActivityBackoff{result.backoff().attempt(), from_proto(result.backoff().backoff_duration()),
                        from_proto(result.backoff().original_schedule_time())};
  }
  return to;
}

ResolveChildStart decode(const core::ResolveChildWorkflowExecutionStart& from) {
  ResolveChildStart to;
  to.seq = from.seq();
  if (from.has_succeeded()) {
    to.run_id = from.succeeded().run_id();
  } else if (from.has_cancelled()) {
    to.status = ChildStart::Canceled;
  } else {
    const bool exists = from.failed().cause() ==
                        coresdk::child_workflow::
                            START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS;
    to.status = exists ? ChildStart::AlreadyExists : ChildStart::Failed;
  }
  return to;
}

ResolveChild decode(const core::ResolveChildWorkflowExecution& from) {
  ResolveChild to;
  to.seq = from.seq();
  const auto& result = from.result();
  if (result.has_completed()) {
    to.outcome = ActivityCompleted{from_proto(result.completed().result())};
  } else if (result.has_failed()) {
    to.outcome = ActivityFailed{from_proto(result.failed().failure())};
  } else {
    to.outcome = ActivityCanceled{from_proto(result.cancelled().failure())};
  }
  return to;
}

RemoveFromCache decode(const core::RemoveFromCache& from) {
  RemoveFromCache to;
  to.message = from.message();
  switch (from.reason()) {
    case core::RemoveFromCache_EvictionReason_CACHE_FULL:
      to.reason = EvictionReason::CacheFull;
      break;
    case core::RemoveFromCache_EvictionReason_NONDETERMINISM:
      to.reason = EvictionReason::Nondeterminism;
      break;
    case core::RemoveFromCache_EvictionReason_WORKFLOW_EXECUTION_ENDING:
      to.reason = EvictionReason::WorkflowEnding;
      break;
    default:
      to.reason = EvictionReason::Other;
  }
  return to;
}

DoUpdate decode(const core::DoUpdate& from) {
  return {from.id(), from.protocol_instance_id(), from.name(), payloads_of(from.input()),
          from.run_validator()};
}

std::optional<Failure> failure_of(bool is_set, const encode::proto::failure::v1::Failure& failure) {
  return is_set ? std::optional(from_proto(failure)) : std::nullopt;
}

Result<Job> decode(const core::WorkflowActivationJob& from) {
  using V = core::WorkflowActivationJob;
  switch (from.variant_case()) {
    case V::kInitializeWorkflow:
      return Job(decode(from.initialize_workflow()));
    case V::kFireTimer:
      return Job(FireTimer{from.fire_timer().seq()});
    case V::kUpdateRandomSeed:
      return Job(UpdateRandomSeed{from.update_random_seed().randomness_seed()});
    case V::kQueryWorkflow:
      return Job(QueryWorkflow{from.query_workflow().query_id(), from.query_workflow().query_type(),
                               payloads_of(from.query_workflow().arguments())});
    case V::kCancelWorkflow:
      return Job(CancelWorkflow{from.cancel_workflow().reason()});
    case V::kSignalWorkflow:
      return Job(SignalWorkflow{from.signal_workflow().signal_name(),
                                payloads_of(from.signal_workflow().input()),
                                from.signal_workflow().identity()});
    case V::kResolveActivity:
      return Job(decode(from.resolve_activity()));
    case V::kNotifyHasPatch:
      return Job(NotifyHasPatch{from.notify_has_patch().patch_id()});
    case V::kResolveChildWorkflowExecutionStart:
      return Job(decode(from.resolve_child_workflow_execution_start()));
    case V::kResolveChildWorkflowExecution:
      return Job(decode(from.resolve_child_workflow_execution()));
    case V::kResolveSignalExternalWorkflow: {
      const auto& job = from.resolve_signal_external_workflow();
      return Job(ResolveSignalExternal{job.seq(), failure_of(job.has_failure(), job.failure())});
    }
    case V::kDoUpdate:
      return Job(decode(from.do_update()));
    case V::kRemoveFromCache:
      return Job(decode(from.remove_from_cache()));
    case V::kResolveRequestCancelExternalWorkflow:
    case V::kResolveNexusOperationStart:
    case V::kResolveNexusOperation:
    case V::VARIANT_NOT_SET:
      break;
  }
  // We never ask for these, so they cannot be answered.
  return encode::unreadable("an activation job");
}

}  // namespace

Result<Activation> decode_activation(const std::string& bytes) {
  core::WorkflowActivation from;
  if (!from.ParseFromString(bytes)) return encode::unreadable("an activation");
  Activation to;
  to.run_id = from.run_id();
  to.timestamp = from_proto(from.timestamp());
  to.is_replaying = from.is_replaying();
  to.history_length = from.history_length();
  to.history_size_bytes = from.history_size_bytes();
  to.continue_as_new_suggested = from.continue_as_new_suggested();
  to.jobs.reserve(static_cast<std::size_t>(from.jobs_size()));
  for (const auto& job : from.jobs()) {
    TRY(Job decoded, decode(job));
    to.jobs.push_back(std::move(decoded));
  }
  return to;
}

}  // namespace fermata::temporal
