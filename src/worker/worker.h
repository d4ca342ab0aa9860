#pragma once
// Worker: owns the authored queue: polls activations, drives runs, commits rows before it
// acknowledges, runs actions. Stateless: any number of them may work on one queue, and each may die
// at any moment.

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "actions/registry.h"
#include "service/clocks.h"
#include "service/definition_cache.h"
#include "service/events.h"
#include "service/ledger.h"
#include "store/group_writer.h"
#include "temporal/client.h"
#include "temporal/outstanding.h"
#include "temporal/worker.h"
#include "worker/activity_runner.h"
#include "worker/boundary.h"
#include "worker/poll_watch.h"
#include "worker/pool.h"
#include "worker/repairer.h"
#include "worker/run_driver.h"
#include "worker/spool.h"

namespace fermata::worker {

struct WorkerParts {
  const temporal::Runtime& runtime;
  store::Store& store;
  const actions::ActionRegistry& actions;
  actions::SecretResolver& secrets;
  const Clock& clock;
  service::Random& random;
  Log& log;
  metrics::Metrics& metrics;
};

struct WorkerSettings {
  std::string identity;  // who holds leases: unique per process
  std::uint32_t cached_runs_max = 20'000;
  std::size_t quick_threads = 2;     // advance runs
  std::size_t waiting_threads = 64;  // actions that may wait
  std::size_t workflow_slots = 200;  // tasks of runs taken at once
  // Where runs are noted whose rows wait for a database that is away. Empty: their tasks wait.
  std::string spool_folder;
  AtEnd at_end;            // Temporal lets it poll no more
  AtBoundary at_boundary;  // for proofs
  // False: what runs do is not projected. To measure what the projection costs, nothing else.
  bool writes_rows = true;
};

class Worker {
 public:
  // Polls at once. Errors: TEMPORAL_WORKER.
  static Result<std::unique_ptr<Worker>> start(const temporal::Client& client, WorkerParts parts,
                                               const WorkerSettings& settings);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  // Takes nothing new, finishes what is under way.
  ~Worker();

 private:
  Worker(temporal::Worker worker, const temporal::Client& client, WorkerParts parts,
         const WorkerSettings& settings);
  void next_activation();
  void next_activity();
  // Kept until Temporal has taken the answer.
  using Held = std::shared_ptr<void>;
  // A cached run. What is not the driver is guarded by mutex_.
  struct Run {
    std::shared_ptr<Driver> driver;
    // Where its last task left it, when that was another worker's.
    bool is_parked_on_local = false;
    // Of rows that were not awaited: until Temporal has taken an answer that came after them.
    Held lagging;
    std::optional<Error> unwritten;
  };
  using RunPtr = std::shared_ptr<Run>;
  struct Answer {
    RunPtr run;
    RunId run_id;
    temporal::Completion completion;
    Held held;
    std::string boundary;  // for proofs
  };
  void handle(const temporal::Activation& activation);
  void write_rows(projection::RowBatch rows, Answer answer);
  void write_behind(projection::RowBatch rows, Answer answer);
  void note_parked(const temporal::Activation& activation, Answer& answer);
  void begin(const temporal::Client& client, const WorkerSettings& settings);
  void complete(Answer answer);
  Held lag(const RunId& run, const Error& error);
  Held mark(const RunId& run);
  void look_up(const std::vector<projection::WaitRow>& opened, Answer answer);
  // Turns the answer into a failed task, which Temporal repeats.
  void fail(temporal::Completion& completion, const Error& error, std::string_view what);
  RunPtr run_of(const temporal::Activation& activation);

  WorkerParts parts_;
  const AtBoundary at_boundary_;
  const bool writes_rows_;
  PollWatch watch_;
  std::unique_ptr<Spool> spool_;  // outlives the answers that are on their way
  temporal::Worker worker_;
  service::DefinitionCache definitions_;
  service::EventRouter router_;
  service::Launcher launcher_;
  service::Clocks clocks_;
  std::unique_ptr<store::GroupWriter> writer_;
  service::Ledger ledger_;
  std::mutex mutex_;
  std::unordered_map<std::string, RunPtr> runs_;  // by Temporal's run id
  temporal::Outstanding polls_;
  temporal::Outstanding tasks_;  // taken from Core and not yet answered, and rows written behind
  std::unique_ptr<Pool> quick_;
  std::unique_ptr<Pool> waiting_;
  std::unique_ptr<Pool> lookups_;
  std::unique_ptr<ActivityRunner> runner_;
  std::unique_ptr<Repairer> repairer_;
  std::shared_ptr<void> levels_;  // looked up for metrics
};

}  // namespace fermata::worker
