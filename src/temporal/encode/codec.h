#pragma once
// Between our values and Temporal's protobuf messages. Private to this library: generated types
// stop here.

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "foundation/clock.h"
#include "foundation/result.h"
#include "temporal/activation.h"
#include "temporal/api/common/v1/message.pb.h"
#include "temporal/api/failure/v1/message.pb.h"
#include "temporal/command.h"

namespace fermata::temporal::encode {

namespace proto = ::temporal::api;

TimeMs from_proto(const google::protobuf::Timestamp& time);
std::int64_t from_proto(const google::protobuf::Duration& duration);
void set_time(google::protobuf::Timestamp* out, TimeMs time);
void set_duration(google::protobuf::Duration* out, std::int64_t ms);

Payload from_proto(const proto::common::v1::Payload& payload);
void set_payload(proto::common::v1::Payload* out, const Payload& payload);

// All of it as bytes, and back; nothing when they are none.
std::string bytes_of(const Payload& payload);
std::optional<Payload> payload_of(const std::string& bytes);

template <typename Repeated>
std::vector<Payload> payloads_of(const Repeated& repeated) {
  std::vector<Payload> list;
  list.reserve(static_cast<std::size_t>(repeated.size()));
  for (const auto& item : repeated) list.push_back(from_proto(item));
  return list;
}
template <typename Repeated>
void set_payloads(Repeated* out, const std::vector<Payload>& list) {
  for (const Payload& item : list) set_payload(out->Add(), item);
}
template <typename Map>
std::map<std::string, Payload> map_of(const Map& from) {
  std::map<std::string, Payload> to;
  for (const auto& [key, value] : from) to.emplace(key, from_proto(value));
  return to;
}
template <typename Map>
void set_map(Map* out, const std::map<std::string, Payload>& from) {
  for (const auto& [key, value] : from) set_payload(&(*out)[key], value);
}

Failure from_proto(const proto::failure::v1::Failure& failure);
void set_failure(proto::failure::v1::Failure* out, const Failure& failure);
void set_retry(proto::common::v1::RetryPolicy* out, const RetryPolicy& retry);

Result<ActivityTask> decode_activity_task(const std::string& bytes);
std::string encode_activity_completion(const ActivityCompletion& completion);
std::string encode_heartbeat(const std::string& task_token, const Payload& details);

// "Temporal sent what we cannot read": a version of the bridge that does not fit its messages.
Error unreadable(const char* what);

}  // namespace fermata::temporal::encode
