#pragma once
// BulkJobs: what operators ask of many runs at once, and what came of each. A job is a row that any
// server carries on: it says which runs, how far it is, and who works on it until when. Errors as
// in store.h.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "foundation/clock.h"
#include "foundation/ids.h"
#include "foundation/result.h"
#include "json/value.h"

namespace fermata::store {

class Sql;

struct BulkJobRow {
  TenantId tenant;
  std::string job_id;
  std::optional<std::string> key;  // the caller's own: the same key is the same job
  std::string actor;
  std::string action;  // cancel, pause, resume, replay
  std::string reason;
  json::Value request;  // {"filter": {…}} or {"runIds": […]}, and what the action takes
  std::string state = "RUNNING";  // then DONE; STOPPING, then STOPPED
  // How far it is: of a filter's runs, newest first, the last one done; of a list, how many.
  std::string place;
  std::int64_t rate = 0;  // runs in a second, at most
  TimeMs created_at = 0;
  TimeMs updated_at = 0;
  std::optional<TimeMs> completed_at;
  std::string worker;       // who carries it on
  TimeMs worker_until = 0;  // and until when nobody else does
};

// What came of one run.
struct BulkOutcomeRow {
  TenantId tenant;
  std::string job_id;
  RunId run;
  std::string outcome;     // DONE, SKIPPED: it had ended or was so already; FAILED
  std::string code;        // why not
  std::string created_id;  // of a replay the new run
  TimeMs at = 0;
};

class BulkJobs {
 public:
  explicit BulkJobs(Sql& sql) : sql_(sql) {}

  // STORE_CONFLICT when the key is taken.
  Result<void> insert(const BulkJobRow& row);
  // NOT_FOUND.
  Result<BulkJobRow> job(const TenantId& tenant, const std::string& job_id);
  Result<std::optional<BulkJobRow>> by_key(const TenantId& tenant, const std::string& key);
  // Newest first, after one of them.
  Result<std::vector<BulkJobRow>> jobs(const TenantId& tenant, std::size_t limit,
                                       const std::optional<std::pair<TimeMs, std::string>>& after);
  Result<std::int64_t> count_open(const TenantId& tenant);
  // Of all tenants, oldest first.
  Result<std::vector<BulkJobRow>> open_jobs(std::size_t limit);
  // Whether the job is the worker's until then; not while it is another's.
  Result<bool> take(const BulkJobRow& job, const std::string& worker, TimeMs now, TimeMs until);
  // Place and time of the job, as its worker; nothing when it is no more the worker's.
  Result<void> advance(const BulkJobRow& job);
  // It is over: DONE, or STOPPED when that was asked for.
  Result<void> finish(const BulkJobRow& job, TimeMs now);
  // What runs still are not done stay as they are.
  Result<void> stop(const TenantId& tenant, const std::string& job_id, TimeMs now);

  // One of each run: the first stays.
  Result<void> put_outcome(const BulkOutcomeRow& row);
  // Of these runs those that the job is through with.
  Result<std::vector<std::string>> through(const TenantId& tenant, const std::string& job_id,
                                           const std::vector<std::string>& runs);
  // In order of their runs' ids, after one of them.
  struct OutcomeFilter {
    std::vector<std::string> outcomes;  // any of them; empty: all
    std::string after;
    std::size_t limit = 50;
  };
  Result<std::vector<BulkOutcomeRow>> outcomes(const TenantId& tenant, const std::string& job_id,
                                               const OutcomeFilter& filter);
  Result<std::map<std::string, std::int64_t>> counts(const TenantId& tenant,
                                                     const std::string& job_id);

 private:
  Sql& sql_;
};

}  // namespace fermata::store
