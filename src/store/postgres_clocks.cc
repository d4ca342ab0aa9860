// Fires of clocks, calendars, and what operators set on workflows.
#include <map>

#include "foundation/format.h"
#include "store/postgres_store.h"

namespace fermata::store {

Result<void> PostgresStore::put_fires(std::span<const FireRow> rows) {
  // One statement changes a row once.
  std::map<std::pair<std::string, std::string>, const FireRow*> unique;
  for (const FireRow& row : rows) unique.try_emplace({row.tenant.text, row.fire_key}, &row);
  Columns columns(10);
  for (const auto& [key, row] : unique) {
    columns.bind(row->tenant.text).bind(row->fire_key).bind(row->workflow_id.text);
    columns.bind(row->scheduled_for).bind(row->outcome).bind(row->reason).bind(row->run_id);
    columns.bind(row->workflow_version).bind(row->fired_at).bind(row->recorded_at);
  }
  TRY(const PostgresRows done,
      run_alone(kEveryTenant,
                "INSERT INTO workflow_clock_fires (tenant, fire_key, workflow_id, scheduled_for, "
                "outcome, reason, run_id, workflow_version, fired_at, recorded_at) SELECT * FROM "
                "unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], "
                "$7::text[], $8::bigint[], $9::bigint[], $10::bigint[]) ON CONFLICT (tenant, "
                "fire_key) DO UPDATE SET outcome = excluded.outcome, reason = excluded.reason, "
                "run_id = excluded.run_id, workflow_version = excluded.workflow_version, fired_at "
                "= excluded.fired_at, recorded_at = excluded.recorded_at WHERE "
                "workflow_clock_fires.outcome IN ('HELD', 'MISSED') OR "
                "(workflow_clock_fires.outcome = 'FAILED' AND workflow_clock_fires.run_id IS NULL)",
                std::move(columns).finish()));
  return {};
}

Result<std::vector<FireRow>> PostgresStore::fires(const TenantId& tenant,
                                                  const WorkflowId& workflow, std::size_t limit) {
  static const std::string kSql = format(
      "SELECT {} FROM workflow_clock_fires WHERE tenant = $1 AND workflow_id = $2 ORDER BY "
      "scheduled_for DESC, fire_key LIMIT $3",
      kFireColumns);
  Params params;
  params.bind(tenant.text).bind(workflow.text).bind(static_cast<std::int64_t>(limit));
  TRY(const PostgresRows rows, run_alone(tenant, kSql, params));
  return read_all<FireRow>(rows, [](const PostgresRow& row) { return read_fire(row); });
}

Result<std::optional<FireRow>> PostgresStore::fire(const TenantId& tenant,
                                                   const std::string& fire_key) {
  static const std::string kSql = format(
      "SELECT {} FROM workflow_clock_fires WHERE tenant = $1 AND fire_key = $2", kFireColumns);
  TRY(const PostgresRows rows, run_alone(tenant, kSql, Params().bind(tenant.text).bind(fire_key)));
  return rows.empty() ? std::nullopt : std::optional(read_fire(rows[0]));
}

Result<std::vector<FireRow>> PostgresStore::held_fires(std::size_t limit) {
  static const std::string kSql = format(
      "SELECT {} FROM workflow_clock_fires f WHERE outcome = 'HELD' AND NOT EXISTS (SELECT 1 FROM "
      "workflow_definitions d WHERE d.tenant = f.tenant AND d.workflow_id = f.workflow_id AND "
      "d.paused_at IS NOT NULL) ORDER BY tenant, workflow_id, scheduled_for LIMIT $1",
      kFireColumns);
  TRY(const PostgresRows rows,
      run_alone(kEveryTenant, kSql, Params().bind(static_cast<std::int64_t>(limit))));
  return read_all<FireRow>(rows, [](const PostgresRow& row) { return read_fire(row); });
}

Result<std::vector<FireRow>> PostgresStore::failed_fires(const FiresSince& which,
                                                         std::size_t limit) {
  static const std::string kSql = format(
      "SELECT {} FROM workflow_clock_fires WHERE tenant = $1 AND workflow_id = $2 AND "
      "scheduled_for >= $3 AND outcome = 'FAILED' AND run_id IS NULL ORDER BY scheduled_for LIMIT "
      "$4",
      kFireColumns);
  Params params;
  params.bind(which.tenant.text).bind(which.workflow_id.text).bind(which.since);
  params.bind(static_cast<std::int64_t>(limit));
  TRY(const PostgresRows rows, run_alone(which.tenant, kSql, params));
  return read_all<FireRow>(rows, [](const PostgresRow& row) { return read_fire(row); });
}

Result<void> PostgresStore::put_calendar(const CalendarRow& row) {
  Params put;
  put.bind(row.tenant.text).bind(row.name).bind_json(row.calendar).bind(row.updated_at);
  TRY(const PostgresRows done,
      run_alone(row.tenant,
                "INSERT INTO workflow_calendars (tenant, name, calendar_json, updated_at) VALUES "
                "($1, $2, $3, $4) ON CONFLICT (tenant, name) DO UPDATE SET calendar_json = "
                "excluded.calendar_json, updated_at = excluded.updated_at",
                put));
  return {};
}

Result<std::vector<CalendarRow>> PostgresStore::calendars(const TenantId& tenant) {
  TRY(const PostgresRows rows,
      run_alone(tenant,
                "SELECT name, calendar_json, updated_at FROM workflow_calendars WHERE tenant = $1 "
                "ORDER BY name",
                Params().bind(tenant.text)));
  return read_all<CalendarRow>(rows, [&](const PostgresRow& row) {
    return CalendarRow{tenant, row.text(0), row.json_value(1), row.number(2)};
  });
}

Result<void> PostgresStore::put_settings(const TenantId& tenant, const WorkflowId& workflow,
                                         const WorkflowSettings& settings) {
  Params update;
  update.bind(settings.paused_at).bind(settings.concurrency_limit);
  update.bind(tenant.text).bind(workflow.text).bind_json(settings.policy);
  TRY(const PostgresRows done,
      run_alone(tenant,
                "UPDATE workflow_definitions SET paused_at = $1, concurrency_limit = $2, "
                "policy_json = $5, "
                "schedule_version = CASE WHEN schedule_version = 0 THEN 0 ELSE -1 END WHERE tenant "
                "= $3 AND workflow_id = $4 RETURNING 1",
                update));
  if (!done.empty()) return {};
  return make_error(ErrorKind::NotFound, "NOT_FOUND",
                    format("there is no workflow `{}`", workflow.text));
}

Result<void> PostgresStore::set_schedule_error(const TenantId& tenant, const WorkflowId& workflow,
                                               const std::optional<json::Value>& error) {
  TRY(const PostgresRows done,
      run_alone(tenant,
                "UPDATE workflow_definitions SET schedule_error = $1 WHERE tenant = $2 AND "
                "workflow_id = $3",
                Params().bind(error).bind(tenant.text).bind(workflow.text)));
  return {};
}

Result<std::vector<DefinitionRow>> PostgresStore::scheduled_workflows() {
  static const std::string kSql = format(
      "SELECT {} FROM workflow_definitions WHERE trigger_type IN ('schedule', 'recurring') "
      "AND published_version > 0 AND archived_at IS NULL ORDER BY tenant, workflow_id",
      kDefinitionColumns);
  TRY(const PostgresRows rows, run_alone(kEveryTenant, kSql, {}));
  return read_all<DefinitionRow>(rows, [](const PostgresRow& row) { return read_definition(row); });
}

Result<std::int64_t> PostgresStore::active_runs(const TenantId& tenant,
                                                const WorkflowId& workflow) {
  TRY(const PostgresRows rows,
      run_alone(tenant,
                "SELECT count(*) FROM workflow_runs WHERE tenant = $1 AND workflow_id = $2 AND "
                "status IN ('RUNNING', 'WAITING', 'PAUSED')",
                Params().bind(tenant.text).bind(workflow.text)));
  return rows[0].number(0);
}

}  // namespace fermata::store
