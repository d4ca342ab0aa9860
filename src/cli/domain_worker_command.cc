// fermata domain-worker: actions on task queues of their own, over a store and a Temporal server
// that others started.
#include <unistd.h>

#include "cli/commands.h"
#include "cli/process.h"
#include "cli/signals.h"
#include "foundation/format.h"
#include "worker/domain_worker.h"

namespace fermata::cli {
namespace {

Result<void> work(const DomainWorkerOptions& options, Log& log) {
  // Before anything is opened: this is a mistake in how it was started.
  TRY_DO(worker::DomainWorker::check(options.queues));
  TRY(const DataFolder folder, open_data_folder(options.common.data));
  TRY(auto store, store::open(folder.database(options.common.database)));
  TRY(const auto process,
      Process::start(folder, std::move(store), {options.common, options.temporal, kTemporalAddress},
                     log));
  Ending ending;
  TRY(const auto health,
      process->start_health(options.health_address, [&ending] { return ending.check(); }));
  worker::DomainSettings settings;
  settings.at_end = [&ending](const Error& why) { ending.because(why); };
  settings.identity = format("domain-worker-{}-{}", getpid(), SystemRandom::token().substr(0, 8));
  settings.queues = options.queues;
  settings.tenant = TenantId(options.tenant);
  settings.threads = options.threads;
  if (options.opens_any_secret) settings.opened = worker::OpenedSecrets::Anywhere;
  TRY(const auto worker,
      worker::DomainWorker::start(process->client(), process->worker_parts(), settings));
  std::string queues;
  for (const std::string& queue : options.queues) queues += (queues.empty() ? "" : ",") + queue;
  log.info("domain worker started", {{"queue", queues},
                                     {"temporal", process->client().options().address},
                                     {"health", health ? health->url() : ""}});
  const Result<void> ended = ending.wait();
  if (health) health->drain();
  log.info("domain worker stopping");
  return ended;
}

}  // namespace

int run_domain_worker(const DomainWorkerOptions& options) {
  return run_until_stopped(options.common.log_level, [&](Log& log) { return work(options, log); });
}

}  // namespace fermata::cli
