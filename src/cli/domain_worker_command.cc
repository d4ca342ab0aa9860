// fermata domain-worker: actions on task queues of their own, over a store and a Temporal server
// that others started.
#include <unistd.h>

#include "cli/commands.h"
#include "cli/health.h"
#include "cli/host.h"
#include "cli/signals.h"
#include "foundation/format.h"
#include "store/open.h"
#include "worker/domain_worker.h"

namespace fermata::cli {
namespace {

Result<void> work(const DomainWorkerOptions& options, Log& log) {
  // Before anything is opened: this is a mistake in how it was started.
  TRY_DO(worker::DomainWorker::check(options.queues));
  TRY(const DataFolder folder, open_data_folder(options.common.data));
  TRY(const auto store, store::open(folder.database(options.common.database)));
  TRY(const auto runtime, start_runtime(options.temporal, log));
  TRY(const auto client, connect(runtime, options.temporal, kTemporalAddress));
  const SystemClock clock;
  const actions::ActionRegistry actions =
      make_actions({options.common.allowed_private, store.get(), &clock}, log);
  TRY(service::MasterKeys keys, master_keys(options.common.master_key_file, folder));
  service::SecretVault vault(*store, std::move(keys), clock);
  StoredSecrets secrets(vault);
  SystemRandom random(clock);
  metrics::Metrics metrics;
  TRY(const auto health, HealthHost::start(options.health_address,
                                           {metrics, [&store] { return store->check_health(); },
                                            [&client] { return client.check_health(); }}));
  worker::DomainSettings settings;
  settings.identity = format("domain-worker-{}-{}", getpid(), SystemRandom::token().substr(0, 8));
  settings.queues = options.queues;
  settings.tenant = TenantId(options.tenant);
  settings.threads = options.threads;
  TRY(const auto worker,
      worker::DomainWorker::start(
          client, {runtime, *store, actions, secrets, clock, random, log, metrics}, settings));
  std::string queues;
  for (const std::string& queue : options.queues) queues += (queues.empty() ? "" : ",") + queue;
  log.info("domain worker started", {{"queue", queues},
                                     {"temporal", client.options().address},
                                     {"health", health ? health->url() : ""}});
  wait_for_stop_signal();
  if (health) health->drain();
  log.info("domain worker stopping");
  return {};
}

}  // namespace

int run_domain_worker(const DomainWorkerOptions& options) {
  return run_until_stopped(options.common.log_level, [&](Log& log) { return work(options, log); });
}

}  // namespace fermata::cli
