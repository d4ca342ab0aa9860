#include "store/saved_views.h"

#include "json/text.h"
#include "store/sql.h"

namespace fermata::store {

Result<void> SavedViews::put(const SavedViewRow& row) {
  Query insert{.tenant = row.tenant};
  insert
      .add(
          "INSERT INTO workflow_saved_views (tenant, owner, name, query_json, is_shared, "
          "updated_at) VALUES (?",
          row.tenant.text)
      .add(", ?", row.owner)
      .add(", ?", row.name)
      .add(", ?", json::to_text(row.query))
      .add(", ?", std::int64_t{row.is_shared})
      .add(
          ", ?) ON CONFLICT (tenant, owner, name) DO UPDATE SET query_json = excluded.query_json, "
          "is_shared = excluded.is_shared, updated_at = excluded.updated_at",
          row.updated_at);
  return sql_.execute(insert);
}

Result<std::vector<SavedViewRow>> SavedViews::rows(const TenantId& tenant,
                                                   const std::string& owner) {
  Query query{.tenant = tenant};
  query
      .add(
          "SELECT owner, name, query_json, is_shared, updated_at FROM workflow_saved_views WHERE "
          "tenant = ?",
          tenant.text)
      .add(" AND (owner = ? OR is_shared = 1) ORDER BY name, owner", owner);
  return rows_of<SavedViewRow>(sql_, query, [&](const Cells& cells) -> SavedViewRow {
    return {tenant,         cells.text(0), cells.text(1), cells.json_value(2), cells.number(3) != 0,
            cells.number(4)};
  });
}

Result<void> SavedViews::remove(const TenantId& tenant, const std::string& owner,
                                const std::string& name) {
  TRY(const auto known, rows(tenant, owner));
  bool is_there = false;
  for (const SavedViewRow& row : known)
    is_there = is_there || (row.owner == owner && row.name == name);
  if (!is_there)
    return make_error(ErrorKind::NotFound, "NOT_FOUND", format("you have no view `{}`", name));
  Query query{.tenant = tenant};
  query.add("DELETE FROM workflow_saved_views WHERE tenant = ?", tenant.text)
      .add(" AND owner = ?", owner)
      .add(" AND name = ?", name);
  return sql_.execute(query);
}

}  // namespace fermata::store
