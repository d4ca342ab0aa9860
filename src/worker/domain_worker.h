#pragma once
// DomainWorker: hosts the registry's actions on task queues of their own, as Temporal activities
// that any workflow may schedule: type `ACTION_ID` or `ACTION_ID@VERSION`, one argument, the input.
// A step reaches them by temporal.activity. The ledger stands behind each, under the activity's id.
// INVARIANT: never on the queue that runs are advanced on.

#include <memory>
#include <string>
#include <vector>

#include "service/ledger.h"
#include "store/group_writer.h"
#include "temporal/client.h"
#include "temporal/outstanding.h"
#include "temporal/worker.h"
#include "worker/activity_runner.h"
#include "worker/poll_watch.h"
#include "worker/pool.h"
#include "worker/worker.h"

namespace fermata::worker {

struct DomainSettings {
  AtEnd at_end;                     // Temporal lets it poll no more
  std::string identity;             // who holds leases: unique per process
  std::vector<std::string> queues;  // at least one
  TenantId tenant;                  // whose secrets and pairs the actions see
  OpenedSecrets opened = OpenedSecrets::Marked;
  std::size_t threads = 64;  // actions at once
};

class DomainWorker {
 public:
  // Error: QUEUE_RESERVED.
  static Result<void> check(const std::vector<std::string>& queues);
  // Polls at once. Errors: QUEUE_RESERVED, TEMPORAL_WORKER.
  static Result<std::unique_ptr<DomainWorker>> start(const temporal::Client& client,
                                                     WorkerParts parts,
                                                     const DomainSettings& settings);
  DomainWorker(const DomainWorker&) = delete;
  DomainWorker& operator=(const DomainWorker&) = delete;
  // Takes nothing new, finishes what is under way.
  ~DomainWorker();

 private:
  struct Queue {
    temporal::Worker worker;
    std::unique_ptr<ActivityRunner> runner;
  };
  DomainWorker(WorkerParts parts, const DomainSettings& settings);
  void next(Queue& queue);

  WorkerParts parts_;
  PollWatch watch_;
  store::GroupWriter writer_;
  service::Ledger ledger_;
  temporal::Outstanding polls_;
  temporal::Outstanding tasks_;  // taken from Core and not yet answered
  Pool pool_;
  const AtBoundary no_boundary_;
  std::vector<std::unique_ptr<Queue>> queues_;
  std::shared_ptr<void> levels_;  // looked up for metrics
};

}  // namespace fermata::worker
