#pragma once
// Replay: stored histories against this program, cold: every one from its first event, with nothing
// cached. What it commands must be what the history holds. Histories of runs, and of what schedules
// start to launch runs; the latter have no rows.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "interpreter/pure_action.h"
#include "projection/rows.h"
#include "service/definition_cache.h"
#include "store/store.h"
#include "temporal/client.h"
#include "temporal/worker.h"
#include "worker/run_driver.h"

namespace fermata::worker {

struct ReplayVerdict {
  bool agrees = true;
  // Where the run stood when it went another way; empty when it was on no step.
  std::string step_path;
  std::string step_id;
  std::string message;  // what history and program disagree on, or why it could not be replayed
};

// What a history says of the rows of its run.
struct Projected {
  ReplayVerdict verdict;
  std::string continued_from;              // Temporal's id of the history before; empty: the first
  std::optional<store::LaunchRow> launch;  // of the first history
  std::vector<projection::RowBatch> rows;  // in order
  ActionEnds ends;
  bool is_open = false;  // the last of the rows are not certain before an action has ended
};

class Replayer {
 public:
  // Errors: TEMPORAL_WORKER.
  static Result<std::unique_ptr<Replayer>> create(const temporal::Runtime& runtime,
                                                  service::DefinitionSource& definitions,
                                                  const interpreter::PureActions& pure_actions);
  Replayer(const Replayer&) = delete;
  Replayer& operator=(const Replayer&) = delete;
  ~Replayer();

  // Errors: TEMPORAL_REFUSED for bytes that are no history of ours; those of the definitions' store
  // that may pass, which are no verdict.
  Result<ReplayVerdict> check(const std::string& workflow_id, const temporal::History& history);
  // The same, with the rows that it would have written.
  Result<Projected> project(const std::string& workflow_id, const temporal::History& history);

 private:
  Replayer(temporal::ReplayWorker worker, service::DefinitionSource& definitions,
           const interpreter::PureActions& pure_actions);

  temporal::ReplayWorker worker_;
  service::DefinitionSource& definitions_;
  const interpreter::PureActions& pure_actions_;
};

}  // namespace fermata::worker
