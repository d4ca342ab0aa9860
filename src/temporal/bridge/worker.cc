#include "temporal/worker.h"

#include <utility>

#include "temporal/bridge/handles.h"
#include "temporal/encode/codec.h"
#include "temporal/outstanding.h"
#include "temporal/sealing.h"

namespace fermata::temporal {

struct Worker::Handle {
  bridge::PendingDone* answer(Done done) {
    answers->add();
    return new bridge::PendingDone{
        *runtime, [waiting = answers, done = std::move(done)](Result<void> result) mutable {
          // What it holds may refer to whoever waits for the answers, and go with it.
          auto told = std::exchange(done, nullptr);
          told(std::move(result));
          told = nullptr;
          waiting->done();
        }};
  }

  // Given and not yet taken by Core. Outlives the worker: its last user is Core's thread.
  std::shared_ptr<Outstanding> answers = std::make_shared<Outstanding>();
  std::shared_ptr<Runtime::Handle> runtime;
  std::shared_ptr<Client::Handle> client;  // null for a replay worker
  TemporalCoreWorker* raw = nullptr;

  Handle() = default;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (raw != nullptr) temporal_core_worker_free(raw);
  }
};

namespace {

using bridge::lend;

// Everything that a C options struct points to, alive while Core reads it.
struct CallScope {
  TemporalCorePollerBehaviorSimpleMaximum workflow_pollers{};
  TemporalCorePollerBehaviorSimpleMaximum activity_pollers{};
  TemporalCorePollerBehaviorSimpleMaximum nexus_pollers{1};
  TemporalCoreWorkerOptions options{};
};

TemporalCoreSlotSupplier fixed_slots(std::size_t slots) {
  TemporalCoreSlotSupplier supplier{};
  supplier.tag = TemporalCoreSlotSupplier_FixedSize;
  supplier.fixed_size.num_slots = slots;
  return supplier;
}

void fill(CallScope& scope, const WorkerOptions& from, const std::string& target_namespace) {
  TemporalCoreWorkerOptions& to = scope.options;
  to.namespace_ = lend(target_namespace);
  to.task_queue = lend(from.task_queue);
  to.versioning_strategy.tag = TemporalCoreWorkerVersioningStrategy_None;
  to.versioning_strategy.none.build_id = lend(from.build_id);
  to.identity_override = lend(from.identity);
  to.max_cached_workflows = from.max_cached_workflows;
  to.tuner.workflow_slot_supplier = fixed_slots(from.workflow_slots);
  to.tuner.activity_slot_supplier = fixed_slots(from.activity_slots);
  to.tuner.local_activity_slot_supplier = fixed_slots(from.local_activity_slots);
  to.tuner.nexus_task_slot_supplier = fixed_slots(1);
  to.task_types.enable_workflows = from.workflows;
  to.task_types.enable_local_activities = from.workflows;
  to.task_types.enable_remote_activities = from.activities;
  to.task_types.enable_nexus = false;
  to.sticky_queue_schedule_to_start_timeout_millis =
      static_cast<std::uint64_t>(from.sticky_timeout_ms);
  to.max_heartbeat_throttle_interval_millis = 60'000;
  to.default_heartbeat_throttle_interval_millis = 30'000;
  to.graceful_shutdown_period_millis = static_cast<std::uint64_t>(from.graceful_shutdown_ms);
  scope.workflow_pollers.simple_maximum = from.workflow_pollers;
  scope.activity_pollers.simple_maximum = from.activity_pollers;
  to.workflow_task_poller_behavior.simple_maximum = &scope.workflow_pollers;
  to.activity_task_poller_behavior.simple_maximum = &scope.activity_pollers;
  to.nexus_task_poller_behavior.simple_maximum = &scope.nexus_pollers;
  to.nonsticky_to_sticky_poll_ratio = 0.2F;
  to.max_eager_activity_reservations_per_workflow_task = 3;
}

// Gives the task to `polled` as soon as its bytes are there.
template <typename Task>
std::function<void(Result<std::string>)> decoded(Result<Task> (*decode)(const std::string&),
                                                 std::shared_ptr<const PayloadCodec> codec,
                                                 std::function<void(Result<Task>)>& polled) {
  return [decode, codec = std::move(codec), polled = std::move(polled)](Result<std::string> bytes) {
    auto task = bytes.has_value() ? decode(*bytes) : Result<Task>(std::move(bytes).error());
    if (task.has_value()) open(codec.get(), *task);
    polled(std::move(task));
  };
}

Error worker_error(Runtime::Handle& runtime, const TemporalCoreByteArray* fail) {
  return make_error(ErrorKind::Unavailable, "TEMPORAL_WORKER",
                    "starting a worker: " + bridge::take(runtime, fail),
                    "check the namespace and that the server is up");
}

}  // namespace

Result<Worker> Worker::create(const Client& client, const WorkerOptions& options) {
  CallScope scope;
  fill(scope, options, client.options().target_namespace);
  auto handle = std::make_shared<Handle>();
  handle->client = client.handle();
  handle->runtime = handle->client->runtime;
  const TemporalCoreWorkerOrFail made =
      temporal_core_worker_new(handle->client->raw, &scope.options);
  if (made.fail != nullptr) return worker_error(*handle->runtime, made.fail);
  handle->raw = made.worker;
  bridge::PendingBytes pending{*handle->runtime, {}};
  auto checked = pending.promise.get_future();
  temporal_core_worker_validate(handle->raw, &pending, bridge::on_done);
  TRY(const std::string nothing, checked.get());
  static_cast<void>(nothing);
  return Worker(std::move(handle));
}

void Worker::poll_activation(std::function<void(Result<Activation>)> polled) {
  auto* pending = new bridge::PendingPoll{
      *handle_->runtime, decoded(decode_activation, handle_->runtime->codec, polled)};
  temporal_core_worker_poll_workflow_activation(handle_->raw, pending, bridge::on_poll);
}

Result<Activation> Worker::poll_activation() {
  std::promise<Result<Activation>> polled;
  poll_activation([&](Result<Activation> result) { polled.set_value(std::move(result)); });
  return polled.get_future().get();
}

void Worker::complete(const Completion& completion, Done done) {
  const std::string request = encode_completion(sealed(handle_->runtime->codec.get(), completion));
  temporal_core_worker_complete_workflow_activation(
      handle_->raw, lend(request), handle_->answer(std::move(done)), bridge::on_taken);
}

Result<void> Worker::complete(const Completion& completion) {
  std::promise<Result<void>> taken;
  auto answer = taken.get_future();
  complete(completion, [&](Result<void> result) { taken.set_value(std::move(result)); });
  return answer.get();
}

void Worker::poll_activity(std::function<void(Result<ActivityTask>)> polled) {
  auto* pending = new bridge::PendingPoll{
      *handle_->runtime, decoded(encode::decode_activity_task, handle_->runtime->codec, polled)};
  temporal_core_worker_poll_activity_task(handle_->raw, pending, bridge::on_poll);
}

Result<ActivityTask> Worker::poll_activity() {
  std::promise<Result<ActivityTask>> polled;
  poll_activity([&](Result<ActivityTask> result) { polled.set_value(std::move(result)); });
  return polled.get_future().get();
}

void Worker::complete_activity(const ActivityCompletion& completion, Done done) {
  const std::string request =
      encode::encode_activity_completion(sealed(handle_->runtime->codec.get(), completion));
  temporal_core_worker_complete_activity_task(handle_->raw, lend(request),
                                              handle_->answer(std::move(done)), bridge::on_taken);
}

Result<void> Worker::complete_activity(const ActivityCompletion& completion) {
  std::promise<Result<void>> taken;
  auto answer = taken.get_future();
  complete_activity(completion, [&](Result<void> result) { taken.set_value(std::move(result)); });
  return answer.get();
}

Result<void> Worker::heartbeat(const std::string& task_token, const Payload& details) {
  const std::string request = encode::encode_heartbeat(
      task_token, sealed(handle_->runtime->codec.get(), std::vector{details}).front());
  const TemporalCoreByteArray* fail =
      temporal_core_worker_record_activity_heartbeat(handle_->raw, lend(request));
  if (fail == nullptr) return {};
  return make_error(ErrorKind::Internal, "TEMPORAL_WORKER",
                    "heartbeat: " + bridge::take(*handle_->runtime, fail));
}

void Worker::evict(const std::string& run_id) {
  temporal_core_worker_request_workflow_eviction(handle_->raw, lend(run_id));
}

void Worker::initiate_shutdown() {
  temporal_core_worker_initiate_shutdown(handle_->raw);
}

Result<void> Worker::finalize() {
  handle_->answers->await_none();
  bridge::PendingBytes pending{*handle_->runtime, {}};
  auto done = pending.promise.get_future();
  temporal_core_worker_finalize_shutdown(handle_->raw, &pending, bridge::on_done);
  TRY(const std::string nothing, done.get());
  static_cast<void>(nothing);
  return {};
}

Result<ReplayWorker> ReplayWorker::create(const Runtime& runtime, const std::string& task_queue) {
  CallScope scope;
  WorkerOptions options;
  options.task_queue = task_queue;
  options.activities = false;
  // Cold on purpose: every history is replayed from its first event.
  options.max_cached_workflows = 1;
  options.workflow_pollers = 2;
  const std::string target_namespace = "replay";
  fill(scope, options, target_namespace);
  auto handle = std::make_shared<Worker::Handle>();
  handle->runtime = runtime.handle();
  const TemporalCoreWorkerReplayerOrFail made =
      temporal_core_worker_replayer_new(handle->runtime->raw, &scope.options);
  if (made.fail != nullptr) return worker_error(*handle->runtime, made.fail);
  handle->raw = made.worker;
  std::shared_ptr<void> pusher(made.worker_replay_pusher, [](void* raw) {
    temporal_core_worker_replay_pusher_free(static_cast<TemporalCoreWorkerReplayPusher*>(raw));
  });
  return ReplayWorker(Worker(std::move(handle)), std::move(pusher));
}

Result<void> ReplayWorker::push(const std::string& workflow_id, const History& history) {
  auto& handle = *worker_.handle_;
  const TemporalCoreWorkerReplayPushResult pushed = temporal_core_worker_replay_push(
      handle.raw, static_cast<TemporalCoreWorkerReplayPusher*>(pusher_.get()), lend(workflow_id),
      lend(history.bytes));
  if (pushed.fail == nullptr) return {};
  return make_error(ErrorKind::Invalid, "TEMPORAL_REFUSED",
                    "replaying a history: " + bridge::take(*handle.runtime, pushed.fail));
}

void ReplayWorker::close() {
  pusher_.reset();
}

}  // namespace fermata::temporal
