// What is asked of people.
#include "foundation/format.h"
#include "store/postgres_store.h"

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

Result<std::vector<TaskRow>> PostgresStore::tasks(const TenantId& tenant,
                                                  const TaskFilter& filter) {
  // Absent conditions are true of every row: one statement for all filters.
  static const std::string kSql = select_tasks(
      "tenant = $1 AND ($2::bigint = 0 OR status = 'WAITING') AND ($3::text IS NULL OR claimed_by "
      "= $3) AND ($4::bigint = 0 OR claimed_by IS NULL) AND ($5::bigint IS NULL OR due_at <= $5) "
      "AND ($6::text IS NULL OR run_id = $6) AND ($7::bigint IS NULL OR (created_at, wait_id) > "
      "($7, $8::text)) ORDER BY created_at, wait_id LIMIT $9");
  Params params;
  params.bind(tenant.text).bind(std::int64_t{filter.is_open ? 1 : 0}).bind(filter.claimed_by);
  params.bind(std::int64_t{filter.is_unclaimed ? 1 : 0}).bind(filter.due_before);
  params.bind(filter.run_id);
  params.bind(filter.after ? std::optional(filter.after->first) : std::nullopt);
  params.bind(filter.after ? std::optional(filter.after->second) : std::nullopt);
  TRY(const PostgresRows rows,
      run_alone(tenant, kSql, params.bind(static_cast<std::int64_t>(filter.limit))));
  return read_all<TaskRow>(rows, [](const PostgresRow& row) { return read_task(row); });
}

Result<TaskRow> PostgresStore::task(const TenantId& tenant, const TaskId& task) {
  static const std::string kSql = select_tasks("tenant = $1 AND task_id = $2");
  TRY(const PostgresRows rows, run_alone(tenant, kSql, Params().bind(tenant.text).bind(task.text)));
  if (rows.empty())
    return make_error(ErrorKind::NotFound, "NOT_FOUND", format("there is no task `{}`", task.text));
  return read_task(rows[0]);
}

Result<bool> PostgresStore::claim(const TenantId& tenant, const TaskId& task, const std::string& by,
                                  TimeMs now) {
  TRY(const PostgresRows made,
      run_alone(tenant,
                "INSERT INTO workflow_task_states (tenant, task_id, claimed_by, claimed_at) VALUES "
                "($1, $2, $3, $4) ON CONFLICT (tenant, task_id) DO UPDATE SET claimed_by = "
                "excluded.claimed_by, claimed_at = excluded.claimed_at WHERE "
                "workflow_task_states.claimed_by IS NULL OR workflow_task_states.claimed_by = "
                "excluded.claimed_by RETURNING 1",
                Params().bind(tenant.text).bind(task.text).bind(by).bind(now)));
  return !made.empty();
}

Result<void> PostgresStore::release(const TenantId& tenant, const TaskId& task) {
  TRY(const PostgresRows done,
      run_alone(tenant,
                "UPDATE workflow_task_states SET claimed_by = NULL, claimed_at = NULL WHERE tenant "
                "= $1 AND task_id = $2",
                Params().bind(tenant.text).bind(task.text)));
  return {};
}

Result<std::vector<TaskRow>> PostgresStore::unannounced_tasks(std::size_t limit) {
  static const std::string kSql = select_tasks(
      "status = 'WAITING' AND announced_at IS NULL ORDER BY created_at, wait_id LIMIT $1");
  TRY(const PostgresRows rows,
      run_alone(kEveryTenant, kSql, Params().bind(static_cast<std::int64_t>(limit))));
  return read_all<TaskRow>(rows, [](const PostgresRow& row) { return read_task(row); });
}

Result<void> PostgresStore::mark_announced(const TenantId& tenant, const TaskId& task,
                                           const std::optional<TimeMs>& due_at, TimeMs now) {
  TRY(const PostgresRows done,
      run_alone(tenant,
                "INSERT INTO workflow_task_states (tenant, task_id, due_at, announced_at) VALUES "
                "($1, $2, $3, $4) ON CONFLICT (tenant, task_id) DO UPDATE SET due_at = "
                "excluded.due_at, announced_at = excluded.announced_at",
                Params().bind(tenant.text).bind(task.text).bind(due_at).bind(now)));
  return {};
}

Result<std::vector<TaskRow>> PostgresStore::overdue_tasks(TimeMs now, std::size_t limit) {
  static const std::string kSql = select_tasks(
      "due_at IS NOT NULL AND due_at <= $1 AND escalated_at IS NULL ORDER BY due_at LIMIT $2");
  TRY(const PostgresRows rows,
      run_alone(kEveryTenant, kSql, Params().bind(now).bind(static_cast<std::int64_t>(limit))));
  return read_all<TaskRow>(rows, [](const PostgresRow& row) { return read_task(row); });
}

Result<void> PostgresStore::mark_escalated(const TenantId& tenant, const TaskId& task, TimeMs now) {
  TRY(const PostgresRows done,
      run_alone(tenant,
                "UPDATE workflow_task_states SET escalated_at = $1 WHERE tenant = $2 AND task_id = "
                "$3",
                Params().bind(now).bind(tenant.text).bind(task.text)));
  return {};
}

}  // namespace fermata::store
