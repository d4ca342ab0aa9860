// Key-value pairs and sealed secrets.
#include "foundation/format.h"
#include "store/postgres_store.h"
#include "store/row_rules.h"

namespace fermata::store {

Result<std::optional<KeyValueRow>> PostgresStore::key_value(const TenantId& tenant,
                                                            const std::string& space,
                                                            const std::string& key) {
  static const std::string kSql = format(
      "SELECT {} FROM workflow_key_values WHERE tenant = $1 AND space = $2 AND key = $3 AND "
      "value_json IS NOT NULL",
      kKeyValueColumns);
  TRY(const PostgresRows rows,
      run_alone(tenant, kSql, Params().bind(tenant.text).bind(space).bind(key)));
  if (rows.empty()) return std::optional<KeyValueRow>{};
  return std::optional(read_key_value(rows[0]));
}

Result<KeyValueOutcome> PostgresStore::put_key_value(const KeyValuePut& put) {
  TRY(const PostgresPool::Lease connection, pool_.take(put.tenant));
  TRY(PostgresTransaction transaction, PostgresTransaction::begin(*connection));
  const Params key = Params().bind(put.tenant.text).bind(put.space).bind(put.key);
  // A row that is not there cannot be locked.
  TRY_DO(connection->run(
      "SELECT pg_advisory_xact_lock(hashtextextended($1 || chr(31) || $2 || chr(31) || $3, 0))",
      key));
  TRY(const PostgresRows rows,
      connection->run("SELECT revision, writer, (value_json IS NOT NULL)::int FROM "
                      "workflow_key_values WHERE tenant = $1 AND space = $2 AND key = $3",
                      key));
  KeyValueState state;
  if (!rows.empty()) state = {rows[0].number(0), rows[0].text(1), rows[0].number(2) != 0};
  if (const auto outcome = settled(put, state)) return *outcome;
  Params upsert;
  upsert.bind(put.tenant.text).bind(put.space).bind(put.key).bind(put.value);
  upsert.bind(state.revision + 1).bind(put.writer).bind(put.now);
  TRY_DO(connection->run(
      "INSERT INTO workflow_key_values (tenant, space, key, value_json, revision, writer, "
      "updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant, space, key) DO UPDATE "
      "SET value_json = $4, revision = $5, writer = $6, updated_at = $7",
      upsert));
  TRY_DO(transaction.commit());
  return KeyValueOutcome{true, put.value ? state.revision + 1 : 0};
}

Result<std::vector<KeyValueRow>> PostgresStore::key_values(const TenantId& tenant,
                                                           const KeyValueFilter& filter) {
  static const std::string kSql = format(
      "SELECT {} FROM workflow_key_values WHERE tenant = $1 AND space = $2 AND key > $3 AND key >= "
      "$4 AND starts_with(key, $4) AND value_json IS NOT NULL ORDER BY key LIMIT $5",
      kKeyValueColumns);
  Params params;
  params.bind(tenant.text).bind(filter.space).bind(filter.after).bind(filter.prefix);
  TRY(const PostgresRows rows,
      run_alone(tenant, kSql, params.bind(static_cast<std::int64_t>(filter.limit))));
  return read_all<KeyValueRow>(rows, read_key_value<const PostgresRow&>);
}

Result<void> PostgresStore::put_secret(const SecretRow& row) {
  Params put;
  put.bind(row.tenant.text).bind(row.name).bind(row.sealed).bind(row.key_id).bind(row.description);
  put.bind(row.created_at).bind(row.updated_at);
  TRY_DO(run_alone(row.tenant,
                   "INSERT INTO workflow_secrets (tenant, name, sealed, key_id, description, "
                   "created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT "
                   "(tenant, name) DO UPDATE SET sealed = $3, key_id = $4, description = $5, "
                   "updated_at = $7",
                   put));
  return {};
}

Result<SecretRow> PostgresStore::secret(const TenantId& tenant, const std::string& name) {
  static const std::string kSql =
      format("SELECT {} FROM workflow_secrets WHERE tenant = $1 AND name = $2", kSecretColumns);
  TRY(const PostgresRows rows, run_alone(tenant, kSql, Params().bind(tenant.text).bind(name)));
  if (rows.empty()) return no_secret(name);
  return read_secret(rows[0]);
}

Result<std::vector<SecretRow>> PostgresStore::secrets(const TenantId& tenant) {
  static const std::string kSql =
      format("SELECT {} FROM workflow_secrets WHERE tenant = $1 ORDER BY name", kSecretColumns);
  TRY(const PostgresRows rows, run_alone(tenant, kSql, Params().bind(tenant.text)));
  return read_all<SecretRow>(rows, read_secret<const PostgresRow&>);
}

Result<std::vector<SecretRow>> PostgresStore::secrets_not_of(const std::string& key_id,
                                                             std::size_t limit) {
  static const std::string kSql =
      format("SELECT {} FROM workflow_secrets WHERE key_id <> $1 ORDER BY tenant, name LIMIT $2",
             kSecretColumns);
  TRY(const PostgresRows rows,
      run_alone(kEveryTenant, kSql, Params().bind(key_id).bind(static_cast<std::int64_t>(limit))));
  return read_all<SecretRow>(rows, read_secret<const PostgresRow&>);
}

Result<void> PostgresStore::remove_secret(const TenantId& tenant, const std::string& name) {
  TRY(const PostgresRows removed,
      run_alone(tenant, "DELETE FROM workflow_secrets WHERE tenant = $1 AND name = $2 RETURNING 1",
                Params().bind(tenant.text).bind(name)));
  return removed.empty() ? no_secret(name) : Result<void>();
}

}  // namespace fermata::store
