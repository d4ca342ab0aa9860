// Definitions and their versions.
#include "foundation/format.h"
#include "store/row_rules.h"
#include "store/sqlite_connection.h"

namespace fermata::store {

Result<std::int64_t> SqliteStore::save(const DefinitionRow& row,
                                       std::optional<std::int64_t> expected) {
  static const std::string kInsert =
      "INSERT INTO workflow_definitions (tenant, workflow_id, name, draft_definition, "
      "payload_schema_mode, updated_at, draft_version, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, "
      "1, ?6) ON CONFLICT (tenant, workflow_id) DO ";
  static const std::string kChange =
      "UPDATE SET name = ?3, draft_definition = ?4, payload_schema_mode = ?5, updated_at = ?6, "
      "draft_version = draft_version + 1 ";
  static const std::string kNew = kInsert + "NOTHING RETURNING draft_version";
  static const std::string kAny = kInsert + kChange + "RETURNING draft_version";
  static const std::string kExpected =
      "UPDATE workflow_definitions SET name = ?3, draft_definition = ?4, payload_schema_mode = ?5, "
      "updated_at = ?6, draft_version = draft_version + 1 WHERE tenant = ?1 AND workflow_id = ?2 "
      "AND draft_version = ?7 RETURNING draft_version";
  TRY(Statement put, writer_->prepare(!expected ? kAny : *expected == 0 ? kNew : kExpected));
  put.bind(row.tenant.text).bind(row.workflow_id.text).bind(row.name).bind_json(row.draft);
  put.bind(row.schema_mode).bind(row.updated_at);
  if (expected && *expected != 0) put.bind(*expected);
  TRY(const bool is_saved, put.step());
  if (!is_saved) return draft_conflict(row.workflow_id);
  const std::int64_t version = put.number(0);
  TRY_DO(put.step());
  return version;
}

Result<std::int64_t> SqliteStore::save_draft(const DefinitionRow& row,
                                             std::optional<std::int64_t> expected) {
  const std::scoped_lock lock(write_mutex_);
  return save(row, expected);
}

Result<void> SqliteStore::publish_in(const Publication& publication) {
  const VersionRow& version = publication.version;
  TRY_DO(save(publication.draft, publication.expected_draft));
  if (version.version == 0) return {};
  TRY(Statement insert,
      writer_->prepare("INSERT INTO workflow_definition_versions (tenant, workflow_id, version, "
                       "definition_json, definition_hash, published_at, notes_json) "
                       "VALUES (?, ?, ?, ?, ?, ?, ?)"));
  insert.bind(version.tenant.text).bind(version.workflow_id.text).bind(version.version);
  insert.bind_json(version.definition).bind(version.hash).bind(version.published_at);
  TRY_DO(insert.bind_json(version.notes).run());
  TRY(Statement update,
      writer_->prepare("UPDATE workflow_definitions SET published_version = ?1, trigger_type = ?2, "
                       "trigger_event = ?3 WHERE tenant = ?4 AND workflow_id = ?5 AND "
                       "published_version < ?1"));
  update.bind(version.version).bind(publication.trigger.type).bind(publication.trigger.event_name);
  return update.bind(version.tenant.text).bind(version.workflow_id.text).run();
}

Result<void> SqliteStore::publish(const Publication& publication) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Transaction transaction, Transaction::begin(*writer_));
  TRY_DO(publish_in(publication));
  return transaction.commit();
}

Result<void> SqliteStore::put_bundle(const BundleRows& rows) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Transaction transaction, Transaction::begin(*writer_));
  for (const SchemaRow& row : rows.schemas) TRY_DO(put_schema_in(row));
  for (const EventTypeRow& row : rows.event_types) TRY_DO(put_event_type_in(row, ""));
  for (const Publication& publication : rows.publications) TRY_DO(publish_in(publication));
  return transaction.commit();
}

Result<DefinitionRow> SqliteStore::definition(const TenantId& tenant, const WorkflowId& id) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql =
      format("SELECT {} FROM workflow_definitions WHERE tenant = ? AND workflow_id = ?",
             kDefinitionColumns);
  TRY(Statement select, reader_->prepare(kSql));
  TRY(const bool is_there, select.bind(tenant.text).bind(id.text).step());
  if (!is_there) return no_workflow(id);
  return read_definition(select);
}

Result<std::vector<DefinitionRow>> SqliteStore::definitions(const TenantId& tenant) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql =
      format("SELECT {} FROM workflow_definitions WHERE tenant = ? ORDER BY workflow_id",
             kDefinitionColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(tenant.text);
  return read_all<DefinitionRow>(select, [](Statement& row) { return read_definition(row); });
}

Result<std::vector<DefinitionRow>> SqliteStore::triggered_by(const TenantId& tenant,
                                                             const std::string& event_name) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = format(
      "SELECT {} FROM workflow_definitions WHERE tenant = ? AND trigger_event = ? AND trigger_type "
      "= 'event' AND published_version > 0 AND archived_at IS NULL ORDER BY workflow_id",
      kDefinitionColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(tenant.text).bind(event_name);
  return read_all<DefinitionRow>(select, [](Statement& row) { return read_definition(row); });
}

Result<VersionRow> SqliteStore::version(const TenantId& tenant, const WorkflowId& id,
                                        std::int64_t version) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = format(
      "SELECT {} FROM workflow_definition_versions WHERE tenant = ? AND workflow_id = ? AND "
      "version = ?",
      kVersionColumns);
  TRY(Statement select, reader_->prepare(kSql));
  TRY(const bool is_there, select.bind(tenant.text).bind(id.text).bind(version).step());
  if (!is_there) return no_version(id, version);
  return read_version(select);
}

Result<std::vector<VersionRow>> SqliteStore::versions(const TenantId& tenant,
                                                      const WorkflowId& id) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = format(
      "SELECT {} FROM workflow_definition_versions WHERE tenant = ? AND workflow_id = ? ORDER BY "
      "version DESC",
      kVersionColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(tenant.text).bind(id.text);
  return read_all<VersionRow>(select, [](Statement& row) { return read_version(row); });
}

Result<void> SqliteStore::set_archived(const TenantId& tenant, const WorkflowId& id,
                                       std::optional<TimeMs> archived_at) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Statement update, writer_->prepare("UPDATE workflow_definitions SET archived_at = ? WHERE "
                                         "tenant = ? AND workflow_id = ?"));
  TRY_DO(update.bind(archived_at).bind(tenant.text).bind(id.text).run());
  return writer_->changes() > 0 ? Result<void>() : no_workflow(id);
}

Result<void> SqliteStore::remove_definition(const TenantId& tenant, const WorkflowId& id) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Transaction transaction, Transaction::begin(*writer_));
  {
    TRY(Statement remove,
        writer_->prepare(
            "DELETE FROM workflow_definitions WHERE tenant = ?1 AND workflow_id = ?2 AND "
            "schedule_version = 0 AND NOT EXISTS (SELECT 1 FROM workflow_runs WHERE tenant = ?1 "
            "AND workflow_id = ?2)"));
    TRY_DO(remove.bind(tenant.text).bind(id.text).run());
    if (writer_->changes() == 0) {
      TRY(Statement select,
          writer_->prepare(
              "SELECT 1 FROM workflow_definitions WHERE tenant = ? AND workflow_id = ?"));
      TRY(const bool is_there, select.bind(tenant.text).bind(id.text).step());
      return is_there ? workflow_in_use(id) : no_workflow(id);
    }
    TRY(Statement versions,
        writer_->prepare(
            "DELETE FROM workflow_definition_versions WHERE tenant = ? AND workflow_id = ?"));
    TRY_DO(versions.bind(tenant.text).bind(id.text).run());
  }
  return transaction.commit();
}

Result<std::vector<DefinitionRow>> SqliteStore::unsynced_schedules(std::size_t limit) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql =
      format("SELECT {} FROM workflow_definitions WHERE {} ORDER BY updated_at LIMIT ?",
             kDefinitionColumns, kScheduleIsUnsynced);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(static_cast<std::int64_t>(limit));
  return read_all<DefinitionRow>(select, [](Statement& row) { return read_definition(row); });
}

Result<void> SqliteStore::mark_schedule(const DefinitionRow& seen) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Statement update,
      writer_->prepare("UPDATE workflow_definitions SET schedule_version = ? WHERE tenant = ? AND "
                       "workflow_id = ? AND schedule_version = ? AND paused_at IS ?"));
  update.bind(seen.has_clock() ? seen.published_version : std::int64_t{0});
  update.bind(seen.tenant.text).bind(seen.workflow_id.text);
  return update.bind(seen.schedule_version).bind(seen.settings.paused_at).run();
}

}  // namespace fermata::store
