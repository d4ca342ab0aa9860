#pragma once
// Rebuild: the rows of a run from Temporal's histories alone, as if they had never been written.

#include <string>
#include <vector>

#include "store/store.h"
#include "temporal/client.h"
#include "worker/replay.h"

namespace fermata::worker {

struct Rebuilt {
  TenantId tenant;
  // Not: a local action is under way, and the rows of what led to it are left to be made later.
  bool is_whole = true;
};

class Rebuilder {
 public:
  Rebuilder(const temporal::Client& client, Replayer& replayer)
      : client_(client), replayer_(replayer) {}

  // Writes the rows into `target`; what is there already stays unless it is older or the same.
  // Ledger entries that were begun and whose end was lost get the one that the history has. Errors:
  // TEMPORAL_NOT_FOUND (the run, or an early history of it, is gone), REBUILD_DIVERGED (this
  // program does not agree with the history), the store's.
  Result<Rebuilt> rebuild(const RunId& run, store::Store& target);
  // Every run that Temporal still has.
  Result<std::vector<RunId>> runs() const;

 private:
  const temporal::Client& client_;
  Replayer& replayer_;
};

}  // namespace fermata::worker
