// The projection's rows of many activations, as one statement per table.
#include <map>

#include "store/postgres_store.h"

namespace fermata::store {
namespace {

using projection::RowBatch;
using projection::RunRow;
using projection::StepRow;
using projection::WaitRow;

constexpr std::string_view kRuns =
    "UPDATE workflow_runs AS old SET status = new.status, node_path = new.node_path, error_json = "
    "new.error_json, output_json = new.output_json, completed_at = new.completed_at, updated_at = "
    "new.updated_at, sequence = new.sequence "
    "FROM unnest($1::text[], $2::text[], $3::text[], $4::json[], $5::json[], $6::bigint[], "
    "$7::bigint[], $8::bigint[]) AS new (run_id, status, node_path, error_json, output_json, "
    "completed_at, updated_at, sequence) "
    "WHERE old.run_id = new.run_id AND old.sequence <= new.sequence";
constexpr std::string_view kSteps =
    "INSERT INTO workflow_run_steps (run_id, step_number, tenant, sequence, step_path, "
    "definition_step_id, step_type, iteration, status, attempt, started_at, completed_at, "
    "error_json, note_json, log_level) "
    "SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], "
    "$6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[], $11::bigint[], $12::bigint[], "
    "$13::json[], $14::json[], $15::text[]) "
    "ON CONFLICT (run_id, step_number) DO UPDATE SET sequence = excluded.sequence, step_path = "
    "excluded.step_path, definition_step_id = excluded.definition_step_id, step_type = "
    "excluded.step_type, iteration = excluded.iteration, status = excluded.status, attempt = "
    "excluded.attempt, started_at = excluded.started_at, completed_at = excluded.completed_at, "
    "error_json = excluded.error_json, note_json = excluded.note_json, log_level = "
    "excluded.log_level "
    "WHERE workflow_run_steps.sequence <= excluded.sequence";
constexpr std::string_view kOpenings =
    "INSERT INTO workflow_run_waits (wait_id, run_id, tenant, sequence, step_path, iteration, "
    "wait_type, status, event_name, correlation_key, task_id, timeout_at, accepts_from, payload, "
    "matched_event_id, created_at, resolved_at) "
    "SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], "
    "$6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::bigint[], "
    "$13::bigint[], $14::json[], $15::text[], $16::bigint[], $17::bigint[]) "
    "ON CONFLICT (wait_id) DO UPDATE SET sequence = excluded.sequence, status = excluded.status, "
    "correlation_key = excluded.correlation_key, timeout_at = excluded.timeout_at, accepts_from = "
    "excluded.accepts_from, payload = excluded.payload, matched_event_id = "
    "excluded.matched_event_id, created_at = excluded.created_at, resolved_at = "
    "excluded.resolved_at "
    "WHERE workflow_run_waits.sequence <= excluded.sequence";
constexpr std::string_view kClosings =
    "UPDATE workflow_run_waits AS old SET status = new.status, matched_event_id = "
    "new.matched_event_id, resolved_at = new.resolved_at, sequence = new.sequence "
    "FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[]) "
    "AS new (wait_id, status, matched_event_id, resolved_at, sequence) "
    "WHERE old.wait_id = new.wait_id AND old.sequence <= new.sequence";

// See RunRow::steps.
constexpr std::string_view kSurplusSteps =
    "DELETE FROM workflow_run_steps AS old USING unnest($1::text[], $2::bigint[]) "
    "AS ended (run_id, steps) WHERE old.run_id = ended.run_id AND old.step_number > ended.steps";
constexpr std::string_view kSurplusWaits =
    "DELETE FROM workflow_run_waits AS old USING unnest($1::text[], $2::bigint[]) "
    "AS ended (run_id, sequence) WHERE old.run_id = ended.run_id AND old.sequence < ended.sequence "
    "AND old.status = 'WAITING'";
// Closed ones, too, when a cancel or a timeout came between the task and its repetition.
constexpr std::string_view kSurplusClosed =
    "DELETE FROM workflow_run_waits AS old USING unnest($1::text[]) AS broken_off (run_id) WHERE "
    "old.run_id = broken_off.run_id AND old.status <> 'WAITING' AND old.wait_type IN ('time', "
    "'event', 'human') AND NOT EXISTS (SELECT 1 FROM workflow_run_steps AS step WHERE step.run_id "
    "= old.run_id AND step.step_path = old.step_path AND step.iteration = old.iteration)";

// The newest row of each key: one statement changes a row once. Ordered, so that two programs lock
// in the same order.
template <typename Key, typename Row>
using Newest = std::map<Key, const Row*>;

template <typename Key, typename Row>
void keep(Newest<Key, Row>& newest, Key key, const Row& row) {
  const Row*& kept = newest[std::move(key)];
  if (kept == nullptr || kept->sequence <= row.sequence) kept = &row;
}

Result<void> put_runs(PostgresConnection& connection, std::span<const RowBatch> batches) {
  Newest<std::string, RunRow> newest;
  for (const RowBatch& batch : batches)
    if (batch.run) keep(newest, batch.run->run_id.text, *batch.run);
  if (newest.empty()) return {};
  Columns columns(8);
  for (const auto& [key, row] : newest) {
    columns.bind(row->run_id.text).bind(row->status).bind(row->node_path);
    columns.bind(row->error).bind(row->output).bind(row->completed_at);
    columns.bind(row->updated_at).bind(row->sequence);
  }
  TRY(const PostgresRows done, connection.run(kRuns, std::move(columns).finish()));
  return {};
}

Result<void> put_steps(PostgresConnection& connection, std::span<const RowBatch> batches) {
  Newest<std::pair<std::string, std::uint64_t>, StepRow> newest;
  for (const RowBatch& batch : batches)
    for (const StepRow& row : batch.steps)
      keep(newest, std::pair(row.run_id.text, row.step_number), row);
  if (newest.empty()) return {};
  Columns columns(15);
  for (const auto& [key, row] : newest) {
    columns.bind(row->run_id.text).bind(row->step_number).bind(row->tenant.text);
    columns.bind(row->sequence).bind(row->step_path).bind(row->definition_step_id);
    columns.bind(row->step_type).bind(row->iteration).bind(row->status).bind(row->attempt);
    columns.bind(row->started_at).bind(row->completed_at).bind(row->error).bind(row->note);
    columns.bind(row->log_level);
  }
  TRY(const PostgresRows done, connection.run(kSteps, std::move(columns).finish()));
  return {};
}

Result<void> put_openings(PostgresConnection& connection,
                          const Newest<std::string, WaitRow>& newest) {
  if (newest.empty()) return {};
  Columns columns(17);
  for (const auto& [key, row] : newest) {
    columns.bind(row->wait_id.text).bind(row->run_id.text).bind(row->tenant.text);
    columns.bind(row->sequence).bind(row->step_path).bind(row->iteration);
    columns.bind(row->wait_type).bind(row->status).bind(row->event_name);
    columns.bind(row->correlation_key).bind(row->task_id).bind(row->timeout_at);
    columns.bind(row->accepts_from).bind(row->payload).bind(row->matched_event_id);
    columns.bind(row->created_at).bind(row->resolved_at);
  }
  TRY(const PostgresRows done, connection.run(kOpenings, std::move(columns).finish()));
  return {};
}

// What only closes (created_at 0) changes what the opening wrote.
Result<void> put_closings(PostgresConnection& connection,
                          const Newest<std::string, WaitRow>& newest) {
  if (newest.empty()) return {};
  Columns columns(5);
  for (const auto& [key, row] : newest) {
    columns.bind(row->wait_id.text).bind(row->status).bind(row->matched_event_id);
    columns.bind(row->resolved_at).bind(row->sequence);
  }
  TRY(const PostgresRows done, connection.run(kClosings, std::move(columns).finish()));
  return {};
}

Result<void> drop_surplus(PostgresConnection& connection, std::span<const RowBatch> batches) {
  Columns steps(2);
  Columns waits(2);
  Columns broken_off(1);
  bool any = false;
  bool any_broken_off = false;
  for (const RowBatch& batch : batches) {
    if (!batch.run || !batch.run->steps) continue;
    steps.bind(batch.run->run_id.text).bind(*batch.run->steps);
    waits.bind(batch.run->run_id.text).bind(batch.run->sequence);
    any = true;
    if (batch.run->status == "SUCCEEDED") continue;
    broken_off.bind(batch.run->run_id.text);
    any_broken_off = true;
  }
  if (!any) return {};
  TRY(const PostgresRows no_steps, connection.run(kSurplusSteps, std::move(steps).finish()));
  TRY(const PostgresRows no_waits, connection.run(kSurplusWaits, std::move(waits).finish()));
  if (!any_broken_off) return {};
  TRY(const PostgresRows no_closed, connection.run(kSurplusClosed, std::move(broken_off).finish()));
  return {};
}

}  // namespace

Result<void> put_rows(PostgresConnection& connection, std::span<const RowBatch> batches) {
  TRY_DO(put_runs(connection, batches));
  TRY_DO(put_steps(connection, batches));
  Newest<std::string, WaitRow> openings;
  Newest<std::string, WaitRow> closings;
  for (const RowBatch& batch : batches)
    for (const WaitRow& row : batch.waits)
      keep(row.created_at == 0 ? closings : openings, row.wait_id.text, row);
  TRY_DO(put_openings(connection, openings));
  TRY_DO(put_closings(connection, closings));
  return drop_surplus(connection, batches);
}

}  // namespace fermata::store
