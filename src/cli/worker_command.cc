// fermata worker: a worker of its own, over a store and a Temporal server that others started.
#include <unistd.h>

#include <cstdio>

#include "cli/commands.h"
#include "cli/crash_points.h"
#include "cli/doors.h"
#include "cli/process.h"
#include "cli/signals.h"
#include "foundation/format.h"
#include "worker/worker.h"

namespace fermata::cli {
namespace {

Result<void> work(const WorkerOptions& options, Log& log) {
  TRY(const DataFolder folder, open_data_folder(options.common.data));
  TRY(auto store, store::open(folder.database(options.common.database)));
  TRY(const auto process,
      Process::start(folder, std::move(store), {options.common, options.temporal, kTemporalAddress},
                     log));
  Ending ending;
  TRY(const auto health,
      process->start_health(options.health_address, [&ending] { return ending.check(); }));
  worker::WorkerSettings settings;
  settings.writes_rows = options.writes_rows;
  settings.at_end = [&ending](const Error& why) { ending.because(why); };
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
      worker::Worker::start(process->client(), process->worker_parts(), settings));
  const auto stream = open_stream(options.stream, process->api_parts());
  log.info("worker started", {{"queue", std::string(service::kTaskQueue)},
                              {"temporal", process->client().options().address},
                              {"health", health ? health->url() : ""}});
  const Result<void> ended = ending.wait();
  if (health) health->drain();
  log.info("worker stopping");
  return ended;
}

}  // namespace

int run_worker(const WorkerOptions& options) {
  return run_until_stopped(options.common.log_level, [&](Log& log) { return work(options, log); });
}

}  // namespace fermata::cli
