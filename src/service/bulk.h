#pragma once
// Bulk: what operators ask of many runs at once, done in the background at a bounded rate. Any
// server carries any job on: it is a row, with a place and with what came of each run, so it
// survives whoever worked on it. Each run has its own entry in the audit log.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "foundation/log.h"
#include "service/background.h"
#include "service/random.h"
#include "service/replays.h"
#include "service/run_control.h"
#include "store/bulk_jobs.h"
#include "store/run_views.h"

namespace fermata::service {

struct BulkRequest {
  TenantId tenant;
  std::string actor;
  std::string action;  // cancel, pause, resume, replay
  std::string reason;
  std::optional<std::string> key;          // the same key is the same job
  std::optional<store::RunFilter> filter;  // one of the two
  std::vector<std::string> runs;
  std::optional<std::int64_t> rate;
  bool is_latest_version = false;  // of a replay
};

class Bulk {
 public:
  struct Parts {
    store::Store& store;
    RunControl& control;
    Replays& replays;
    Random& random;
    const Clock& clock;
    Log& log;
    std::function<Result<void>()> check_temporal;
  };
  // So long nobody else takes a job over whose worker is silent.
  static constexpr std::int64_t kLeaseMs = 30'000;

  explicit Bulk(Parts parts);

  // Runs that begin later are not among the filter's. Gives the job that is there already for the
  // key. Errors: BULK_INVALID, BULK_TOO_MANY (jobs of the tenant that have not ended).
  Result<store::BulkJobRow> start(const BulkRequest& request);
  // What is not done yet stays as it is. Error: NOT_FOUND.
  Result<store::BulkJobRow> stop(const TenantId& tenant, const std::string& job_id);

 private:
  struct Chunk {
    std::vector<RunId> runs;
    std::string place;  // once they are done
    bool is_last = false;
  };

  std::chrono::milliseconds round();
  Result<void> carry_on(store::BulkJobRow job);
  Result<Chunk> next(const store::BulkJobRow& job) const;
  // Unavailable: not now, and nothing is said of it.
  Result<void> touch(const store::BulkJobRow& job, const RunId& run);
  // Begun before a crash, and done.
  [[nodiscard]] bool is_canceled_by(const store::BulkJobRow& job, const RunId& run) const;
  Result<std::string> act(const store::BulkJobRow& job, const RunId& run);

  Parts parts_;
  std::string worker_;
  std::map<std::string, TimeMs> not_before_;  // by job: its rate
  Background background_;
};

}  // namespace fermata::service
