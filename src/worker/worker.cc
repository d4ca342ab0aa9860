#include "worker/worker.h"

#include "foundation/format.h"
#include "worker/fire_driver.h"

namespace fermata::worker {
namespace {

bool is_eviction(const temporal::Activation& activation) {
  return activation.jobs.size() == 1 &&
         std::holds_alternative<temporal::RemoveFromCache>(activation.jobs.front());
}

}  // namespace

Result<std::unique_ptr<Worker>> Worker::start(const temporal::Client& client, WorkerParts parts,
                                              const WorkerSettings& settings) {
  temporal::WorkerOptions options;
  options.task_queue = service::kTaskQueue;
  options.identity = settings.identity;
  options.max_cached_workflows = settings.cached_runs_max;
  options.activity_slots = settings.activity_threads;
  options.local_activity_slots = settings.activity_threads;
  std::unique_ptr<Spool> spool;
  if (!settings.spool_folder.empty()) {
    TRY(spool, Spool::open(settings.spool_folder));
  }
  TRY(temporal::Worker worker, temporal::Worker::create(client, options));
  std::unique_ptr<Worker> made(new Worker(std::move(worker), client, parts, settings));
  made->spool_ = std::move(spool);
  made->begin(client, settings);
  return made;
}

Worker::Worker(temporal::Worker worker, const temporal::Client& client, WorkerParts parts,
               const WorkerSettings& settings)
    : parts_(parts),
      worker_(std::move(worker)),
      definitions_(parts.store, parts.actions),
      router_({parts.store, client, definitions_, parts.clock}),
      launcher_(parts.store, client, parts.clock, parts.random),
      clocks_({parts.store, client, definitions_, launcher_, parts.clock}),
      writer_(std::make_unique<store::GroupWriter>(parts.store)),
      ledger_(parts.store, *writer_, parts.clock, settings.identity),
      runner_(std::make_unique<ActivityRunner>(
          RunnerParts{parts.actions, parts.secrets, ledger_, clocks_, parts.clock, parts.log},
          worker_)),
      activities_(std::make_unique<Pool>(settings.activity_threads)),
      lookups_(std::make_unique<Pool>(settings.workflow_threads)) {}

void Worker::begin(const temporal::Client& client, const WorkerSettings& settings) {
  if (spool_ != nullptr) {
    repairer_ =
        std::make_unique<Repairer>(RepairParts{parts_.runtime, client, definitions_, parts_.actions,
                                               parts_.store, router_, *spool_, parts_.log});
  }
  for (std::size_t i = 0; i < settings.workflow_threads; ++i)
    pollers_.emplace_back([this] { poll_activations(); });
  pollers_.emplace_back([this] { poll_activities(); });
}

Worker::~Worker() {
  repairer_.reset();
  worker_.initiate_shutdown();
  for (std::thread& poller : pollers_) poller.join();
  activities_.reset();
  const auto finalized = worker_.finalize();
  if (!finalized.has_value())
    parts_.log.warn("worker not finalized", {{"text", finalized.error().message}});
  // Until here it renews leases and sends heartbeats; both need the writer and the worker.
  runner_.reset();
}

void Worker::poll_activations() {
  while (true) {
    const auto activation = worker_.poll_activation();
    if (activation.has_value()) {
      handle(*activation);
    } else if (activation.error().code == "TEMPORAL_SHUTDOWN") {
      return;
    } else {
      parts_.log.error("polling for runs failed",
                       {{"code", activation.error().code}, {"text", activation.error().message}});
    }
  }
}

std::shared_ptr<Driver> Worker::driver_of(const temporal::Activation& activation) {
  const std::scoped_lock lock(mutex_);
  auto& driver = runs_[activation.run_id];
  if (driver != nullptr) return driver;
  const auto* start = activation.jobs.empty()
                          ? nullptr
                          : std::get_if<temporal::InitializeWorkflow>(&activation.jobs.front());
  if (start != nullptr && start->workflow_type == service::kFireWorkflow) {
    driver = std::make_shared<FireDriver>();
  } else {
    driver = std::make_shared<RunDriver>(DriverParts{definitions_, parts_.actions});
  }
  return driver;
}

void Worker::handle(const temporal::Activation& activation) {
  if (is_eviction(activation)) {
    {
      const std::scoped_lock lock(mutex_);
      runs_.erase(activation.run_id);
    }
    complete({activation.run_id, std::vector<temporal::Command>{}});
    return;
  }
  Driven driven = driver_of(activation)->handle(activation);
  if (const auto* failed = std::get_if<temporal::TaskFailure>(&driven.completion.status)) {
    parts_.log.error("workflow task failed", {{"temporal_run_id", activation.run_id},
                                              {"code", failed->failure.type},
                                              {"text", failed->failure.message}});
  }
  Held held;
  if (driven.launch) {
    const auto inserted = parts_.store.insert_launch(*driven.launch);
    if (!inserted.has_value() && inserted.error().code != "STORE_CONFLICT") {
      held = lag(driven.run_id, inserted.error());
      if (held == nullptr)
        fail(driven.completion, inserted.error(), "row of a child not written, task repeated");
      driven.rows.reset();
    }
  }
  if (!driven.rows) {
    complete(driven.completion, std::move(held));
    return;
  }
  // Rows first, then the acknowledgement: a crash between the two repeats the task and the same
  // rows.
  std::vector<projection::WaitRow> opened;
  for (const projection::WaitRow& wait : driven.rows->waits) {
    if (wait.wait_type == "event" && wait.status == "WAITING") opened.push_back(wait);
  }
  writer_->submit(
      *std::move(driven.rows),
      [this, run = std::move(driven.run_id), opened = std::move(opened),
       completion = std::move(driven.completion)](const Result<void>& written) mutable {
        Held until_taken;
        if (!written.has_value()) {
          until_taken = lag(run, written.error());
          if (until_taken == nullptr)
            fail(completion, written.error(), "rows not written, the task will be repeated");
        } else if (!opened.empty()) {
          lookups_->post(
              [this, opened = std::move(opened), completion = std::move(completion)]() mutable {
                look_up(opened, completion);
              });
          return;
        }
        complete(completion, std::move(until_taken));
      });
}

// An event that was stored before its wait's row was is found here; one that comes later finds the
// row. Before the acknowledgement, so that a crash repeats the looking, too.
void Worker::look_up(const std::vector<projection::WaitRow>& opened,
                     temporal::Completion& completion) {
  Held held;
  for (const projection::WaitRow& wait : opened) {
    const auto looked = router_.wait_opened(wait);
    if (looked.has_value()) continue;
    held = lag(wait.run_id, looked.error());
    if (held == nullptr)
      fail(completion, looked.error(), "events not looked up, the task will be repeated");
    break;
  }
  complete(completion, std::move(held));
}

// The run goes on without its rows; the repairer makes them again, and looks for events then.
Worker::Held Worker::lag(const RunId& run, const Error& error) {
  if (spool_ == nullptr || error.kind != ErrorKind::Unavailable) return nullptr;
  auto held = spool_->mark(run);
  if (!held.has_value()) {
    parts_.log.error("a lagging run not noted",
                     {{"run_id", run.text}, {"text", held.error().message}});
    return nullptr;
  }
  parts_.log.warn("rows lag behind", {{"run_id", run.text}, {"code", error.code}});
  return *std::move(held);
}

void Worker::fail(temporal::Completion& completion, const Error& error, std::string_view what) {
  parts_.log.error(std::string(what),
                   {{"temporal_run_id", completion.run_id}, {"code", error.code}});
  temporal::Failure failure;
  failure.type = error.code;
  failure.message = error.message;
  completion.status =
      temporal::TaskFailure{std::move(failure), temporal::TaskFailureCause::Unspecified};
}

void Worker::complete(const temporal::Completion& completion, Held held) {
  worker_.complete(completion, [this, held = std::move(held),
                                run_id = completion.run_id](const Result<void>& taken) {
    if (!taken.has_value())
      parts_.log.error("a run's answer was refused",
                       {{"temporal_run_id", run_id}, {"text", taken.error().message}});
  });
}

void Worker::poll_activities() {
  while (true) {
    auto task = worker_.poll_activity();
    if (!task.has_value()) {
      if (task.error().code == "TEMPORAL_SHUTDOWN") return;
      parts_.log.error("polling for actions failed",
                       {{"code", task.error().code}, {"text", task.error().message}});
      continue;
    }
    // A cancel of an action that runs is left to run out: its result is what counts.
    const auto* start = std::get_if<temporal::ActivityStart>(&task->kind);
    if (start == nullptr) continue;
    activities_->post([this, token = task->task_token, work = *start] {
      worker_.complete_activity(runner_->run(token, work), [this](const Result<void>& taken) {
        if (!taken.has_value())
          parts_.log.error("an action's answer was refused", {{"text", taken.error().message}});
      });
    });
  }
}

}  // namespace fermata::worker
