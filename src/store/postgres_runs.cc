// Runs, steps and waits: the launch row, and how the projection's rows are read.
#include "foundation/format.h"
#include "store/postgres_store.h"

namespace fermata::store {
namespace {

using projection::StepRow;
using projection::WaitRow;

constexpr std::string_view kColumns =
    "run_id, workflow_id, workflow_version, status, node_path, input_json, output_json, "
    "error_json, trigger_type, trigger_metadata_json, trigger_fire_key, temporal_workflow_id, "
    "temporal_run_id, definition_hash, runtime_semantics_version, parent_run_id, root_run_id, "
    "sequence, started_at, completed_at, updated_at";

RunView read_run(const PostgresRow& row, const TenantId& tenant) {
  RunView view;
  LaunchRow& launch = view.launch;
  launch.tenant = tenant;
  launch.run_id = RunId(row.text(0));
  launch.workflow_id = WorkflowId(row.text(1));
  launch.workflow_version = row.number(2);
  launch.input = row.json_value(5);
  launch.trigger_type = row.text(8);
  launch.trigger_metadata = row.json_value(9);
  launch.fire_key = row.optional_text(10);
  launch.temporal_workflow_id = row.text(11);
  launch.temporal_run_id = row.optional_text(12);
  launch.definition_hash = row.text(13);
  launch.semantics = static_cast<std::uint32_t>(row.number(14));
  launch.parent_run_id = row.optional_text(15);
  launch.root_run_id = row.text(16);
  launch.started_at = row.number(18);
  view.run.tenant = tenant;
  view.run.run_id = launch.run_id;
  view.run.status = row.text(3);
  view.run.node_path = row.optional_text(4);
  view.run.output = row.optional_json(6);
  view.run.error = row.optional_json(7);
  view.run.sequence = static_cast<std::uint64_t>(row.number(17));
  view.run.completed_at = row.optional_number(19);
  view.run.updated_at = row.number(20);
  return view;
}

// The WHERE of a filter; its parameters are bound on the way.
std::string where_of(const TenantId& tenant, const RunFilter& filter, Params& params) {
  std::string where = format(" WHERE tenant = ${}", params.next());
  params.bind(tenant.text);
  if (filter.workflow_id) {
    where += format(" AND workflow_id = ${}", params.next());
    params.bind(*filter.workflow_id);
  }
  if (filter.status) {
    where += format(" AND status = ${}", params.next());
    params.bind(*filter.status);
  }
  if (filter.after) {
    where +=
        format(" AND (started_at, run_id) < (${}::bigint, ${})", params.next(), params.next() + 1);
    params.bind(filter.after->first).bind(filter.after->second);
  }
  return where;
}

}  // namespace

Result<void> PostgresStore::insert_launch(const LaunchRow& row) {
  Params insert;
  insert.bind(row.run_id.text).bind(row.tenant.text).bind(row.workflow_id.text);
  insert.bind(row.workflow_version).bind_json(row.input).bind(row.trigger_type);
  insert.bind_json(row.trigger_metadata).bind(row.fire_key).bind(row.temporal_workflow_id);
  insert.bind(row.temporal_run_id).bind(row.definition_hash);
  insert.bind(static_cast<std::int64_t>(row.semantics)).bind(row.parent_run_id);
  insert.bind(row.root_run_id).bind(row.started_at);
  TRY(const PostgresRows done,
      run_alone("INSERT INTO workflow_runs (run_id, tenant, workflow_id, workflow_version, status, "
                "input_json, trigger_type, trigger_metadata_json, trigger_fire_key, "
                "temporal_workflow_id, temporal_run_id, definition_hash, "
                "runtime_semantics_version, parent_run_id, root_run_id, started_at, updated_at) "
                "VALUES ($1, $2, $3, $4, 'RUNNING', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, "
                "$15, $15)",
                insert));
  return {};
}

Result<void> PostgresStore::set_temporal_run(const RunId& run, const std::string& temporal_run_id) {
  TRY(const PostgresRows done,
      run_alone("UPDATE workflow_runs SET temporal_run_id = $1 WHERE run_id = $2",
                Params().bind(temporal_run_id).bind(run.text)));
  return {};
}

Result<std::vector<LaunchRow>> PostgresStore::unconfirmed_launches(TimeMs before,
                                                                   std::size_t limit) {
  static const std::string kSql = format(
      "SELECT {}, tenant FROM workflow_runs WHERE temporal_run_id IS NULL AND status = 'RUNNING' "
      "AND started_at <= $1 ORDER BY started_at, run_id LIMIT $2",
      kColumns);
  TRY(const PostgresRows rows,
      run_alone(kSql, Params().bind(before).bind(static_cast<std::int64_t>(limit))));
  return read_all<LaunchRow>(
      rows, [](const PostgresRow& row) { return read_run(row, TenantId(row.text(21))).launch; });
}

Result<void> PostgresStore::fail_launch(const RunId& run, const json::Value& error, TimeMs now) {
  TRY(const PostgresRows done,
      run_alone("UPDATE workflow_runs SET status = 'FAILED', error_json = $1, completed_at = $2, "
                "updated_at = $2 WHERE run_id = $3 AND sequence = 0",
                Params().bind_json(error).bind(now).bind(run.text)));
  return {};
}

Result<RunView> PostgresStore::run(const TenantId& tenant, const RunId& run) {
  static const std::string kSql =
      format("SELECT {} FROM workflow_runs WHERE tenant = $1 AND run_id = $2", kColumns);
  TRY(const PostgresRows rows, run_alone(kSql, Params().bind(tenant.text).bind(run.text)));
  if (rows.empty())
    return make_error(ErrorKind::NotFound, "NOT_FOUND", format("there is no run `{}`", run.text));
  return read_run(rows[0], tenant);
}

Result<std::vector<RunView>> PostgresStore::runs(const TenantId& tenant, const RunFilter& filter) {
  Params params;
  const std::string where = where_of(tenant, filter, params);
  const std::string sql =
      format("SELECT {} FROM workflow_runs{} ORDER BY started_at DESC, run_id DESC LIMIT ${}",
             kColumns, where, params.next());
  params.bind(static_cast<std::int64_t>(filter.limit));
  TRY(const PostgresRows rows, run_alone(sql, params));
  return read_all<RunView>(rows, [&](const PostgresRow& row) { return read_run(row, tenant); });
}

Result<std::int64_t> PostgresStore::count_runs(const TenantId& tenant, const RunFilter& filter) {
  Params params;
  const std::string where = where_of(tenant, filter, params);
  TRY(const PostgresRows rows, run_alone("SELECT count(*) FROM workflow_runs" + where, params));
  return rows[0].number(0);
}

Result<std::vector<StepRow>> PostgresStore::steps(const TenantId& tenant, const RunId& run,
                                                  std::uint64_t after, std::size_t limit) {
  Params params;
  params.bind(run.text).bind(tenant.text);
  params.bind(static_cast<std::int64_t>(after)).bind(static_cast<std::int64_t>(limit));
  TRY(const PostgresRows rows,
      run_alone(
          "SELECT step_number, sequence, step_path, definition_step_id, step_type, iteration, "
          "status, attempt, started_at, completed_at, error_json, note_json FROM "
          "workflow_run_steps WHERE run_id = $1 AND tenant = $2 AND step_number > $3 "
          "ORDER BY step_number LIMIT $4",
          params));
  return read_all<StepRow>(rows, [&](const PostgresRow& select) {
    StepRow row;
    row.tenant = tenant;
    row.run_id = run;
    row.step_number = static_cast<std::uint64_t>(select.number(0));
    row.sequence = static_cast<std::uint64_t>(select.number(1));
    row.step_path = select.text(2);
    row.definition_step_id = select.text(3);
    row.step_type = select.text(4);
    row.iteration = select.text(5);
    row.status = select.text(6);
    row.attempt = static_cast<std::uint32_t>(select.number(7));
    row.started_at = select.number(8);
    row.completed_at = select.optional_number(9);
    row.error = select.optional_json(10);
    row.note = select.optional_json(11);
    return row;
  });
}

WaitRow read_wait(const PostgresRow& select) {
  WaitRow row;
  row.wait_id = WaitId(select.text(0));
  row.sequence = static_cast<std::uint64_t>(select.number(1));
  row.step_path = select.text(2);
  row.iteration = select.text(3);
  row.wait_type = select.text(4);
  row.status = select.text(5);
  row.event_name = select.optional_text(6);
  row.correlation_key = select.optional_text(7);
  row.task_id = select.optional_text(8);
  row.timeout_at = select.optional_number(9);
  row.accepts_from = select.number(10);
  row.payload = select.optional_json(11);
  row.matched_event_id = select.optional_text(12);
  row.created_at = select.number(13);
  row.resolved_at = select.optional_number(14);
  row.tenant = TenantId(select.text(15));
  row.run_id = RunId(select.text(16));
  return row;
}

Result<std::vector<WaitRow>> PostgresStore::waits(const TenantId& tenant, const RunId& run) {
  static const std::string kSql = format(
      "SELECT {} FROM workflow_run_waits WHERE run_id = $1 AND tenant = $2 "
      "ORDER BY created_at, wait_id",
      kPostgresWaitColumns);
  TRY(const PostgresRows rows, run_alone(kSql, Params().bind(run.text).bind(tenant.text)));
  return read_all<WaitRow>(rows, read_wait);
}

}  // namespace fermata::store
