#include "worker/domain_worker.h"

#include "foundation/format.h"
#include "service/contract.h"

namespace fermata::worker {

Result<void> DomainWorker::check(const std::vector<std::string>& queues) {
  for (const std::string& queue : queues) {
    if (queue == service::kTaskQueue)
      return make_error(
          ErrorKind::Invalid, "QUEUE_RESERVED",
          format("the task queue `{}` is Fermata's own: runs are advanced on it", queue),
          "name a queue of your own; `fermata worker` serves this one");
  }
  return {};
}

Result<std::unique_ptr<DomainWorker>> DomainWorker::start(const temporal::Client& client,
                                                          WorkerParts parts,
                                                          const DomainSettings& settings) {
  TRY_DO(check(settings.queues));
  std::unique_ptr<DomainWorker> made(new DomainWorker(parts, settings));
  for (const std::string& queue : settings.queues) {
    temporal::WorkerOptions options;
    options.task_queue = queue;
    options.identity = settings.identity;
    options.workflows = false;
    options.activity_slots = settings.threads;
    TRY(temporal::Worker worker, temporal::Worker::create(client, options));
    RunnerParts runner{parts.actions,
                       parts.secrets,
                       made->ledger_,
                       nullptr,
                       parts.clock,
                       parts.log,
                       made->pool_,
                       made->no_boundary_,
                       parts.metrics,
                       settings.tenant,
                       {},
                       settings.opened};
    made->queues_.push_back(std::make_unique<Queue>(
        Queue{worker, std::make_unique<ActivityRunner>(std::move(runner), worker)}));
  }
  made->levels_ = parts.metrics.before_text([own = made.get()] {
    std::size_t outstanding = 0;
    for (const auto& queue : own->queues_) outstanding += queue->runner->outstanding();
    own->parts_.metrics.set(metrics::Level::ActivitiesOutstanding,
                            static_cast<double>(outstanding));
  });
  made->polls_.add(made->queues_.size());
  for (const auto& queue : made->queues_) made->next(*queue);
  return made;
}

DomainWorker::DomainWorker(WorkerParts parts, const DomainSettings& settings)
    : parts_(parts),
      watch_(parts.log, settings.at_end),
      writer_(parts.store),
      ledger_(parts.store, writer_, parts.clock, settings.identity),
      pool_(settings.threads) {}

DomainWorker::~DomainWorker() {
  levels_.reset();
  watch_.stop();
  for (const auto& queue : queues_) {
    queue->worker.initiate_shutdown();
    queue->runner->drain();
  }
  polls_.await_none();
  tasks_.await_none();
  for (const auto& queue : queues_) {
    const auto finalized = queue->worker.finalize();
    if (!finalized.has_value())
      parts_.log.warn("worker not finalized", {{"text", finalized.error().message}});
  }
  // They renew leases until here, which needs the writer.
  queues_.clear();
}

void DomainWorker::next(Queue& queue) {
  queue.worker.poll_activity([this, &queue](Result<temporal::ActivityTask> polled) {
    if (polled.has_value()) {
      queue.runner->take(*std::move(polled), pool_, tasks_);
    } else if (!watch_.go_on_after(polled.error())) {
      return polls_.done();
    }
    next(queue);
  });
}

}  // namespace fermata::worker
