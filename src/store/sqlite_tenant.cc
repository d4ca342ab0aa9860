// Key-value pairs and sealed secrets.
#include "foundation/format.h"
#include "store/row_rules.h"
#include "store/sqlite_connection.h"

namespace fermata::store {

Result<std::optional<KeyValueRow>> SqliteStore::key_value(const TenantId& tenant,
                                                          const std::string& space,
                                                          const std::string& key) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = format(
      "SELECT {} FROM workflow_key_values WHERE tenant = ? AND space = ? AND key = ? AND "
      "value_json IS NOT NULL",
      kKeyValueColumns);
  TRY(Statement select, reader_->prepare(kSql));
  TRY(const bool is_there, select.bind(tenant.text).bind(space).bind(key).step());
  if (!is_there) return std::optional<KeyValueRow>{};
  return std::optional(read_key_value(select));
}

Result<KeyValueOutcome> SqliteStore::put_key_value(const KeyValuePut& put) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Transaction transaction, Transaction::begin(*writer_));
  KeyValueState state;
  {
    TRY(Statement select,
        writer_->prepare("SELECT revision, writer, value_json IS NOT NULL FROM workflow_key_values "
                         "WHERE tenant = ? AND space = ? AND key = ?"));
    select.bind(put.tenant.text).bind(put.space).bind(put.key);
    TRY(const bool is_there, select.step());
    if (is_there) state = {select.number(0), select.text(1), select.number(2) != 0};
  }
  if (const auto outcome = settled(put, state)) return *outcome;
  {
    TRY(Statement upsert,
        writer_->prepare(
            "INSERT INTO workflow_key_values (tenant, space, key, value_json, revision, writer, "
            "updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (tenant, space, key) DO "
            "UPDATE SET value_json = ?4, revision = ?5, writer = ?6, updated_at = ?7"));
    upsert.bind(put.tenant.text).bind(put.space).bind(put.key).bind(put.value);
    TRY_DO(upsert.bind(state.revision + 1).bind(put.writer).bind(put.now).run());
  }
  TRY_DO(transaction.commit());
  return KeyValueOutcome{true, put.value ? state.revision + 1 : 0};
}

Result<std::vector<KeyValueRow>> SqliteStore::key_values(const TenantId& tenant,
                                                         const KeyValueFilter& filter) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = format(
      "SELECT {} FROM workflow_key_values WHERE tenant = ?1 AND space = ?2 AND key > ?3 AND key >= "
      "?4 AND substr(key, 1, length(?4)) = ?4 AND value_json IS NOT NULL ORDER BY key LIMIT ?5",
      kKeyValueColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(tenant.text).bind(filter.space).bind(filter.after).bind(filter.prefix);
  select.bind(static_cast<std::int64_t>(filter.limit));
  return read_all<KeyValueRow>(select, [](Statement& row) { return read_key_value(row); });
}

Result<void> SqliteStore::put_secret(const SecretRow& row) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Statement put,
      writer_->prepare(
          "INSERT INTO workflow_secrets (tenant, name, sealed, key_id, description, created_at, "
          "updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (tenant, name) DO UPDATE "
          "SET sealed = ?3, key_id = ?4, description = ?5, updated_at = ?7"));
  put.bind(row.tenant.text).bind(row.name).bind(row.sealed).bind(row.key_id).bind(row.description);
  return put.bind(row.created_at).bind(row.updated_at).run();
}

Result<SecretRow> SqliteStore::secret(const TenantId& tenant, const std::string& name) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql =
      format("SELECT {} FROM workflow_secrets WHERE tenant = ? AND name = ?", kSecretColumns);
  TRY(Statement select, reader_->prepare(kSql));
  TRY(const bool is_there, select.bind(tenant.text).bind(name).step());
  if (!is_there) return no_secret(name);
  return read_secret(select);
}

Result<std::vector<SecretRow>> SqliteStore::secrets(const TenantId& tenant) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql =
      format("SELECT {} FROM workflow_secrets WHERE tenant = ? ORDER BY name", kSecretColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(tenant.text);
  return read_all<SecretRow>(select, [](Statement& row) { return read_secret(row); });
}

Result<std::vector<SecretRow>> SqliteStore::secrets_not_of(const std::string& key_id,
                                                           std::size_t limit) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql =
      format("SELECT {} FROM workflow_secrets WHERE key_id <> ? ORDER BY tenant, name LIMIT ?",
             kSecretColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(key_id).bind(static_cast<std::int64_t>(limit));
  return read_all<SecretRow>(select, [](Statement& row) { return read_secret(row); });
}

Result<void> SqliteStore::remove_secret(const TenantId& tenant, const std::string& name) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Statement remove,
      writer_->prepare("DELETE FROM workflow_secrets WHERE tenant = ? AND name = ?"));
  TRY_DO(remove.bind(tenant.text).bind(name).run());
  return writer_->changes() > 0 ? Result<void>() : no_secret(name);
}

}  // namespace fermata::store
