#pragma once
// What the store keeps for clocks: one row for every fire, whatever became of it, and the calendars
// that say which days are holidays. Errors as in store.h.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "foundation/clock.h"
#include "foundation/ids.h"
#include "foundation/result.h"
#include "json/value.h"

namespace fermata::store {

struct FireRow {
  TenantId tenant;
  std::string fire_key;  // of workflow and time: the same occurrence is one row
  WorkflowId workflow_id;
  TimeMs scheduled_for = 0;
  // LAUNCHED; SKIPPED; HELD: not now, tried again; MISSED; FAILED: tried again when it has no run.
  std::string outcome;
  std::string reason;  // why not, or how late
  std::optional<std::string> run_id;
  std::int64_t workflow_version = 0;
  std::optional<TimeMs> fired_at;
  TimeMs recorded_at = 0;
};

struct FiresSince {
  TenantId tenant;
  WorkflowId workflow_id;
  TimeMs since = 0;  // and at it
};

struct DefinitionRow;

struct CalendarRow {
  TenantId tenant;
  std::string name;
  json::Value calendar;
  TimeMs updated_at = 0;
};

// What an operator sets on a workflow.
struct WorkflowSettings {
  std::optional<TimeMs> paused_at;  // nothing: not paused
  std::optional<std::int64_t> concurrency_limit;
  // When too many of its runs fail it is paused; how long its ended runs are kept
  // (service/run_policy.h).
  json::Value policy = json::Object{};
};

class ClockStore {
 public:
  virtual ~ClockStore() = default;

  // Writes the row; one that is there is replaced only when it was HELD, MISSED, or FAILED without
  // a run.
  virtual Result<void> put_fires(std::span<const FireRow> rows) = 0;
  // Newest first.
  virtual Result<std::vector<FireRow>> fires(const TenantId& tenant, const WorkflowId& workflow,
                                             std::size_t limit) = 0;
  // Nothing when there is no such row.
  virtual Result<std::optional<FireRow>> fire(const TenantId& tenant,
                                              const std::string& fire_key) = 0;
  // Oldest first, of workflows that are not paused, of all tenants.
  virtual Result<std::vector<FireRow>> held_fires(std::size_t limit) = 0;
  // What failed without a run, oldest first.
  virtual Result<std::vector<FireRow>> failed_fires(const FiresSince& which, std::size_t limit) = 0;

  virtual Result<void> put_calendar(const CalendarRow& row) = 0;
  virtual Result<std::vector<CalendarRow>> calendars(const TenantId& tenant) = 0;

  // NOT_FOUND. The workflow's schedule has to be brought up to date again.
  virtual Result<void> put_settings(const TenantId& tenant, const WorkflowId& workflow,
                                    const WorkflowSettings& settings) = 0;
  // Why the schedule could not be made to say what was published; nothing: it says it.
  virtual Result<void> set_schedule_error(const TenantId& tenant, const WorkflowId& workflow,
                                          const std::optional<json::Value>& error) = 0;
  // Workflows of all tenants that are published with a clock and not archived.
  virtual Result<std::vector<DefinitionRow>> scheduled_workflows() = 0;
  // Runs of the workflow that have not ended.
  virtual Result<std::int64_t> active_runs(const TenantId& tenant, const WorkflowId& workflow) = 0;
};

}  // namespace fermata::store
