// The ledger of action invocations.
#include "foundation/format.h"
#include "store/invocation_words.h"
#include "store/sqlite_connection.h"

namespace fermata::store {
Result<std::vector<InvocationRow>> SqliteStore::invocations(const TenantId& tenant,
                                                            const RunId& run) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = format(
      "SELECT {} FROM workflow_action_invocations WHERE tenant = ? AND run_id = ? ORDER BY "
      "started_at, idempotency_key",
      kInvocationColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(tenant.text).bind(run.text);
  return read_all<InvocationRow>(select,
                                 [&](Statement& row) { return read_invocation(row, tenant); });
}

Result<std::optional<InvocationRow>> SqliteStore::invocation(const TenantId& tenant,
                                                             const std::string& key) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql =
      format("SELECT {} FROM workflow_action_invocations WHERE tenant = ? AND idempotency_key = ?",
             kInvocationColumns);
  TRY(Statement select, reader_->prepare(kSql));
  TRY(const bool is_there, select.bind(tenant.text).bind(std::string_view(key)).step());
  if (!is_there) return std::optional<InvocationRow>{};
  return std::optional(read_invocation(select, tenant));
}

Result<bool> SqliteStore::put_invocation(const InvocationPut& invocation) {
  const InvocationRow& row = invocation.row;
  TRY(Statement put,
      writer_->prepare(
          "INSERT INTO workflow_action_invocations (tenant, idempotency_key, run_id, step_path, "
          "iteration, action_id, "
          "action_version, status, attempt, lease_owner, lease_expires_at, input_json, input_hash, "
          "output_json, error_json, "
          "started_at, completed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
          "ON CONFLICT (tenant, idempotency_key) DO UPDATE SET status = excluded.status, attempt = "
          "excluded.attempt, "
          "lease_owner = excluded.lease_owner, lease_expires_at = excluded.lease_expires_at, "
          "output_json = excluded.output_json, "
          "error_json = excluded.error_json, completed_at = excluded.completed_at "
          "WHERE workflow_action_invocations.attempt = ? AND workflow_action_invocations.status = "
          "?"));
  put.bind(row.tenant.text)
      .bind(row.idempotency_key)
      .bind(row.run_id.text)
      .bind(row.step_path)
      .bind(row.iteration);
  put.bind(row.action_id)
      .bind(static_cast<std::int64_t>(row.action_version))
      .bind(word_of(row.status));
  put.bind(static_cast<std::int64_t>(row.attempt))
      .bind(row.lease_owner)
      .bind(row.lease_expires_at)
      .bind_json(row.input);
  put.bind(row.input_hash)
      .bind(row.output)
      .bind(row.error)
      .bind(row.started_at)
      .bind(row.completed_at);
  TRY_DO(put.bind(static_cast<std::int64_t>(invocation.expected_attempt))
             .bind(word_of(invocation.expected_status))
             .run());
  return writer_->changes() > 0;
}

}  // namespace fermata::store
