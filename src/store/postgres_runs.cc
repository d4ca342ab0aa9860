// Runs, steps and waits: the launch row, and how the projection's rows are read.
#include "foundation/format.h"
#include "store/postgres_store.h"

namespace fermata::store {
namespace {

using projection::StepRow;
using projection::WaitRow;

}  // namespace

Result<void> PostgresStore::insert_launch(const LaunchRow& row, std::optional<std::int64_t> limit) {
  TRY(const PostgresPool::Lease connection, pool_.take(row.tenant));
  TRY(PostgresTransaction transaction, PostgresTransaction::begin(*connection));
  if (limit) {
    // The workflow's row is the lock: of two who count, the second sees what the first inserted.
    Params workflow;
    workflow.bind(row.tenant.text).bind(row.workflow_id.text);
    TRY(const PostgresRows locked,
        connection->run("SELECT 1 FROM workflow_definitions WHERE tenant = $1 AND workflow_id = $2 "
                        "FOR UPDATE",
                        workflow));
    TRY(const PostgresRows active,
        connection->run("SELECT count(*) FROM workflow_runs WHERE tenant = $1 AND workflow_id = $2 "
                        "AND status IN ('RUNNING', 'WAITING', 'PAUSED')",
                        workflow));
    if (active[0].number(0) >= *limit) return at_limit(row.workflow_id, *limit);
  }
  Params insert;
  insert.bind(row.run_id.text).bind(row.tenant.text).bind(row.workflow_id.text);
  insert.bind(row.workflow_version).bind_json(row.input).bind(row.trigger_type);
  insert.bind_json(row.trigger_metadata).bind(row.fire_key).bind(row.temporal_workflow_id);
  insert.bind(row.temporal_run_id).bind(row.definition_hash);
  insert.bind(static_cast<std::int64_t>(row.semantics)).bind(row.parent_run_id);
  insert.bind(row.root_run_id).bind(row.started_at);
  TRY(const PostgresRows done,
      connection->run(
          "INSERT INTO workflow_runs (run_id, tenant, workflow_id, workflow_version, status, "
          "input_json, trigger_type, trigger_metadata_json, trigger_fire_key, "
          "temporal_workflow_id, temporal_run_id, definition_hash, "
          "runtime_semantics_version, parent_run_id, root_run_id, started_at, updated_at) "
          "VALUES ($1, $2, $3, $4, 'RUNNING', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, "
          "$15, $15)",
          insert));
  return transaction.commit();
}

Result<void> PostgresStore::set_temporal_run(const RunId& run, const std::string& temporal_run_id) {
  TRY(const PostgresRows done,
      run_alone(kEveryTenant, "UPDATE workflow_runs SET temporal_run_id = $1 WHERE run_id = $2",
                Params().bind(temporal_run_id).bind(run.text)));
  return {};
}

Result<std::vector<RunView>> PostgresStore::unconfirmed_launches(TimeMs before, std::size_t limit) {
  static const std::string kSql = format(
      "SELECT {}, tenant FROM workflow_runs WHERE temporal_run_id IS NULL AND (status = 'RUNNING' "
      "OR sequence > 0) AND started_at <= $1 ORDER BY started_at, run_id LIMIT $2",
      kRunColumns);
  TRY(const PostgresRows rows,
      run_alone(kEveryTenant, kSql, Params().bind(before).bind(static_cast<std::int64_t>(limit))));
  return read_all<RunView>(
      rows, [](const PostgresRow& row) { return read_run(row, TenantId(row.text(21))); });
}

Result<std::optional<LaunchRow>> PostgresStore::launch_by(const TenantId& tenant,
                                                          const std::string& fire_key) {
  static const std::string kSql = format(
      "SELECT {} FROM workflow_runs WHERE tenant = $1 AND trigger_fire_key = $2", kRunColumns);
  TRY(const PostgresRows rows, run_alone(tenant, kSql, Params().bind(tenant.text).bind(fire_key)));
  if (rows.empty()) return std::optional<LaunchRow>();
  return std::optional(read_run(rows[0], tenant).launch);
}

Result<void> PostgresStore::fail_launch(const RunId& run, const json::Value& error, TimeMs now) {
  TRY(const PostgresRows done,
      run_alone(kEveryTenant,
                "UPDATE workflow_runs SET status = 'FAILED', error_json = $1, completed_at = $2, "
                "updated_at = $2 WHERE run_id = $3 AND sequence = 0",
                Params().bind_json(error).bind(now).bind(run.text)));
  return {};
}

Result<RunView> PostgresStore::run(const TenantId& tenant, const RunId& run) {
  static const std::string kSql =
      format("SELECT {} FROM workflow_runs WHERE tenant = $1 AND run_id = $2", kRunColumns);
  TRY(const PostgresRows rows, run_alone(tenant, kSql, Params().bind(tenant.text).bind(run.text)));
  if (rows.empty())
    return make_error(ErrorKind::NotFound, "NOT_FOUND", format("there is no run `{}`", run.text));
  return read_run(rows[0], tenant);
}

Result<std::vector<StepRow>> PostgresStore::steps(const TenantId& tenant, const RunId& run,
                                                  std::uint64_t after, std::size_t limit) {
  Params params;
  params.bind(run.text).bind(tenant.text);
  params.bind(static_cast<std::int64_t>(after)).bind(static_cast<std::int64_t>(limit));
  static const std::string kSql = format(
      "SELECT {} FROM workflow_run_steps WHERE run_id = $1 AND tenant = $2 AND step_number "
      "> $3 ORDER BY step_number LIMIT $4",
      kStepColumns);
  TRY(const PostgresRows rows, run_alone(tenant, kSql, params));
  return read_all<StepRow>(rows, [](const PostgresRow& row) { return read_step(row); });
}

Result<std::vector<WaitRow>> PostgresStore::waits(const TenantId& tenant, const RunId& run) {
  static const std::string kSql = format(
      "SELECT {} FROM workflow_run_waits WHERE run_id = $1 AND tenant = $2 "
      "ORDER BY created_at, wait_id",
      kWaitColumns);
  TRY(const PostgresRows rows, run_alone(tenant, kSql, Params().bind(run.text).bind(tenant.text)));
  return read_all<WaitRow>(rows, [](const PostgresRow& row) { return read_wait(row); });
}

}  // namespace fermata::store
