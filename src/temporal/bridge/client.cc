// The connection and the one raw call; the typed calls are in ../client_*.cc.
#include "temporal/client.h"

#include <chrono>
#include <memory>
#include <mutex>
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

using SteadyClock = std::chrono::steady_clock;

// Lives as long as the runtime: Core may answer when nobody waits any more.
struct PendingConnect {
  explicit PendingConnect(Runtime::Handle& of) : runtime(of) {}
  Runtime::Handle& runtime;
  std::mutex mutex;
  bool is_given_up = false;
  std::promise<Result<TemporalCoreConnection*>> promise;
};

void on_connect(void* data, TemporalCoreConnection* success, const TemporalCoreByteArray* fail) {
  auto& pending = *static_cast<PendingConnect*>(data);
  Result<TemporalCoreConnection*> answer = success != nullptr
                                               ? Result<TemporalCoreConnection*>(success)
                                               : connect_error(take(pending.runtime, fail));
  const std::scoped_lock lock(pending.mutex);
  if (!pending.is_given_up) {
    pending.promise.set_value(std::move(answer));
  } else if (success != nullptr) {
    temporal_core_client_free(success);
  }
}

// Core bounds no try of its own: an address that drops packets costs what the kernel waits for it,
// one that takes the connection and says nothing costs for ever.
Result<TemporalCoreConnection*> connect_until(SteadyClock::time_point deadline,
                                              Runtime::Handle& runtime,
                                              const TemporalCoreConnectionOptions& options) {
  const auto pending = std::make_shared<PendingConnect>(runtime);
  runtime.keep(pending);
  auto connected = pending->promise.get_future();
  temporal_core_client_connect(runtime.raw, &options, pending.get(), on_connect);
  if (connected.wait_until(deadline) == std::future_status::timeout) {
    const std::scoped_lock lock(pending->mutex);
    if (connected.wait_for(std::chrono::seconds(0)) == std::future_status::timeout) {
      pending->is_given_up = true;
      return connect_error("there is no answer");
    }
  }
  return connected.get();
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

// Everything that the C options struct points to, alive while Core reads it.
struct ConnectScope {
  std::string url;
  TemporalCoreClientTlsOptions tls{};
  TemporalCoreClientRetryOptions retry{};
  TemporalCoreClientKeepAliveOptions keep_alive{};
  TemporalCoreConnectionOptions options{};
};

void fill(ConnectScope& scope, const ClientOptions& from) {
  TemporalCoreConnectionOptions& to = scope.options;
  scope.url = (from.tls ? "https://" : "http://") + from.address;
  if (from.tls) {
    scope.tls.server_root_ca_cert = lend(from.tls->server_root_ca_pem);
    scope.tls.domain = lend(from.tls->domain);
    scope.tls.client_cert = lend(from.tls->client_certificate_pem);
    scope.tls.client_private_key = lend(from.tls->client_key_pem);
    to.tls_options = &scope.tls;
  }
  scope.retry.initial_interval_millis = 50;
  scope.retry.randomization_factor = 0.2;
  scope.retry.multiplier = 1.7;
  scope.retry.max_interval_millis = 2'000;
  scope.retry.max_elapsed_time_millis = static_cast<std::uint64_t>(from.call_timeout_ms);
  scope.retry.max_retries = 10;
  scope.keep_alive.interval_millis = 30'000;
  scope.keep_alive.timeout_millis = 15'000;
  to.target_url = lend(scope.url);
  to.client_name = lend("fermata");
  to.client_version = lend("0.1.0");
  to.api_key = lend(from.api_key);
  to.identity = lend(from.identity);
  to.retry_options = &scope.retry;
  to.keep_alive_options = &scope.keep_alive;
  // On one machine or one network gzip costs more than it saves.
  to.grpc_compression = TemporalCoreClientGrpcCompression_None;
}

}  // namespace

Result<Client> Client::connect(const Runtime& runtime, const ClientOptions& options) {
  auto handle = std::make_shared<Handle>();
  handle->runtime = runtime.handle();
  handle->options = options;

  ConnectScope scope;
  fill(scope, options);

  // A server that has only just opened its port may still refuse: tried again until the call's
  // patience is used up.
  constexpr std::chrono::milliseconds kPause(200);
  const auto deadline = SteadyClock::now() + std::chrono::milliseconds(options.call_timeout_ms);
  while (true) {
    auto raw = connect_until(deadline, *handle->runtime, scope.options);
    if (raw.has_value()) {
      handle->raw = *raw;
      return Client(std::move(handle));
    }
    if (raw.error().code == "TEMPORAL_DENIED" || SteadyClock::now() + kPause >= deadline)
      return std::move(raw).error().within(format("connecting to Temporal at {}", options.address));
    std::this_thread::sleep_for(kPause);
  }
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
