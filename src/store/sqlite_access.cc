// API keys.
#include "foundation/format.h"
#include "store/sqlite_connection.h"

namespace fermata::store {
namespace {

Error unknown_key(const std::string& key_id) {
  return make_error(ErrorKind::NotFound, "NOT_FOUND", format("there is no key `{}`", key_id));
}

}  // namespace

Result<void> SqliteStore::put_api_key(const ApiKeyRow& row) {
  const std::scoped_lock lock(write_mutex_);
  static const std::string kSql = format(
      "INSERT INTO workflow_api_keys ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", kApiKeyColumns);
  TRY(Statement insert, writer_->prepare(kSql));
  insert.bind(row.tenant.text).bind(row.key_id).bind(row.name).bind(row.role);
  insert.bind(row.secret_hash).bind(row.created_at).bind(row.expires_at);
  return insert.bind(row.revoked_at).bind(row.used_at).run();
}

Result<ApiKeyRow> SqliteStore::api_key(const std::string& key_id) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql =
      format("SELECT {} FROM workflow_api_keys WHERE key_id = ?", kApiKeyColumns);
  TRY(Statement select, reader_->prepare(kSql));
  TRY(const bool is_there, select.bind(key_id).step());
  if (!is_there) return unknown_key(key_id);
  return read_api_key(select);
}

Result<std::vector<ApiKeyRow>> SqliteStore::api_keys(const TenantId& tenant) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql =
      format("SELECT {} FROM workflow_api_keys WHERE tenant = ? ORDER BY created_at DESC, key_id",
             kApiKeyColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(tenant.text);
  return read_all<ApiKeyRow>(select, [](Statement& row) { return read_api_key(row); });
}

Result<void> SqliteStore::revoke_api_key(const TenantId& tenant, const std::string& key_id,
                                         TimeMs now) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Statement update,
      writer_->prepare("UPDATE workflow_api_keys SET revoked_at = coalesce(revoked_at, ?) WHERE "
                       "tenant = ? AND key_id = ?"));
  TRY_DO(update.bind(now).bind(tenant.text).bind(key_id).run());
  return writer_->changes() > 0 ? Result<void>() : unknown_key(key_id);
}

Result<void> SqliteStore::mark_api_key_used(const std::string& key_id, TimeMs now) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Statement update,
      writer_->prepare("UPDATE workflow_api_keys SET used_at = ? WHERE key_id = ?"));
  return update.bind(now).bind(key_id).run();
}

}  // namespace fermata::store
