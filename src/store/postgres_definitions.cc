// Definitions and their versions.
#include "foundation/format.h"
#include "store/postgres_store.h"

namespace fermata::store {
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

Result<void> PostgresStore::publish(const VersionRow& version, const TriggerKey& trigger) {
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
  update.bind(version.version).bind(trigger.type).bind(trigger.event_name);
  update.bind(version.published_at);
  update.bind(version.tenant.text).bind(version.workflow_id.text);
  TRY(const PostgresRows updated,
      connection->run("UPDATE workflow_definitions SET published_version = "
                      "greatest(published_version, $1), trigger_type = $2, trigger_event = $3, "
                      "updated_at = $4 WHERE tenant = $5 AND workflow_id = $6",
                      update));
  return transaction.commit();
}

Result<DefinitionRow> PostgresStore::definition(const TenantId& tenant, const WorkflowId& id) {
  static const std::string kSql =
      format("SELECT {} FROM workflow_definitions WHERE tenant = $1 AND workflow_id = $2",
             kDefinitionColumns);
  TRY(const PostgresRows rows, run_alone(kSql, Params().bind(tenant.text).bind(id.text)));
  if (rows.empty())
    return make_error(ErrorKind::NotFound, "NOT_FOUND",
                      format("there is no workflow `{}`", id.text));
  return read_definition(rows[0], tenant);
}

Result<std::vector<DefinitionRow>> PostgresStore::definitions(const TenantId& tenant) {
  static const std::string kSql =
      format("SELECT {} FROM workflow_definitions WHERE tenant = $1 ORDER BY workflow_id",
             kDefinitionColumns);
  TRY(const PostgresRows rows, run_alone(kSql, Params().bind(tenant.text)));
  return read_all<DefinitionRow>(
      rows, [&](const PostgresRow& row) { return read_definition(row, tenant); });
}

Result<std::vector<DefinitionRow>> PostgresStore::triggered_by(const TenantId& tenant,
                                                               const std::string& event_name) {
  static const std::string kSql = format(
      "SELECT {} FROM workflow_definitions WHERE tenant = $1 AND trigger_event = $2 AND "
      "trigger_event <> '' AND trigger_type = 'event' AND published_version > 0 "
      "ORDER BY workflow_id",
      kDefinitionColumns);
  TRY(const PostgresRows rows, run_alone(kSql, Params().bind(tenant.text).bind(event_name)));
  return read_all<DefinitionRow>(
      rows, [&](const PostgresRow& row) { return read_definition(row, tenant); });
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

Result<std::vector<DefinitionRow>> PostgresStore::unsynced_schedules(std::size_t limit) {
  static const std::string kSql = format(
      "SELECT {}, tenant FROM workflow_definitions WHERE (trigger_type IN ('schedule', "
      "'recurring') OR schedule_version <> 0) AND published_version > 0 AND "
      "schedule_version <> published_version ORDER BY updated_at LIMIT $1",
      kDefinitionColumns);
  TRY(const PostgresRows rows, run_alone(kSql, Params().bind(static_cast<std::int64_t>(limit))));
  std::vector<DefinitionRow> made;
  for (int i = 0; i < rows.size(); ++i)
    made.push_back(read_definition(rows[i], TenantId(rows[i].text(kAfterDefinition))));
  return made;
}

Result<void> PostgresStore::mark_schedule(const TenantId& tenant, const WorkflowId& id,
                                          std::int64_t version) {
  TRY(const PostgresRows done,
      run_alone("UPDATE workflow_definitions SET schedule_version = CASE WHEN trigger_type IN "
                "('schedule', 'recurring') THEN $1::bigint ELSE 0 END WHERE tenant = $2 AND "
                "workflow_id = $3 AND published_version = $1::bigint",
                Params().bind(version).bind(tenant.text).bind(id.text)));
  return {};
}

}  // namespace fermata::store
