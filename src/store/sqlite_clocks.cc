// Fires of clocks, calendars, and what operators set on workflows.
#include "foundation/format.h"
#include "json/text.h"
#include "store/sqlite_connection.h"

namespace fermata::store {

Result<void> SqliteStore::put_fires(std::span<const FireRow> rows) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Transaction transaction, Transaction::begin(*writer_));
  for (const FireRow& row : rows) {
    TRY(Statement put,
        writer_->prepare(
            "INSERT INTO workflow_clock_fires (tenant, fire_key, workflow_id, scheduled_for, "
            "outcome, reason, run_id, workflow_version, fired_at, recorded_at) VALUES (?, ?, ?, ?, "
            "?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, fire_key) DO UPDATE SET outcome = "
            "excluded.outcome, reason = excluded.reason, run_id = excluded.run_id, "
            "workflow_version = excluded.workflow_version, fired_at = excluded.fired_at, "
            "recorded_at = excluded.recorded_at WHERE workflow_clock_fires.outcome IN ('HELD', "
            "'MISSED') OR (workflow_clock_fires.outcome = 'FAILED' AND "
            "workflow_clock_fires.run_id IS NULL)"));
    put.bind(row.tenant.text).bind(row.fire_key).bind(row.workflow_id.text);
    put.bind(row.scheduled_for).bind(row.outcome).bind(row.reason).bind(row.run_id);
    TRY_DO(put.bind(row.workflow_version).bind(row.fired_at).bind(row.recorded_at).run());
  }
  return transaction.commit();
}

Result<std::vector<FireRow>> SqliteStore::fires(const TenantId& tenant, const WorkflowId& workflow,
                                                std::size_t limit) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = format(
      "SELECT {} FROM workflow_clock_fires WHERE tenant = ? AND workflow_id = ? ORDER BY "
      "scheduled_for DESC, fire_key LIMIT ?",
      kFireColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(tenant.text).bind(workflow.text).bind(static_cast<std::int64_t>(limit));
  return read_all<FireRow>(select, [](Statement& row) { return read_fire(row); });
}

Result<std::optional<FireRow>> SqliteStore::fire(const TenantId& tenant,
                                                 const std::string& fire_key) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql =
      format("SELECT {} FROM workflow_clock_fires WHERE tenant = ? AND fire_key = ?", kFireColumns);
  TRY(Statement select, reader_->prepare(kSql));
  TRY(const bool is_there, select.bind(tenant.text).bind(fire_key).step());
  return is_there ? std::optional(read_fire(select)) : std::nullopt;
}

Result<std::vector<FireRow>> SqliteStore::held_fires(std::size_t limit) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = format(
      "SELECT {} FROM workflow_clock_fires f WHERE outcome = 'HELD' AND NOT EXISTS (SELECT 1 FROM "
      "workflow_definitions d WHERE d.tenant = f.tenant AND d.workflow_id = f.workflow_id AND "
      "d.paused_at IS NOT NULL) ORDER BY tenant, workflow_id, scheduled_for LIMIT ?",
      kFireColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(static_cast<std::int64_t>(limit));
  return read_all<FireRow>(select, [](Statement& row) { return read_fire(row); });
}

Result<std::vector<FireRow>> SqliteStore::failed_fires(const FiresSince& which, std::size_t limit) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = format(
      "SELECT {} FROM workflow_clock_fires WHERE tenant = ? AND workflow_id = ? AND scheduled_for "
      ">= ? AND outcome = 'FAILED' AND run_id IS NULL ORDER BY scheduled_for LIMIT ?",
      kFireColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(which.tenant.text).bind(which.workflow_id.text).bind(which.since);
  select.bind(static_cast<std::int64_t>(limit));
  return read_all<FireRow>(select, [](Statement& row) { return read_fire(row); });
}

Result<void> SqliteStore::put_calendar(const CalendarRow& row) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Statement put,
      writer_->prepare("INSERT INTO workflow_calendars (tenant, name, calendar_json, updated_at) "
                       "VALUES (?, ?, ?, ?) ON CONFLICT (tenant, name) DO UPDATE SET calendar_json "
                       "= excluded.calendar_json, updated_at = excluded.updated_at"));
  return put.bind(row.tenant.text)
      .bind(row.name)
      .bind_json(row.calendar)
      .bind(row.updated_at)
      .run();
}

Result<std::vector<CalendarRow>> SqliteStore::calendars(const TenantId& tenant) {
  const std::scoped_lock lock(read_mutex_);
  TRY(Statement select,
      reader_->prepare("SELECT name, calendar_json, updated_at FROM workflow_calendars WHERE "
                       "tenant = ? ORDER BY name"));
  select.bind(tenant.text);
  return read_all<CalendarRow>(select, [&](Statement& row) {
    return CalendarRow{tenant, row.text(0), row.json_value(1), row.number(2)};
  });
}

Result<void> SqliteStore::put_settings(const TenantId& tenant, const WorkflowId& workflow,
                                       const WorkflowSettings& settings) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Statement update,
      writer_->prepare(
          "UPDATE workflow_definitions SET paused_at = ?, concurrency_limit = ?, policy_json = ?, "
          "schedule_version = CASE WHEN schedule_version = 0 THEN 0 ELSE -1 END WHERE "
          "tenant = ? AND workflow_id = ?"));
  update.bind(settings.paused_at).bind(settings.concurrency_limit).bind_json(settings.policy);
  TRY_DO(update.bind(tenant.text).bind(workflow.text).run());
  if (writer_->changes() > 0) return {};
  return make_error(ErrorKind::NotFound, "NOT_FOUND",
                    format("there is no workflow `{}`", workflow.text));
}

Result<void> SqliteStore::set_schedule_error(const TenantId& tenant, const WorkflowId& workflow,
                                             const std::optional<json::Value>& error) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Statement update, writer_->prepare("UPDATE workflow_definitions SET schedule_error = ? WHERE "
                                         "tenant = ? AND workflow_id = ?"));
  return update.bind(error).bind(tenant.text).bind(workflow.text).run();
}

Result<std::vector<DefinitionRow>> SqliteStore::scheduled_workflows() {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = format(
      "SELECT {} FROM workflow_definitions WHERE trigger_type IN ('schedule', 'recurring') "
      "AND published_version > 0 AND archived_at IS NULL ORDER BY tenant, workflow_id",
      kDefinitionColumns);
  TRY(Statement select, reader_->prepare(kSql));
  return read_all<DefinitionRow>(select, [](Statement& row) { return read_definition(row); });
}

Result<std::int64_t> SqliteStore::active_runs(const TenantId& tenant, const WorkflowId& workflow) {
  const std::scoped_lock lock(read_mutex_);
  TRY(Statement select,
      reader_->prepare("SELECT count(*) FROM workflow_runs WHERE tenant = ? AND workflow_id = ? "
                       "AND status IN ('RUNNING', 'WAITING', 'PAUSED')"));
  TRY(const bool has_row, select.bind(tenant.text).bind(workflow.text).step());
  return has_row ? select.number(0) : 0;
}

}  // namespace fermata::store
