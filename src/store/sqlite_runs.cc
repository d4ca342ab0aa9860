// Runs, steps and waits: the launch row, the projection's rows, and how they are read.
#include "foundation/format.h"
#include "store/sqlite_connection.h"

namespace fermata::store {
namespace {

using projection::RunRow;
using projection::StepRow;
using projection::WaitRow;

// There is one lock: who holds it holds up everybody's rows, not only these.
Error out_of_reach(Error error) {
  if (error.code == "STORE_BUSY") error.code = "STORE_UNAVAILABLE";
  return error;
}

}  // namespace

Result<void> SqliteStore::insert_launch(const LaunchRow& row, std::optional<std::int64_t> limit) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Transaction transaction, Transaction::begin(*writer_));
  if (limit) {
    TRY(Statement count,
        writer_->prepare("SELECT count(*) FROM workflow_runs WHERE tenant = ? AND workflow_id = ? "
                         "AND status IN ('RUNNING', 'WAITING', 'PAUSED')"));
    TRY(const bool has_row, count.bind(row.tenant.text).bind(row.workflow_id.text).step());
    if (has_row && count.number(0) >= *limit) return at_limit(row.workflow_id, *limit);
  }
  // The projection may have been faster with a row of its own for a child: then only what it did
  // not know is added.
  TRY(Statement insert,
      writer_->prepare(
          "INSERT INTO workflow_runs (run_id, tenant, workflow_id, workflow_version, status, "
          "input_json, trigger_type, "
          "trigger_metadata_json, trigger_fire_key, temporal_workflow_id, temporal_run_id, "
          "definition_hash, "
          "runtime_semantics_version, parent_run_id, root_run_id, started_at, updated_at) "
          "VALUES (?, ?, ?, ?, 'RUNNING', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  insert.bind(row.run_id.text)
      .bind(row.tenant.text)
      .bind(row.workflow_id.text)
      .bind(row.workflow_version);
  insert.bind_json(row.input)
      .bind(row.trigger_type)
      .bind_json(row.trigger_metadata)
      .bind(row.fire_key);
  insert.bind(row.temporal_workflow_id).bind(row.temporal_run_id).bind(row.definition_hash);
  insert.bind(static_cast<std::int64_t>(row.semantics))
      .bind(row.parent_run_id)
      .bind(row.root_run_id);
  TRY_DO(insert.bind(row.started_at).bind(row.started_at).run());
  return transaction.commit();
}

Result<void> SqliteStore::set_temporal_run(const RunId& run, const std::string& temporal_run_id) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Statement update,
      writer_->prepare("UPDATE workflow_runs SET temporal_run_id = ? WHERE run_id = ?"));
  return update.bind(std::string_view(temporal_run_id)).bind(run.text).run();
}

Result<std::vector<RunView>> SqliteStore::unconfirmed_launches(TimeMs before, std::size_t limit) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = format(
      "SELECT {}, tenant FROM workflow_runs WHERE temporal_run_id IS NULL AND (status = 'RUNNING' "
      "OR sequence > 0) AND started_at <= ? ORDER BY started_at, run_id LIMIT ?",
      kRunColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(before).bind(static_cast<std::int64_t>(limit));
  return read_all<RunView>(select,
                           [&](Statement& row) { return read_run(row, TenantId(row.text(21))); });
}

Result<std::optional<LaunchRow>> SqliteStore::launch_by(const TenantId& tenant,
                                                        const std::string& fire_key) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql =
      format("SELECT {} FROM workflow_runs WHERE tenant = ? AND trigger_fire_key = ?", kRunColumns);
  TRY(Statement select, reader_->prepare(kSql));
  TRY(const bool has_row, select.bind(tenant.text).bind(fire_key).step());
  if (!has_row) return std::optional<LaunchRow>();
  return std::optional(read_run(select, tenant).launch);
}

Result<void> SqliteStore::fail_launch(const RunId& run, const json::Value& error, TimeMs now) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Statement update, writer_->prepare("UPDATE workflow_runs SET status = 'FAILED', error_json = "
                                         "?, completed_at = ?, updated_at = ? "
                                         "WHERE run_id = ? AND sequence = 0"));
  return update.bind_json(error).bind(now).bind(now).bind(run.text).run();
}

Result<std::vector<bool>> SqliteStore::write(std::span<const projection::RowBatch> batches,
                                             std::span<const InvocationPut> puts) {
  const std::scoped_lock lock(write_mutex_);
  auto begun = Transaction::begin(*writer_);
  if (!begun.has_value()) return out_of_reach(std::move(begun).error());
  Transaction transaction = *std::move(begun);
  for (const projection::RowBatch& batch : batches) {
    if (batch.run) TRY_DO(apply_run(*batch.run));
    for (const StepRow& row : batch.steps) TRY_DO(apply_step(row));
    for (const WaitRow& row : batch.waits) TRY_DO(apply_wait(row));
    if (batch.run && batch.run->steps) TRY_DO(drop_surplus(*batch.run));
  }
  std::vector<bool> made;
  made.reserve(puts.size());
  for (const InvocationPut& put : puts) {
    TRY(const bool is_made, put_invocation(put));
    made.push_back(is_made);
  }
  TRY_DO(transaction.commit());
  return made;
}

Result<void> SqliteStore::apply_run(const RunRow& row) {
  TRY(const bool is_done, apply_progress(row));
  if (is_done) return {};
  TRY(Statement update,
      writer_->prepare("UPDATE workflow_runs SET status = ?, node_path = ?, error_json = ?, "
                       "output_json = ?, completed_at = ?, "
                       "updated_at = ?, sequence = ? WHERE run_id = ? AND sequence <= ?"));
  update.bind(row.status)
      .bind(row.node_path)
      .bind(row.error)
      .bind(row.output)
      .bind(row.completed_at);
  update.bind(row.updated_at).bind(static_cast<std::int64_t>(row.sequence)).bind(row.run_id.text);
  return update.bind(static_cast<std::int64_t>(row.sequence)).run();
}

// A step changes only how far its run is, most times. SQLite rewrites an index whenever a statement
// sets one of its columns, also to the same value: status and error stay out of this one.
Result<bool> SqliteStore::apply_progress(const RunRow& row) {
  if (row.error || row.output || row.completed_at) return false;
  TRY(Statement update,
      writer_->prepare(
          "UPDATE workflow_runs SET node_path = ?, updated_at = ?, sequence = ? WHERE run_id = ? "
          "AND sequence <= ? AND status = ? AND error_json IS NULL AND output_json IS NULL AND "
          "completed_at IS NULL"));
  update.bind(row.node_path).bind(row.updated_at).bind(static_cast<std::int64_t>(row.sequence));
  update.bind(row.run_id.text).bind(static_cast<std::int64_t>(row.sequence));
  TRY_DO(update.bind(row.status).run());
  return writer_->changes() > 0;
}

Result<void> SqliteStore::drop_surplus(const RunRow& row) {
  TRY(Statement steps,
      writer_->prepare("DELETE FROM workflow_run_steps WHERE run_id = ? AND step_number > ?"));
  TRY_DO(steps.bind(row.run_id.text).bind(static_cast<std::int64_t>(*row.steps)).run());
  TRY(Statement waits, writer_->prepare("DELETE FROM workflow_run_waits WHERE run_id = ? AND "
                                        "sequence < ? AND status = 'WAITING'"));
  TRY_DO(waits.bind(row.run_id.text).bind(static_cast<std::int64_t>(row.sequence)).run());
  if (row.status == "SUCCEEDED") return {};
  // Closed ones, too, when a cancel or a timeout came between the task and its repetition.
  TRY(Statement closed,
      writer_->prepare(
          "DELETE FROM workflow_run_waits WHERE run_id = ? AND status <> 'WAITING' AND wait_type "
          "IN ('time', 'event', 'human') AND (step_path, iteration) NOT IN (SELECT step_path, "
          "iteration FROM workflow_run_steps WHERE run_id = ?)"));
  return closed.bind(row.run_id.text).bind(row.run_id.text).run();
}

Result<void> SqliteStore::apply_step(const StepRow& row) {
  TRY(Statement put,
      writer_->prepare(
          "INSERT INTO workflow_run_steps (run_id, step_number, tenant, sequence, step_path, "
          "definition_step_id, step_type, "
          "iteration, status, attempt, started_at, completed_at, error_json, note_json, log_level) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run_id, step_number) "
          "DO "
          "UPDATE SET step_path = excluded.step_path, definition_step_id = "
          "excluded.definition_step_id, "
          "step_type = excluded.step_type, iteration = excluded.iteration, started_at = "
          "excluded.started_at, "
          "sequence = excluded.sequence, status = excluded.status, attempt = excluded.attempt, "
          "completed_at = excluded.completed_at, error_json = excluded.error_json, note_json = "
          "excluded.note_json, log_level = excluded.log_level "
          "WHERE workflow_run_steps.sequence <= excluded.sequence"));
  put.bind(row.run_id.text).bind(static_cast<std::int64_t>(row.step_number)).bind(row.tenant.text);
  put.bind(static_cast<std::int64_t>(row.sequence))
      .bind(row.step_path)
      .bind(row.definition_step_id)
      .bind(row.step_type);
  put.bind(row.iteration)
      .bind(row.status)
      .bind(static_cast<std::int64_t>(row.attempt))
      .bind(row.started_at);
  return put.bind(row.completed_at).bind(row.error).bind(row.note).bind(row.log_level).run();
}

Result<void> SqliteStore::apply_wait(const WaitRow& row) {
  // A closing alone (created_at 0) changes what the opening wrote.
  if (row.created_at == 0) {
    TRY(Statement close, writer_->prepare("UPDATE workflow_run_waits SET status = ?, "
                                          "matched_event_id = ?, resolved_at = ?, sequence = ? "
                                          "WHERE wait_id = ? AND sequence <= ?"));
    close.bind(row.status)
        .bind(row.matched_event_id)
        .bind(row.resolved_at)
        .bind(static_cast<std::int64_t>(row.sequence));
    return close.bind(row.wait_id.text).bind(static_cast<std::int64_t>(row.sequence)).run();
  }
  TRY(Statement put,
      writer_->prepare(
          "INSERT INTO workflow_run_waits (wait_id, run_id, tenant, sequence, "
          "step_path, iteration, wait_type, status, "
          "event_name, correlation_key, task_id, timeout_at, accepts_from, payload, "
          "matched_event_id, created_at, resolved_at) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT "
          "(wait_id) DO UPDATE SET "
          "correlation_key = excluded.correlation_key, timeout_at = excluded.timeout_at, "
          "accepts_from = excluded.accepts_from, payload = excluded.payload, "
          "created_at = excluded.created_at, "
          "sequence = excluded.sequence, status = excluded.status, matched_event_id = "
          "excluded.matched_event_id, "
          "resolved_at = excluded.resolved_at WHERE workflow_run_waits.sequence <= "
          "excluded.sequence"));
  put.bind(row.wait_id.text)
      .bind(row.run_id.text)
      .bind(row.tenant.text)
      .bind(static_cast<std::int64_t>(row.sequence));
  put.bind(row.step_path)
      .bind(row.iteration)
      .bind(row.wait_type)
      .bind(row.status)
      .bind(row.event_name);
  put.bind(row.correlation_key)
      .bind(row.task_id)
      .bind(row.timeout_at)
      .bind(row.accepts_from)
      .bind(row.payload);
  return put.bind(row.matched_event_id).bind(row.created_at).bind(row.resolved_at).run();
}

Result<RunView> SqliteStore::run(const TenantId& tenant, const RunId& run) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql =
      format("SELECT {} FROM workflow_runs WHERE tenant = ? AND run_id = ?", kRunColumns);
  TRY(Statement select, reader_->prepare(kSql));
  TRY(const bool is_there, select.bind(tenant.text).bind(run.text).step());
  if (!is_there)
    return make_error(ErrorKind::NotFound, "NOT_FOUND", format("there is no run `{}`", run.text));
  return read_run(select, tenant);
}

Result<std::vector<StepRow>> SqliteStore::steps(const TenantId& tenant, const RunId& run,
                                                std::uint64_t after, std::size_t limit) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = format(
      "SELECT {} FROM workflow_run_steps WHERE run_id = ? AND tenant = ? AND step_number > "
      "? ORDER BY step_number LIMIT ?",
      kStepColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(run.text)
      .bind(tenant.text)
      .bind(static_cast<std::int64_t>(after))
      .bind(static_cast<std::int64_t>(limit));
  return read_all<StepRow>(select, [](Statement& row) { return read_step(row); });
}

Result<std::vector<WaitRow>> SqliteStore::waits(const TenantId& tenant, const RunId& run) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = format(
      "SELECT {} FROM workflow_run_waits WHERE run_id = ? AND tenant = ? ORDER BY "
      "created_at, wait_id",
      kWaitColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(run.text).bind(tenant.text);
  return read_all<WaitRow>(select, [&](Statement& row) { return read_wait(row); });
}

}  // namespace fermata::store
