// What is asked of people.
#include "foundation/format.h"
#include "store/sqlite_connection.h"

namespace fermata::store {
namespace {

std::string select_tasks(std::string_view where) {
  return format(
      "SELECT {}, {} FROM (SELECT w.*, w.tenant AS w_tenant, w.task_id AS w_task FROM "
      "workflow_run_waits w WHERE w.wait_type = 'human') AS w LEFT JOIN (SELECT tenant AS "
      "s_tenant, "
      "task_id AS s_task, due_at, claimed_by, claimed_at, announced_at, escalated_at FROM "
      "workflow_task_states) AS s ON s_tenant = w_tenant AND s_task = w_task WHERE {}",
      kWaitColumns, kTaskColumns, where);
}

}  // namespace

Result<std::vector<TaskRow>> SqliteStore::tasks(const TenantId& tenant, const TaskFilter& filter) {
  const std::scoped_lock lock(read_mutex_);
  // Absent conditions are true of every row: one statement for all filters.
  static const std::string kSql = select_tasks(
      "tenant = ?1 AND (?2 = 0 OR status = 'WAITING') AND (?3 IS NULL OR claimed_by = ?3) AND (?4 "
      "= 0 OR claimed_by IS NULL) AND (?5 IS NULL OR due_at <= ?5) AND (?6 IS NULL OR run_id = ?6) "
      "AND (?7 IS NULL OR (created_at, wait_id) > (?7, ?8)) ORDER BY created_at, wait_id LIMIT ?9");
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(tenant.text).bind(std::int64_t{filter.is_open ? 1 : 0}).bind(filter.claimed_by);
  select.bind(std::int64_t{filter.is_unclaimed ? 1 : 0}).bind(filter.due_before);
  select.bind(filter.run_id);
  select.bind(filter.after ? std::optional(filter.after->first) : std::nullopt)
      .bind(filter.after ? std::optional(filter.after->second) : std::nullopt)
      .bind(static_cast<std::int64_t>(filter.limit));
  return read_all<TaskRow>(select, [](Statement& row) { return read_task(row); });
}

Result<TaskRow> SqliteStore::task(const TenantId& tenant, const TaskId& task) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = select_tasks("tenant = ? AND task_id = ?");
  TRY(Statement select, reader_->prepare(kSql));
  TRY(const bool is_there, select.bind(tenant.text).bind(task.text).step());
  if (!is_there)
    return make_error(ErrorKind::NotFound, "NOT_FOUND", format("there is no task `{}`", task.text));
  return read_task(select);
}

Result<bool> SqliteStore::claim(const TenantId& tenant, const TaskId& task, const std::string& by,
                                TimeMs now) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Statement put,
      writer_->prepare("INSERT INTO workflow_task_states (tenant, task_id, claimed_by, claimed_at) "
                       "VALUES (?, ?, ?, ?) ON CONFLICT (tenant, task_id) DO UPDATE SET claimed_by "
                       "= excluded.claimed_by, claimed_at = excluded.claimed_at WHERE claimed_by "
                       "IS NULL OR claimed_by = excluded.claimed_by"));
  TRY_DO(put.bind(tenant.text).bind(task.text).bind(by).bind(now).run());
  return writer_->changes() > 0;
}

Result<void> SqliteStore::release(const TenantId& tenant, const TaskId& task) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Statement update,
      writer_->prepare("UPDATE workflow_task_states SET claimed_by = NULL, claimed_at = NULL WHERE "
                       "tenant = ? AND task_id = ?"));
  return update.bind(tenant.text).bind(task.text).run();
}

Result<std::vector<TaskRow>> SqliteStore::unannounced_tasks(std::size_t limit) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = select_tasks(
      "status = 'WAITING' AND announced_at IS NULL ORDER BY created_at, wait_id LIMIT ?");
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(static_cast<std::int64_t>(limit));
  return read_all<TaskRow>(select, [](Statement& row) { return read_task(row); });
}

Result<void> SqliteStore::mark_announced(const TenantId& tenant, const TaskId& task,
                                         const std::optional<TimeMs>& due_at, TimeMs now) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Statement put,
      writer_->prepare("INSERT INTO workflow_task_states (tenant, task_id, due_at, announced_at) "
                       "VALUES (?, ?, ?, ?) ON CONFLICT (tenant, task_id) DO UPDATE SET due_at = "
                       "excluded.due_at, announced_at = excluded.announced_at"));
  return put.bind(tenant.text).bind(task.text).bind(due_at).bind(now).run();
}

Result<std::vector<TaskRow>> SqliteStore::overdue_tasks(TimeMs now, std::size_t limit) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = select_tasks(
      "due_at IS NOT NULL AND due_at <= ? AND escalated_at IS NULL ORDER BY due_at LIMIT ?");
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(now).bind(static_cast<std::int64_t>(limit));
  return read_all<TaskRow>(select, [](Statement& row) { return read_task(row); });
}

Result<void> SqliteStore::mark_escalated(const TenantId& tenant, const TaskId& task, TimeMs now) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Statement update, writer_->prepare("UPDATE workflow_task_states SET escalated_at = ? WHERE "
                                         "tenant = ? AND task_id = ?"));
  return update.bind(now).bind(tenant.text).bind(task.text).run();
}

}  // namespace fermata::store
