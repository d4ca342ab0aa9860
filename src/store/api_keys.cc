#include "store/api_keys.h"

#include "store/sql.h"

namespace fermata::store {
namespace {

constexpr std::string_view kColumns =
    "tenant, key_id, name, role, secret_hash, created_at, expires_at, revoked_at, used_at";

ApiKeyRow read(const Cells& cells) {
  return {TenantId(cells.text(0)),
          cells.text(1),
          cells.text(2),
          cells.text(3),
          cells.text(4),
          cells.number(5),
          cells.optional_number(6),
          cells.optional_number(7),
          cells.optional_number(8)};
}

SqlValue value_of(const std::optional<TimeMs>& at) {
  return at ? SqlValue(*at) : SqlValue(nullptr);
}

Query select(const TenantId& tenant, std::string_view condition, const std::string& value) {
  Query query{.tenant = tenant};
  query.add("SELECT ").add(kColumns).add(" FROM workflow_api_keys WHERE ").add(condition, value);
  return query;
}

Error unknown(const std::string& key_id) {
  return make_error(ErrorKind::NotFound, "NOT_FOUND", format("there is no key `{}`", key_id));
}

}  // namespace

Result<void> ApiKeys::put(const ApiKeyRow& row) {
  Query insert{.tenant = row.tenant};
  insert.add("INSERT INTO workflow_api_keys (").add(kColumns).add(") VALUES (?", row.tenant.text);
  for (const std::string* text : {&row.key_id, &row.name, &row.role, &row.secret_hash})
    insert.add(", ?", *text);
  insert.add(", ?", row.created_at);
  for (const auto* at : {&row.expires_at, &row.revoked_at, &row.used_at})
    insert.add(", ?", value_of(*at));
  return sql_.execute(insert.add(")"));
}

Result<ApiKeyRow> ApiKeys::find(const std::string& key_id) {
  TRY(auto found, rows_of<ApiKeyRow>(sql_, select(kEveryTenant, "key_id = ?", key_id), read));
  if (found.empty()) return unknown(key_id);
  return std::move(found.front());
}

Result<std::vector<ApiKeyRow>> ApiKeys::rows(const TenantId& tenant) {
  return rows_of<ApiKeyRow>(
      sql_, select(tenant, "tenant = ?", tenant.text).add(" ORDER BY created_at DESC, key_id"),
      read);
}

Result<void> ApiKeys::revoke(const TenantId& tenant, const std::string& key_id, TimeMs now) {
  // A key is never deleted and never changes hands: what is found stays true.
  TRY(const ApiKeyRow key, find(key_id));
  if (key.tenant != tenant) return unknown(key_id);
  Query update{.tenant = tenant};
  update.add("UPDATE workflow_api_keys SET revoked_at = coalesce(revoked_at, ?)", now)
      .add(" WHERE key_id = ?", key_id);
  return sql_.execute(update);
}

Result<void> ApiKeys::mark_used(const std::string& key_id, TimeMs now) {
  Query update{.tenant = kEveryTenant};
  update.add("UPDATE workflow_api_keys SET used_at = ?", now).add(" WHERE key_id = ?", key_id);
  return sql_.execute(update);
}

}  // namespace fermata::store
