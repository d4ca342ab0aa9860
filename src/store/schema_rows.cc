#include "store/schema_rows.h"

namespace fermata::store {

Result<std::vector<SchemaRow>> schemas_of(Sql& sql, const TenantId& tenant,
                                          const std::vector<std::string>& refs) {
  if (refs.empty()) return std::vector<SchemaRow>();
  Query query{.tenant = tenant};
  query
      .add("SELECT ref, schema_json, created_at FROM workflow_payload_schemas WHERE tenant = ?",
           tenant.text)
      .add(" AND ")
      .add_in("ref", refs);
  return rows_of<SchemaRow>(sql, query, [&](const Cells& cells) -> SchemaRow {
    return {tenant, cells.text(0), cells.json_value(1), cells.number(2)};
  });
}

Result<std::vector<EventTypeRow>> event_types_of(Sql& sql, const TenantId& tenant,
                                                 const std::vector<std::string>& names) {
  if (names.empty()) return std::vector<EventTypeRow>();
  Query query{.tenant = tenant};
  query
      .add(
          "SELECT event_name, payload_schema_ref, correlation_path, updated_at FROM "
          "workflow_event_types WHERE tenant = ?",
          tenant.text)
      .add(" AND ")
      .add_in("event_name", names);
  return rows_of<EventTypeRow>(sql, query, [&](const Cells& cells) -> EventTypeRow {
    return {tenant, cells.text(0), cells.text(1), cells.text(2), cells.number(3)};
  });
}

}  // namespace fermata::store
