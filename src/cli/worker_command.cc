// fermata worker: a worker of its own, over a store and a Temporal server that others started.
#include <unistd.h>

#include <cstdio>

#include "cli/commands.h"
#include "cli/crash_points.h"
#include "cli/doors.h"
#include "cli/health.h"
#include "cli/host.h"
#include "cli/signals.h"
#include "foundation/format.h"
#include "store/open.h"
#include "worker/worker.h"

namespace fermata::cli {
namespace {

Result<void> work(const WorkerOptions& options, Log& log) {
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
  worker::WorkerSettings settings;
  settings.writes_rows = options.writes_rows;
  settings.identity = format("worker-{}-{}", getpid(), SystemRandom::token().substr(0, 8));
  settings.spool_folder = folder.path;
  if (!options.crash_file.empty()) {
    // One task at a time, and none that waits for this worker only: a crash costs its own run
    // alone.
    settings.workflow_slots = 1;
    settings.cached_runs_max = 0;
    TRY(settings.at_boundary, crash_points(options.crash_file));
  }
  TRY(const auto worker,
      worker::Worker::start(
          client, {runtime, *store, actions, secrets, clock, random, log, metrics}, settings));
  const auto stream = open_stream(
      options.stream, {*store, client, actions, secrets, vault, clock, random, log, metrics});
  log.info("worker started", {{"queue", std::string(service::kTaskQueue)},
                              {"temporal", client.options().address},
                              {"health", health ? health->url() : ""}});
  wait_for_stop_signal();
  if (health) health->drain();
  log.info("worker stopping");
  return {};
}

}  // namespace

int run_worker(const WorkerOptions& options) {
  return run_until_stopped(options.common.log_level, [&](Log& log) { return work(options, log); });
}

}  // namespace fermata::cli
