// Definitions and their versions.
#include "foundation/format.h"
#include "store/postgres_store.h"
#include "store/row_rules.h"

namespace fermata::store {
namespace {

Result<std::int64_t> save(PostgresConnection& connection, const DefinitionRow& row,
                          std::optional<std::int64_t> expected) {
  static const std::string kInsert =
      "INSERT INTO workflow_definitions AS had (tenant, workflow_id, name, draft_definition, "
      "payload_schema_mode, updated_at, draft_version, created_at) VALUES ($1, $2, $3, $4, $5, "
      "$6::bigint, 1, $6::bigint) ON CONFLICT (tenant, workflow_id) DO ";
  static const std::string kNew = kInsert + "NOTHING RETURNING draft_version";
  static const std::string kAny =
      kInsert +
      "UPDATE SET name = $3, draft_definition = $4, payload_schema_mode = $5, updated_at = "
      "$6::bigint, draft_version = had.draft_version + 1 RETURNING draft_version";
  static const std::string kExpected =
      "UPDATE workflow_definitions SET name = $3, draft_definition = $4, payload_schema_mode = $5, "
      "updated_at = $6::bigint, draft_version = draft_version + 1 WHERE tenant = $1 AND "
      "workflow_id = $2 AND draft_version = $7 RETURNING draft_version";
  Params put;
  put.bind(row.tenant.text).bind(row.workflow_id.text).bind(row.name).bind_json(row.draft);
  put.bind(row.schema_mode).bind(row.updated_at);
  if (expected && *expected != 0) put.bind(*expected);
  TRY(const PostgresRows saved, connection.run(!expected        ? kAny
                                               : *expected == 0 ? kNew
                                                                : kExpected,
                                               put));
  if (saved.empty()) return draft_conflict(row.workflow_id);
  return saved[0].number(0);
}

Result<void> publish_in(PostgresConnection& connection, const Publication& publication) {
  const VersionRow& version = publication.version;
  TRY_DO(save(connection, publication.draft, publication.expected_draft));
  if (version.version == 0) return {};
  Params insert;
  insert.bind(version.tenant.text).bind(version.workflow_id.text).bind(version.version);
  insert.bind_json(version.definition).bind(version.hash).bind(version.published_at);
  insert.bind_json(version.notes);
  TRY_DO(connection.run(
      "INSERT INTO workflow_definition_versions (tenant, workflow_id, version, definition_json, "
      "definition_hash, published_at, notes_json) VALUES ($1, $2, $3, $4, $5, $6, $7)",
      insert));
  Params update;
  update.bind(version.version).bind(publication.trigger.type).bind(publication.trigger.event_name);
  update.bind(version.tenant.text).bind(version.workflow_id.text);
  TRY_DO(connection.run(
      "UPDATE workflow_definitions SET published_version = $1::bigint, trigger_type = $2, "
      "trigger_event = $3 WHERE tenant = $4 AND workflow_id = $5 AND published_version < "
      "$1::bigint",
      update));
  return {};
}

}  // namespace

Result<std::int64_t> PostgresStore::save_draft(const DefinitionRow& row,
                                               std::optional<std::int64_t> expected) {
  TRY(const PostgresPool::Lease connection, pool_.take(row.tenant));
  return save(*connection, row, expected);
}

Result<void> PostgresStore::publish(const Publication& publication) {
  TRY(const PostgresPool::Lease connection, pool_.take(publication.version.tenant));
  TRY(PostgresTransaction transaction, PostgresTransaction::begin(*connection));
  TRY_DO(publish_in(*connection, publication));
  return transaction.commit();
}

Result<void> PostgresStore::put_bundle(const BundleRows& rows) {
  TRY(const PostgresPool::Lease connection, pool_.take(kEveryTenant));
  TRY(PostgresTransaction transaction, PostgresTransaction::begin(*connection));
  for (const SchemaRow& row : rows.schemas) TRY_DO(put_schema_in(*connection, row));
  for (const EventTypeRow& row : rows.event_types) TRY_DO(put_event_type_in(*connection, row));
  for (const Publication& publication : rows.publications)
    TRY_DO(publish_in(*connection, publication));
  return transaction.commit();
}

Result<DefinitionRow> PostgresStore::definition(const TenantId& tenant, const WorkflowId& id) {
  static const std::string kSql =
      format("SELECT {} FROM workflow_definitions WHERE tenant = $1 AND workflow_id = $2",
             kDefinitionColumns);
  TRY(const PostgresRows rows, run_alone(tenant, kSql, Params().bind(tenant.text).bind(id.text)));
  if (rows.empty()) return no_workflow(id);
  return read_definition(rows[0]);
}

Result<std::vector<DefinitionRow>> PostgresStore::definitions(const TenantId& tenant) {
  static const std::string kSql =
      format("SELECT {} FROM workflow_definitions WHERE tenant = $1 ORDER BY workflow_id",
             kDefinitionColumns);
  TRY(const PostgresRows rows, run_alone(tenant, kSql, Params().bind(tenant.text)));
  return read_all<DefinitionRow>(rows, read_definition<const PostgresRow&>);
}

Result<std::vector<DefinitionRow>> PostgresStore::triggered_by(const TenantId& tenant,
                                                               const std::string& event_name) {
  static const std::string kSql = format(
      "SELECT {} FROM workflow_definitions WHERE tenant = $1 AND trigger_event = $2 AND "
      "trigger_event <> '' AND trigger_type = 'event' AND published_version > 0 AND archived_at "
      "IS NULL ORDER BY workflow_id",
      kDefinitionColumns);
  TRY(const PostgresRows rows,
      run_alone(tenant, kSql, Params().bind(tenant.text).bind(event_name)));
  return read_all<DefinitionRow>(rows, read_definition<const PostgresRow&>);
}

Result<VersionRow> PostgresStore::version(const TenantId& tenant, const WorkflowId& id,
                                          std::int64_t version) {
  static const std::string kSql = format(
      "SELECT {} FROM workflow_definition_versions WHERE tenant = $1 AND workflow_id = $2 AND "
      "version = $3",
      kVersionColumns);
  TRY(const PostgresRows rows,
      run_alone(tenant, kSql, Params().bind(tenant.text).bind(id.text).bind(version)));
  if (rows.empty()) return no_version(id, version);
  return read_version(rows[0]);
}

Result<std::vector<VersionRow>> PostgresStore::versions(const TenantId& tenant,
                                                        const WorkflowId& id) {
  static const std::string kSql = format(
      "SELECT {} FROM workflow_definition_versions WHERE tenant = $1 AND workflow_id = $2 ORDER BY "
      "version DESC",
      kVersionColumns);
  TRY(const PostgresRows rows, run_alone(tenant, kSql, Params().bind(tenant.text).bind(id.text)));
  return read_all<VersionRow>(rows, read_version<const PostgresRow&>);
}

Result<void> PostgresStore::set_archived(const TenantId& tenant, const WorkflowId& id,
                                         std::optional<TimeMs> archived_at) {
  TRY(const PostgresRows changed,
      run_alone(tenant,
                "UPDATE workflow_definitions SET archived_at = $1 WHERE tenant = $2 AND "
                "workflow_id = $3 RETURNING 1",
                Params().bind(archived_at).bind(tenant.text).bind(id.text)));
  return changed.empty() ? no_workflow(id) : Result<void>();
}

Result<void> PostgresStore::remove_definition(const TenantId& tenant, const WorkflowId& id) {
  TRY(const PostgresPool::Lease connection, pool_.take(tenant));
  TRY(PostgresTransaction transaction, PostgresTransaction::begin(*connection));
  const Params key = Params().bind(tenant.text).bind(id.text);
  TRY(const PostgresRows removed,
      connection->run(
          "DELETE FROM workflow_definitions WHERE tenant = $1 AND workflow_id = $2 AND "
          "schedule_version = 0 AND NOT EXISTS (SELECT 1 FROM workflow_runs WHERE tenant = $1 AND "
          "workflow_id = $2) RETURNING 1",
          key));
  if (removed.empty()) {
    TRY(const PostgresRows there,
        connection->run("SELECT 1 FROM workflow_definitions WHERE tenant = $1 AND workflow_id = $2",
                        key));
    return there.empty() ? no_workflow(id) : workflow_in_use(id);
  }
  TRY_DO(connection->run(
      "DELETE FROM workflow_definition_versions WHERE tenant = $1 AND workflow_id = $2", key));
  return transaction.commit();
}

Result<std::vector<DefinitionRow>> PostgresStore::unsynced_schedules(std::size_t limit) {
  static const std::string kSql =
      format("SELECT {} FROM workflow_definitions WHERE {} ORDER BY updated_at LIMIT $1",
             kDefinitionColumns, kScheduleIsUnsynced);
  TRY(const PostgresRows rows,
      run_alone(kEveryTenant, kSql, Params().bind(static_cast<std::int64_t>(limit))));
  return read_all<DefinitionRow>(rows, read_definition<const PostgresRow&>);
}

Result<void> PostgresStore::mark_schedule(const DefinitionRow& seen) {
  Params mark;
  mark.bind(seen.has_clock() ? seen.published_version : std::int64_t{0});
  mark.bind(seen.tenant.text).bind(seen.workflow_id.text).bind(seen.schedule_version);
  mark.bind(seen.settings.paused_at);
  TRY_DO(run_alone(seen.tenant,
                   "UPDATE workflow_definitions SET schedule_version = $1 WHERE tenant = $2 AND "
                   "workflow_id = $3 AND schedule_version = $4 AND paused_at IS NOT DISTINCT FROM "
                   "$5::bigint",
                   mark));
  return {};
}

}  // namespace fermata::store
