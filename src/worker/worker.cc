#include "worker/worker.h"

#include <algorithm>
#include <utility>

#include "foundation/format.h"
#include "worker/fire_driver.h"

namespace fermata::worker {
namespace {

bool is_eviction(const temporal::Activation& activation) {
  return activation.jobs.size() == 1 &&
         std::holds_alternative<temporal::RemoveFromCache>(activation.jobs.front());
}

// Of the error that the run failed with; empty when it did not.
std::string category_of(const projection::RowBatch& rows) {
  const auto& run = rows.run;
  if (!run || run->status != "FAILED" || !run->error || !run->error->is_object()) return {};
  return json::string_at(run->error->get_object(), "category").value_or("");
}

// Then the workflow task goes on inside this worker, and Temporal hears nothing yet.
bool asks_for_local(const temporal::Completion& completion) {
  const auto* commands = std::get_if<std::vector<temporal::Command>>(&completion.status);
  return commands != nullptr &&
         std::ranges::any_of(*commands, [](const temporal::Command& command) {
           return std::holds_alternative<temporal::ScheduleLocalActivity>(command);
         });
}

bool is_empty(const temporal::Completion& completion) {
  const auto* commands = std::get_if<std::vector<temporal::Command>>(&completion.status);
  return commands != nullptr && commands->empty();
}

}  // namespace

Result<std::unique_ptr<Worker>> Worker::start(const temporal::Client& client, WorkerParts parts,
                                              const WorkerSettings& settings) {
  temporal::WorkerOptions options;
  options.task_queue = service::kTaskQueue;
  options.identity = settings.identity;
  options.max_cached_workflows = settings.cached_runs_max;
  options.workflow_slots = settings.workflow_slots;
  options.workflow_pollers = std::min(options.workflow_pollers, settings.workflow_slots);
  options.activity_slots = settings.waiting_threads;
  options.local_activity_slots = settings.waiting_threads;
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
      at_boundary_(settings.at_boundary),
      writes_rows_(settings.writes_rows),
      watch_(parts.log, settings.at_end),
      worker_(std::move(worker)),
      definitions_(parts.store, parts.actions),
      router_({parts.store, std::make_shared<service::TemporalSignals>(client), definitions_,
               parts.clock, &parts.metrics}),
      launcher_(parts.store, client, parts.clock, parts.random),
      clocks_({parts.store, client, definitions_, launcher_, parts.clock}),
      writer_(std::make_unique<store::GroupWriter>(parts.store)),
      ledger_(parts.store, *writer_, parts.clock, settings.identity),
      quick_(std::make_unique<Pool>(settings.quick_threads)),
      waiting_(std::make_unique<Pool>(settings.waiting_threads)),
      lookups_(std::make_unique<Pool>(settings.quick_threads)),
      runner_(std::make_unique<ActivityRunner>(
          RunnerParts{parts.actions, parts.secrets, ledger_, &clocks_, parts.clock, parts.log,
                      *waiting_, at_boundary_, parts.metrics, TenantId(),
                      [this](const RunId& run, const Error& error) { return lag(run, error); }},
          worker_)) {}

void Worker::begin(const temporal::Client& client, const WorkerSettings& settings) {
  if (spool_ != nullptr) {
    repairer_ = std::make_unique<Repairer>(RepairParts{parts_.runtime, client, definitions_,
                                                       parts_.actions, parts_.store, router_,
                                                       *spool_, parts_.clock, parts_.log});
  }
  levels_ = parts_.metrics.before_text([this] {
    parts_.metrics.set(metrics::Level::ActivitiesOutstanding,
                       static_cast<double>(runner_->outstanding()));
    if (spool_ != nullptr)
      parts_.metrics.set(metrics::Level::RunsLagging, static_cast<double>(spool_->size()));
  });
  polls_.add(settings.quick_threads + 1);
  for (std::size_t i = 0; i < settings.quick_threads; ++i) next_activation();
  next_activity();
}

Worker::~Worker() {
  levels_.reset();
  repairer_.reset();
  watch_.stop();
  worker_.initiate_shutdown();
  runner_->drain();
  polls_.await_none();
  tasks_.await_none();
  const auto finalized = worker_.finalize();
  if (!finalized.has_value())
    parts_.log.warn("worker not finalized", {{"text", finalized.error().message}});
  // Until here it renews leases and sends heartbeats; both need the writer and the worker.
  runner_.reset();
}

void Worker::next_activation() {
  worker_.poll_activation([this](Result<temporal::Activation> polled) {
    if (polled.has_value()) {
      tasks_.add();
      quick_->post([this, activation = *std::move(polled)] { handle(activation); });
    } else if (!watch_.go_on_after(polled.error())) {
      return polls_.done();
    }
    next_activation();
  });
}

void Worker::next_activity() {
  worker_.poll_activity([this](Result<temporal::ActivityTask> polled) {
    if (polled.has_value()) {
      runner_->take(*std::move(polled), *quick_, tasks_);
    } else if (!watch_.go_on_after(polled.error())) {
      return polls_.done();
    }
    next_activity();
  });
}

Worker::RunPtr Worker::run_of(const temporal::Activation& activation) {
  const std::scoped_lock lock(mutex_);
  RunPtr& run = runs_[activation.run_id];
  if (run != nullptr) return run;
  run = std::make_shared<Run>();
  const auto* start = activation.jobs.empty()
                          ? nullptr
                          : std::get_if<temporal::InitializeWorkflow>(&activation.jobs.front());
  if (start != nullptr && start->workflow_type == service::kFireWorkflow) {
    run->driver = std::make_shared<FireDriver>();
  } else {
    run->driver = std::make_shared<RunDriver>(DriverParts{definitions_, parts_.actions});
  }
  return run;
}

void Worker::handle(const temporal::Activation& activation) {
  if (is_eviction(activation)) {
    {
      const std::scoped_lock lock(mutex_);
      runs_.erase(activation.run_id);
    }
    complete({.completion = {activation.run_id, std::vector<temporal::Command>{}}});
    return;
  }
  const RunPtr run = run_of(activation);
  Driven driven = run->driver->handle(activation);
  if (const auto* failed = std::get_if<temporal::TaskFailure>(&driven.completion.status)) {
    parts_.metrics.add(metrics::Count::WorkflowTaskFailures);
    parts_.log.error("workflow task failed", {{"temporal_run_id", activation.run_id},
                                              {"code", failed->failure.type},
                                              {"text", failed->failure.message}});
  }
  Answer answer{run, std::move(driven.run_id), std::move(driven.completion), {}, {}};
  if (driven.launch) {
    const auto inserted = parts_.store.insert_launch(*driven.launch);
    if (!inserted.has_value() && inserted.error().code != "STORE_CONFLICT") {
      answer.held = lag(answer.run_id, inserted.error());
      if (answer.held == nullptr)
        fail(answer.completion, inserted.error(), "row of a child not written, task repeated");
      driven.rows.reset();
    }
  }
  if (writes_rows_) note_parked(activation, answer);
  if (!driven.rows || !writes_rows_) return complete(std::move(answer));
  if (at_boundary_)
    answer.boundary = format("{} effect {}", answer.run_id.text, driven.first_effect);
  // What cannot be noted must be awaited.
  if (spool_ != nullptr && asks_for_local(answer.completion)) {
    write_behind(*std::move(driven.rows), std::move(answer));
  } else {
    write_rows(*std::move(driven.rows), std::move(answer));
  }
}

// Another worker's task ended while a local action ran, and that worker did not wait for its rows:
// it may have died before they were written.
void Worker::note_parked(const temporal::Activation& activation, Answer& answer) {
  if (spool_ == nullptr) return;
  if (activation.is_replaying) {
    answer.run->is_parked_on_local = asks_for_local(answer.completion);
    return;
  }
  if (!std::exchange(answer.run->is_parked_on_local, false)) return;
  Held held = mark(answer.run_id);
  const std::scoped_lock lock(mutex_);
  answer.run->lagging = std::move(held);
}

// Rows first, then the acknowledgement: a crash between the two repeats the task and the same
// rows.
void Worker::write_rows(projection::RowBatch rows, Answer answer) {
  std::vector<projection::WaitRow> opened;
  for (const projection::WaitRow& wait : rows.waits) {
    if (wait.wait_type == "event" && wait.status == "WAITING") opened.push_back(wait);
  }
  const std::string category = category_of(rows);
  const std::string ending = rows.run && rows.run->completed_at ? rows.run->status : std::string();
  writer_->submit(std::move(rows), [this, begun = parts_.clock.now(), ending, category,
                                    opened = std::move(opened), answer = std::move(answer)](
                                       const Result<void>& written) mutable {
    parts_.metrics.observe(metrics::Duration::RowsWritten, parts_.clock.now() - begun);
    if (!ending.empty()) parts_.metrics.add(metrics::Count::RunsEnded, ending);
    if (!category.empty()) parts_.metrics.add(metrics::Count::RunFailures, category);
    if (!answer.boundary.empty()) at_boundary_(answer.boundary + " rows");
    if (!written.has_value()) {
      answer.held = lag(answer.run_id, written.error());
      if (answer.held == nullptr)
        fail(answer.completion, written.error(), "rows not written, the task will be repeated");
    } else if (!opened.empty()) {
      lookups_->post([this, opened = std::move(opened), answer = std::move(answer)]() mutable {
        look_up(opened, std::move(answer));
      });
      return;
    }
    complete(std::move(answer));
  });
}

// The task goes on inside this worker, and its rows need not be awaited: the ledger's row of the
// action stands behind them in the same queue, and so does whatever the task's end has to write.
// What could not be written is noted with the run, before anything of it is acknowledged.
void Worker::write_behind(projection::RowBatch rows, Answer answer) {
  tasks_.add();
  writer_->submit(
      std::move(rows), [this, begun = parts_.clock.now(), run = answer.run, run_id = answer.run_id,
                        boundary = answer.boundary](const Result<void>& written) {
        parts_.metrics.observe(metrics::Duration::RowsWritten, parts_.clock.now() - begun);
        if (!boundary.empty()) at_boundary_(boundary + " rows");
        if (!written.has_value()) {
          Held held = lag(run_id, written.error());
          const std::scoped_lock lock(mutex_);
          if (held == nullptr) run->unwritten = written.error();
          std::swap(run->lagging, held);
        }
        tasks_.done();
      });
  complete(std::move(answer));
}

// An event that was stored before its wait's row was is found here; one that comes later finds the
// row. Before the acknowledgement, so that a crash repeats the looking, too.
void Worker::look_up(const std::vector<projection::WaitRow>& opened, Answer answer) {
  for (const projection::WaitRow& wait : opened) {
    const auto looked = router_.wait_opened(wait);
    if (looked.has_value()) continue;
    answer.held = lag(wait.run_id, looked.error());
    if (answer.held == nullptr)
      fail(answer.completion, looked.error(), "events not looked up, the task will be repeated");
    break;
  }
  complete(std::move(answer));
}

// The run goes on without its rows; the repairer makes them again, and looks for events then.
Worker::Held Worker::lag(const RunId& run, const Error& error) {
  if (spool_ == nullptr || error.kind != ErrorKind::Unavailable) return nullptr;
  Held held = mark(run);
  if (held != nullptr)
    parts_.log.warn("rows lag behind", {{"run_id", run.text}, {"code", error.code}});
  return held;
}

Worker::Held Worker::mark(const RunId& run) {
  auto held = spool_->mark(run);
  if (held.has_value()) return *std::move(held);
  parts_.log.error("a lagging run not noted",
                   {{"run_id", run.text}, {"text", held.error().message}});
  return nullptr;
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

void Worker::complete(Answer answer) {
  if (asks_for_local(answer.completion)) {
    answer.boundary.clear();
  } else if (answer.run != nullptr) {
    const std::scoped_lock lock(mutex_);
    if (const auto unwritten = std::exchange(answer.run->unwritten, std::nullopt))
      fail(answer.completion, *unwritten, "rows not written, the task will be repeated");
    // Nothing to do is no end of a task: a local action may still run.
    if (!is_empty(answer.completion)) {
      Held before = std::exchange(answer.run->lagging, nullptr);
      if (answer.held == nullptr) answer.held = std::move(before);
    }
  }
  worker_.complete(answer.completion,
                   [this, held = std::move(answer.held), boundary = std::move(answer.boundary),
                    run_id = answer.completion.run_id](const Result<void>& taken) {
                     if (!taken.has_value())
                       parts_.log.error(
                           "a run's answer was refused",
                           {{"temporal_run_id", run_id}, {"text", taken.error().message}});
                     if (!boundary.empty()) at_boundary_(boundary + " acknowledged");
                   });
  tasks_.done();
}

}  // namespace fermata::worker
