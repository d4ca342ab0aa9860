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
  TRY_DO(invocation.expected_attempt == 0 ? insert(invocation.row) : replace(invocation));
  return writer_->changes() > 0;
}

Result<void> SqliteStore::insert(const InvocationRow& row) {
  TRY(Statement put,
      writer_->prepare(
          "INSERT INTO workflow_action_invocations (tenant, idempotency_key, run_id, step_path, "
          "iteration, action_id, action_version, status, attempt, lease_owner, lease_expires_at, "
          "input_json, input_hash, output_json, error_json, started_at, completed_at, is_authored) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
          "ON CONFLICT (tenant, idempotency_key) DO NOTHING"));
  put.bind(row.tenant.text).bind(row.idempotency_key).bind(row.run_id.text);
  put.bind(row.step_path).bind(row.iteration).bind(row.action_id);
  put.bind(static_cast<std::int64_t>(row.action_version)).bind(word_of(row.status));
  put.bind(static_cast<std::int64_t>(row.attempt)).bind(row.lease_owner);
  put.bind(row.lease_expires_at).bind_json(row.input).bind(row.input_hash);
  put.bind(row.output).bind(row.error).bind(row.started_at).bind(row.completed_at);
  put.bind(std::int64_t{row.is_authored ? 1 : 0});
  return put.run();
}

Result<void> SqliteStore::replace(const InvocationPut& invocation) {
  const InvocationRow& row = invocation.row;
  TRY(Statement put,
      writer_->prepare(
          "UPDATE workflow_action_invocations SET status = ?, attempt = ?, lease_owner = ?, "
          "lease_expires_at = ?, output_json = ?, error_json = ?, completed_at = ? "
          "WHERE tenant = ? AND idempotency_key = ? AND attempt = ? AND status = ?"));
  put.bind(word_of(row.status)).bind(static_cast<std::int64_t>(row.attempt));
  put.bind(row.lease_owner).bind(row.lease_expires_at);
  put.bind(row.output).bind(row.error).bind(row.completed_at);
  put.bind(row.tenant.text).bind(row.idempotency_key);
  put.bind(static_cast<std::int64_t>(invocation.expected_attempt));
  return put.bind(word_of(invocation.expected_status)).run();
}

}  // namespace fermata::store
