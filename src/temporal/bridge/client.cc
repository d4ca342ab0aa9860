// The connection and the one raw call; the typed calls are in ../client_*.cc.
#include "temporal/client.h"

#include <chrono>
#include <thread>

#include "foundation/format.h"
#include "temporal/bridge/handles.h"

namespace fermata::temporal {
namespace {

using bridge::lend;
using bridge::take;

// https://grpc.io/docs/guides/status-codes/
constexpr std::uint32_t kPermissionDenied = 7;
constexpr std::uint32_t kUnauthenticated = 16;

Error error_of(std::uint32_t status, std::string message) {
  switch (status) {
    case 3:   // invalid argument
    case 9:   // failed precondition
    case 11:  // out of range
    case 12:  // unimplemented
      return make_error(ErrorKind::Invalid, "TEMPORAL_REFUSED", std::move(message));
    case 5:
      // Of a server that has not loaded it yet, too: then nothing that is in it is gone.
      if (message.starts_with("Namespace "))
        return make_error(ErrorKind::Unavailable, "TEMPORAL_UNAVAILABLE", std::move(message),
                          "check the namespace's name, and that the Temporal server has it");
      return make_error(ErrorKind::NotFound, "TEMPORAL_NOT_FOUND", std::move(message));
    case 6:
      return make_error(ErrorKind::Conflict, "TEMPORAL_ALREADY_EXISTS", std::move(message));
    case kPermissionDenied:
    case kUnauthenticated:
      return make_error(ErrorKind::Forbidden, "TEMPORAL_DENIED", std::move(message),
                        "check the API key or certificate and the namespace's permissions");
    case 8:
      return make_error(ErrorKind::TooMany, "TEMPORAL_EXHAUSTED", std::move(message));
    case 1:   // canceled
    case 4:   // deadline
    case 10:  // aborted
    case 14:
      return make_error(ErrorKind::Unavailable, "TEMPORAL_UNAVAILABLE", std::move(message),
                        "check that the Temporal server is up");
    default:
      return make_error(ErrorKind::Internal, "TEMPORAL_INTERNAL", std::move(message));
  }
}

// Core tells of a failed connection in words only; the status code is one of them.
Error connect_error(std::string text) {
  for (const auto& [word, status] : {std::pair("code: Unauthenticated", kUnauthenticated),
                                     std::pair("code: PermissionDenied", kPermissionDenied)}) {
    if (text.find(word) != std::string::npos) return error_of(status, std::move(text));
  }
  return make_error(ErrorKind::Unavailable, "TEMPORAL_UNAVAILABLE", std::move(text),
                    "check that the Temporal server is up and its address is right");
}

struct PendingConnect {
  Runtime::Handle& runtime;
  std::promise<Result<TemporalCoreConnection*>> promise;
};

void on_connect(void* data, TemporalCoreConnection* success, const TemporalCoreByteArray* fail) {
  auto& pending = *static_cast<PendingConnect*>(data);
  if (success != nullptr) {
    pending.promise.set_value(success);
  } else {
    pending.promise.set_value(connect_error(take(pending.runtime, fail)));
  }
}

void on_rpc(void* data, const TemporalCoreByteArray* success, std::uint32_t status,
            const TemporalCoreByteArray* failure_message,
            const TemporalCoreByteArray* failure_details) {
  auto& pending = *static_cast<bridge::PendingBytes*>(data);
  const std::string details = take(pending.runtime, failure_details);
  static_cast<void>(details);
  if (success != nullptr) {
    pending.promise.set_value(take(pending.runtime, success));
  } else {
    pending.promise.set_value(error_of(status, take(pending.runtime, failure_message)));
  }
}

TemporalCoreClientTlsOptions tls_of(const TlsOptions& options) {
  TemporalCoreClientTlsOptions tls{};
  tls.server_root_ca_cert = lend(options.server_root_ca_pem);
  tls.domain = lend(options.domain);
  tls.client_cert = lend(options.client_certificate_pem);
  tls.client_private_key = lend(options.client_key_pem);
  return tls;
}

}  // namespace

Result<Client> Client::connect(const Runtime& runtime, const ClientOptions& options) {
  auto handle = std::make_shared<Handle>();
  handle->runtime = runtime.handle();
  handle->options = options;

  const bool is_secure = options.tls.has_value();
  const std::string url = (is_secure ? "https://" : "http://") + options.address;
  TemporalCoreClientTlsOptions tls{};
  if (is_secure) tls = tls_of(*options.tls);
  TemporalCoreClientRetryOptions retry{};
  retry.initial_interval_millis = 50;
  retry.randomization_factor = 0.2;
  retry.multiplier = 1.7;
  retry.max_interval_millis = 2'000;
  retry.max_elapsed_time_millis = static_cast<std::uint64_t>(options.call_timeout_ms);
  retry.max_retries = 10;
  TemporalCoreClientKeepAliveOptions keep_alive{};
  keep_alive.interval_millis = 30'000;
  keep_alive.timeout_millis = 15'000;
  TemporalCoreConnectionOptions connection{};
  connection.target_url = lend(url);
  connection.client_name = lend("fermata");
  connection.client_version = lend("0.1.0");
  connection.api_key = lend(options.api_key);
  connection.identity = lend(options.identity);
  connection.tls_options = is_secure ? &tls : nullptr;
  connection.retry_options = &retry;
  connection.keep_alive_options = &keep_alive;
  // On one machine or one network gzip costs more than it saves.
  connection.grpc_compression = TemporalCoreClientGrpcCompression_None;

  // A server that has only just opened its port may still refuse: tried again until the call's
  // patience is used up.
  constexpr std::int64_t kPauseMs = 200;
  for (std::int64_t left_ms = options.call_timeout_ms; handle->raw == nullptr;
       left_ms -= kPauseMs) {
    PendingConnect pending{*handle->runtime, {}};
    auto connected = pending.promise.get_future();
    temporal_core_client_connect(handle->runtime->raw, &connection, &pending, on_connect);
    auto raw = connected.get();
    if (raw.has_value()) {
      handle->raw = *raw;
    } else if (left_ms <= kPauseMs || raw.error().code == "TEMPORAL_DENIED") {
      return std::move(raw).error().within(format("connecting to Temporal at {}", options.address));
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(kPauseMs));
    }
  }
  return Client(std::move(handle));
}

Result<std::string> Client::call(const Call& call) const {
  TemporalCoreRpcCallOptions options{};
  options.service = call.service == Service::Workflow ? TemporalCoreRpcService_Workflow
                                                      : TemporalCoreRpcService_Operator;
  options.rpc = lend(call.name);
  options.req = lend(call.request);
  options.retry = true;
  const std::int64_t timeout =
      call.timeout_ms > 0 ? call.timeout_ms : handle_->options.call_timeout_ms;
  options.timeout_millis = static_cast<std::uint32_t>(timeout);
  bridge::PendingBytes pending{*handle_->runtime, {}};
  auto answered = pending.promise.get_future();
  temporal_core_client_rpc_call(handle_->raw, &options, &pending, on_rpc);
  auto answer = answered.get();
  if (!answer.has_value()) return std::move(answer).error().within(call.name);
  return answer;
}

const ClientOptions& Client::options() const {
  return handle_->options;
}

const PayloadCodec* Client::codec() const {
  return handle_->runtime->codec.get();
}

}  // namespace fermata::temporal
