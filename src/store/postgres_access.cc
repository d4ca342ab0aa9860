// API keys.
#include "foundation/format.h"
#include "store/postgres_store.h"

namespace fermata::store {
namespace {

Error unknown_key(const std::string& key_id) {
  return make_error(ErrorKind::NotFound, "NOT_FOUND", format("there is no key `{}`", key_id));
}

}  // namespace

Result<void> PostgresStore::put_api_key(const ApiKeyRow& row) {
  static const std::string kSql =
      format("INSERT INTO workflow_api_keys ({}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
             kApiKeyColumns);
  Params insert;
  insert.bind(row.tenant.text).bind(row.key_id).bind(row.name).bind(row.role);
  insert.bind(row.secret_hash).bind(row.created_at).bind(row.expires_at);
  TRY(const PostgresRows done,
      run_alone(row.tenant, kSql, insert.bind(row.revoked_at).bind(row.used_at)));
  return {};
}

Result<ApiKeyRow> PostgresStore::api_key(const std::string& key_id) {
  static const std::string kSql =
      format("SELECT {} FROM workflow_api_keys WHERE key_id = $1", kApiKeyColumns);
  TRY(const PostgresRows rows, run_alone(kEveryTenant, kSql, Params().bind(key_id)));
  if (rows.empty()) return unknown_key(key_id);
  return read_api_key(rows[0]);
}

Result<std::vector<ApiKeyRow>> PostgresStore::api_keys(const TenantId& tenant) {
  static const std::string kSql =
      format("SELECT {} FROM workflow_api_keys WHERE tenant = $1 ORDER BY created_at DESC, key_id",
             kApiKeyColumns);
  TRY(const PostgresRows rows, run_alone(tenant, kSql, Params().bind(tenant.text)));
  return read_all<ApiKeyRow>(rows, [](const PostgresRow& row) { return read_api_key(row); });
}

Result<void> PostgresStore::revoke_api_key(const TenantId& tenant, const std::string& key_id,
                                           TimeMs now) {
  TRY(const PostgresRows done,
      run_alone(tenant,
                "UPDATE workflow_api_keys SET revoked_at = coalesce(revoked_at, $1) WHERE tenant = "
                "$2 AND key_id = $3 RETURNING key_id",
                Params().bind(now).bind(tenant.text).bind(key_id)));
  return done.empty() ? unknown_key(key_id) : Result<void>();
}

Result<void> PostgresStore::mark_api_key_used(const std::string& key_id, TimeMs now) {
  TRY(const PostgresRows done,
      run_alone(kEveryTenant, "UPDATE workflow_api_keys SET used_at = $1 WHERE key_id = $2",
                Params().bind(now).bind(key_id)));
  return {};
}

}  // namespace fermata::store
