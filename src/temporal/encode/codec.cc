#include "temporal/encode/codec.h"

#include "foundation/format.h"

namespace fermata::temporal::encode {
namespace {

constexpr std::int64_t kNanosPerMs = 1'000'000;

std::string timeout_name(proto::enums::v1::TimeoutType type) {
  switch (type) {
    case proto::enums::v1::TIMEOUT_TYPE_START_TO_CLOSE:
      return "start_to_close";
    case proto::enums::v1::TIMEOUT_TYPE_SCHEDULE_TO_START:
      return "schedule_to_start";
    case proto::enums::v1::TIMEOUT_TYPE_SCHEDULE_TO_CLOSE:
      return "schedule_to_close";
    case proto::enums::v1::TIMEOUT_TYPE_HEARTBEAT:
      return "heartbeat";
    default:
      return "unspecified";
  }
}

// What kind the message is and what belongs to that kind; message and cause are the caller's.
void read_kind(Failure& to, const proto::failure::v1::Failure& from) {
  if (from.has_application_failure_info()) {
    const auto& info = from.application_failure_info();
    to.kind = FailureKind::Application;
    to.type = info.type();
    to.non_retryable = info.non_retryable();
    to.details = payloads_of(info.details().payloads());
    if (info.has_next_retry_delay()) to.next_retry_delay_ms = from_proto(info.next_retry_delay());
  } else if (from.has_canceled_failure_info()) {
    to.kind = FailureKind::Canceled;
    to.details = payloads_of(from.canceled_failure_info().details().payloads());
  } else if (from.has_timeout_failure_info()) {
    to.kind = FailureKind::Timeout;
    to.timeout_type = timeout_name(from.timeout_failure_info().timeout_type());
  } else if (from.has_terminated_failure_info()) {
    to.kind = FailureKind::Terminated;
  } else if (from.has_server_failure_info()) {
    to.kind = FailureKind::Server;
    to.non_retryable = from.server_failure_info().non_retryable();
  } else if (from.has_activity_failure_info()) {
    to.kind = FailureKind::Activity;
  } else if (from.has_child_workflow_execution_failure_info()) {
    to.kind = FailureKind::ChildWorkflow;
  } else {
    to.kind = FailureKind::Other;
  }
}

}  // namespace

Error unreadable(const char* what) {
  return make_error(ErrorKind::Internal, "TEMPORAL_INTERNAL", format("{} cannot be read", what),
                    "the bridge and its messages must come from one package: run bootstrap again");
}

TimeMs from_proto(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1'000 + time.nanos() / kNanosPerMs;
}

std::int64_t from_proto(const google::protobuf::Duration& duration) {
  return duration.seconds() * 1'000 + duration.nanos() / kNanosPerMs;
}

void set_time(google::protobuf::Timestamp* out, TimeMs time) {
  out->set_seconds(time / 1'000);
  out->set_nanos(static_cast<std::int32_t>(time % 1'000 * kNanosPerMs));
}

void set_duration(google::protobuf::Duration* out, std::int64_t ms) {
  out->set_seconds(ms / 1'000);
  out->set_nanos(static_cast<std::int32_t>(ms % 1'000 * kNanosPerMs));
}

Payload from_proto(const proto::common::v1::Payload& payload) {
  Payload to;
  to.data = payload.data();
  const std::map<std::string, std::string> sorted(payload.metadata().begin(),
                                                  payload.metadata().end());
  to.metadata.assign(sorted.begin(), sorted.end());
  return to;
}

void set_payload(proto::common::v1::Payload* out, const Payload& payload) {
  out->set_data(payload.data);
  for (const auto& [key, value] : payload.metadata) (*out->mutable_metadata())[key] = value;
}

std::string bytes_of(const Payload& payload) {
  proto::common::v1::Payload message;
  set_payload(&message, payload);
  return message.SerializeAsString();
}

std::optional<Payload> payload_of(const std::string& bytes) {
  proto::common::v1::Payload message;
  if (!message.ParseFromString(bytes)) return std::nullopt;
  return from_proto(message);
}

// Chains of causes are a handful long; Temporal bounds the message.
Failure from_proto(const proto::failure::v1::Failure& failure) {
  Failure first;
  Failure* to = &first;
  const proto::failure::v1::Failure* from = &failure;
  while (true) {
    to->message = from->message();
    if (from->has_encoded_attributes()) to->hidden = from_proto(from->encoded_attributes());
    read_kind(*to, *from);
    if (!from->has_cause()) return first;
    from = &from->cause();
    to->cause.emplace_back();
    to = &to->cause.back();
  }
}

void set_failure(proto::failure::v1::Failure* out, const Failure& failure) {
  const Failure* from = &failure;
  while (true) {
    out->set_message(from->message);
    if (from->hidden) set_payload(out->mutable_encoded_attributes(), *from->hidden);
    out->set_source("fermata");
    if (from->kind == FailureKind::Canceled) {
      set_payloads(out->mutable_canceled_failure_info()->mutable_details()->mutable_payloads(),
                   from->details);
    } else {
      auto* info = out->mutable_application_failure_info();
      info->set_type(from->type);
      info->set_non_retryable(from->non_retryable);
      if (!from->details.empty())
        set_payloads(info->mutable_details()->mutable_payloads(), from->details);
      if (from->next_retry_delay_ms)
        set_duration(info->mutable_next_retry_delay(), *from->next_retry_delay_ms);
    }
    if (from->cause.empty()) return;
    from = &from->cause.front();
    out = out->mutable_cause();
  }
}

void set_retry(proto::common::v1::RetryPolicy* out, const RetryPolicy& retry) {
  set_duration(out->mutable_initial_interval(), retry.initial_interval_ms);
  out->set_backoff_coefficient(retry.backoff_coefficient);
  if (retry.maximum_interval_ms > 0)
    set_duration(out->mutable_maximum_interval(), retry.maximum_interval_ms);
  out->set_maximum_attempts(retry.maximum_attempts);
  for (const std::string& type : retry.non_retryable_types)
    out->add_non_retryable_error_types(type);
}

}  // namespace fermata::temporal::encode

namespace fermata::temporal {

const Failure& Failure::root() const {
  const Failure* at = this;
  while ((at->kind == FailureKind::Activity || at->kind == FailureKind::ChildWorkflow) &&
         !at->cause.empty()) {
    at = &at->cause.front();
  }
  return *at;
}

}  // namespace fermata::temporal
