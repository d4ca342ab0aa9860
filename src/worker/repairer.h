#pragma once
// Repairer: makes the rows of lagging runs again from their histories, once the database is back.
// When it tries which one: repair_times.h.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "actions/registry.h"
#include "foundation/log.h"
#include "service/events.h"
#include "temporal/client.h"
#include "worker/repair_times.h"
#include "worker/replay.h"
#include "worker/spool.h"

namespace fermata::worker {

struct RepairParts {
  const temporal::Runtime& runtime;
  temporal::Client client;
  service::DefinitionSource& definitions;
  const actions::ActionRegistry& actions;
  store::Store& store;
  service::EventRouter& router;
  Spool& spool;
  const Clock& clock;
  Log& log;
};

class Repairer {
 public:
  explicit Repairer(RepairParts parts);
  Repairer(const Repairer&) = delete;
  Repairer& operator=(const Repairer&) = delete;
  ~Repairer();

 private:
  void run();
  // Whether all of it is made.
  bool take(const Spool::Entry& entry);
  // False: not all of it yet.
  Result<bool> repair(const RunId& run);

  RepairParts parts_;
  RepairTimes times_;
  std::unique_ptr<Replayer> replayer_;  // made when it is first needed
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace fermata::worker
