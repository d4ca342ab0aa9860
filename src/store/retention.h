#pragma once
// Retention: how long a tenant keeps what has ended, and its deletion in small steps. Nothing that
// a run under way needs is ever deleted: of a family of runs all is kept until the root has ended;
// of events those that are not routed, or hold a launch back. Errors as in store.h.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "foundation/clock.h"
#include "foundation/ids.h"
#include "foundation/result.h"
#include "json/value.h"

namespace fermata::store {

class Sql;
struct Query;

// Days; nothing: for ever.
struct RetentionRow {
  TenantId tenant;
  std::optional<std::int64_t> runs;
  std::optional<std::int64_t> invocations;
  std::optional<std::int64_t> events;
  std::optional<std::int64_t> audit;
  std::optional<std::int64_t> keys;  // successes under keys that authors chose
  TimeMs updated_at = 0;
};

// What an operator asked to be done about a workflow's runs (WorkflowSettings::policy).
struct PolicyRow {
  TenantId tenant;
  WorkflowId workflow;
  json::Value policy;
};

// Ended runs of a tenant, of one workflow or of those that have no time of their own.
struct EndedRuns {
  TenantId tenant;
  std::optional<std::string> workflow;
  std::vector<std::string> except_workflows;
  TimeMs before = 0;  // they ended
  std::size_t limit = 0;
};

class Retention {
 public:
  explicit Retention(Sql& sql) : sql_(sql) {}

  Result<void> put(const RetentionRow& row);
  // Without a row: all for ever.
  Result<RetentionRow> row(const TenantId& tenant);
  Result<std::vector<RetentionRow>> rows();

  // Of all workflows of all tenants that have one.
  Result<std::vector<PolicyRow>> policies();

  // Oldest first.
  Result<std::vector<RunId>> ended_runs(const EndedRuns& which);
  // With all that belongs to it but the successes under authored keys, of which key, input's hash
  // and output stay; the run's own row goes last, so that a crash leaves it to be found.
  Result<void> remove_run(const TenantId& tenant, const RunId& run);
  // Each gives how many went. Of successes under authored keys the input only.
  Result<std::int64_t> remove_invocations(const TenantId& tenant, TimeMs before, std::size_t limit);
  // Those successes themselves, but of runs under way.
  Result<std::int64_t> remove_keys(const TenantId& tenant, TimeMs before, std::size_t limit);
  Result<std::int64_t> remove_events(const TenantId& tenant, TimeMs before, std::size_t limit);
  Result<std::int64_t> remove_audit(const TenantId& tenant, TimeMs before, std::size_t limit);

  // How the newest ended runs of a workflow ended that began since: counts by status.
  Result<std::map<std::string, std::int64_t>> endings(const TenantId& tenant,
                                                      const WorkflowId& workflow, TimeMs since,
                                                      std::size_t newest);

 private:
  Result<std::int64_t> remove(const Query& keys, std::string_view table, std::string_view key);

  Sql& sql_;
};

}  // namespace fermata::store
