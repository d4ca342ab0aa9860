// Definitions and their versions.
#include "foundation/format.h"
#include "store/postgres_store.h"

namespace fermata::store {
namespace {

constexpr std::string_view kSelect =
    "SELECT workflow_id, name, draft_definition, draft_version, published_version, trigger_type, "
    "created_at, updated_at "
    "FROM workflow_definitions WHERE tenant = $1 AND workflow_id = $2";
constexpr std::string_view kSelectAll =
    "SELECT workflow_id, name, draft_definition, draft_version, published_version, trigger_type, "
    "created_at, updated_at "
    "FROM workflow_definitions WHERE tenant = $1 ORDER BY workflow_id";

DefinitionRow read(const PostgresRow& row, const TenantId& tenant) {
  DefinitionRow made;
  made.tenant = tenant;
  made.workflow_id = WorkflowId(row.text(0));
  made.name = row.text(1);
  made.draft = row.json_value(2);
  made.draft_version = row.number(3);
  made.published_version = row.number(4);
  made.trigger_type = row.text(5);
  made.created_at = row.number(6);
  made.updated_at = row.number(7);
  return made;
}

}  // namespace

Result<void> PostgresStore::put_draft(const DefinitionRow& row) {
  Params put;
  put.bind(row.tenant.text).bind(row.workflow_id.text).bind(row.name).bind_json(row.draft);
  put.bind(row.draft_version).bind(row.created_at).bind(row.updated_at);
  TRY(const PostgresRows done,
      run_alone("INSERT INTO workflow_definitions (tenant, workflow_id, name, draft_definition, "
                "draft_version, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7) "
                "ON CONFLICT (tenant, workflow_id) DO UPDATE SET name = excluded.name, "
                "draft_definition = excluded.draft_definition, draft_version = "
                "excluded.draft_version, updated_at = excluded.updated_at",
                put));
  return {};
}

Result<void> PostgresStore::publish(const VersionRow& version, const std::string& trigger_type) {
  TRY(const PostgresPool::Lease connection, pool_.take());
  TRY(PostgresTransaction transaction, PostgresTransaction::begin(*connection));
  Params insert;
  insert.bind(version.tenant.text).bind(version.workflow_id.text).bind(version.version);
  insert.bind_json(version.definition).bind(version.hash).bind(version.published_at);
  TRY(const PostgresRows inserted,
      connection->run("INSERT INTO workflow_definition_versions (tenant, workflow_id, version, "
                      "definition_json, definition_hash, published_at) "
                      "VALUES ($1, $2, $3, $4, $5, $6)",
                      insert));
  Params update;
  update.bind(version.version).bind(trigger_type).bind(version.published_at);
  update.bind(version.tenant.text).bind(version.workflow_id.text);
  TRY(const PostgresRows updated,
      connection->run("UPDATE workflow_definitions SET published_version = "
                      "greatest(published_version, $1), trigger_type = $2, updated_at = $3 "
                      "WHERE tenant = $4 AND workflow_id = $5",
                      update));
  return transaction.commit();
}

Result<DefinitionRow> PostgresStore::definition(const TenantId& tenant, const WorkflowId& id) {
  TRY(const PostgresRows rows, run_alone(kSelect, Params().bind(tenant.text).bind(id.text)));
  if (rows.empty())
    return make_error(ErrorKind::NotFound, "NOT_FOUND",
                      format("there is no workflow `{}`", id.text));
  return read(rows[0], tenant);
}

Result<std::vector<DefinitionRow>> PostgresStore::definitions(const TenantId& tenant) {
  TRY(const PostgresRows rows, run_alone(kSelectAll, Params().bind(tenant.text)));
  std::vector<DefinitionRow> made;
  for (int i = 0; i < rows.size(); ++i) made.push_back(read(rows[i], tenant));
  return made;
}

Result<VersionRow> PostgresStore::version(const TenantId& tenant, const WorkflowId& id,
                                          std::int64_t version) {
  TRY(const PostgresRows rows,
      run_alone("SELECT definition_json, definition_hash, published_at FROM "
                "workflow_definition_versions WHERE tenant = $1 AND workflow_id = $2 AND version = "
                "$3",
                Params().bind(tenant.text).bind(id.text).bind(version)));
  if (rows.empty()) {
    return make_error(ErrorKind::NotFound, "NOT_FOUND",
                      format("workflow `{}` has no version {}", id.text, version));
  }
  VersionRow row;
  row.tenant = tenant;
  row.workflow_id = id;
  row.version = version;
  row.definition = rows[0].json_value(0);
  row.hash = rows[0].text(1);
  row.published_at = rows[0].number(2);
  return row;
}

}  // namespace fermata::store
