// Definitions and their versions.
#include "foundation/format.h"
#include "store/sqlite_connection.h"

namespace fermata::store {
Result<void> SqliteStore::put_draft(const DefinitionRow& row) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Statement put,
      writer_->prepare("INSERT INTO workflow_definitions (tenant, workflow_id, name, "
                       "draft_definition, draft_version, created_at, updated_at) "
                       "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, workflow_id) DO UPDATE "
                       "SET name = excluded.name, "
                       "draft_definition = excluded.draft_definition, draft_version = "
                       "excluded.draft_version, updated_at = excluded.updated_at"));
  put.bind(row.tenant.text).bind(row.workflow_id.text).bind(row.name).bind_json(row.draft);
  return put.bind(row.draft_version).bind(row.created_at).bind(row.updated_at).run();
}

Result<void> SqliteStore::publish(const VersionRow& version, const TriggerKey& trigger) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Transaction transaction, Transaction::begin(*writer_));
  {
    TRY(Statement insert,
        writer_->prepare("INSERT INTO workflow_definition_versions (tenant, workflow_id, version, "
                         "definition_json, definition_hash, published_at) "
                         "VALUES (?, ?, ?, ?, ?, ?)"));
    insert.bind(version.tenant.text)
        .bind(version.workflow_id.text)
        .bind(version.version)
        .bind_json(version.definition);
    TRY_DO(insert.bind(version.hash).bind(version.published_at).run());
    TRY(Statement update,
        writer_->prepare(
            "UPDATE workflow_definitions SET published_version = "
            "max(published_version, ?), trigger_type = ?, trigger_event = ?, updated_at = ? "
            "WHERE tenant = ? AND workflow_id = ?"));
    update.bind(version.version)
        .bind(trigger.type)
        .bind(trigger.event_name)
        .bind(version.published_at);
    TRY_DO(update.bind(version.tenant.text).bind(version.workflow_id.text).run());
  }
  return transaction.commit();
}

Result<DefinitionRow> SqliteStore::definition(const TenantId& tenant, const WorkflowId& id) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql =
      format("SELECT {} FROM workflow_definitions WHERE tenant = ? AND workflow_id = ?",
             kDefinitionColumns);
  TRY(Statement select, reader_->prepare(kSql));
  TRY(const bool is_there, select.bind(tenant.text).bind(id.text).step());
  if (!is_there)
    return make_error(ErrorKind::NotFound, "NOT_FOUND",
                      format("there is no workflow `{}`", id.text));
  return read_definition(select, tenant);
}

Result<std::vector<DefinitionRow>> SqliteStore::definitions(const TenantId& tenant) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql =
      format("SELECT {} FROM workflow_definitions WHERE tenant = ? ORDER BY workflow_id",
             kDefinitionColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(tenant.text);
  return read_all<DefinitionRow>(select,
                                 [&](Statement& row) { return read_definition(row, tenant); });
}

Result<std::vector<DefinitionRow>> SqliteStore::triggered_by(const TenantId& tenant,
                                                             const std::string& event_name) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = format(
      "SELECT {} FROM workflow_definitions WHERE tenant = ? AND trigger_event = ? AND trigger_type "
      "= 'event' AND published_version > 0 ORDER BY workflow_id",
      kDefinitionColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(tenant.text).bind(event_name);
  return read_all<DefinitionRow>(select,
                                 [&](Statement& row) { return read_definition(row, tenant); });
}

Result<std::vector<DefinitionRow>> SqliteStore::unsynced_schedules(std::size_t limit) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = format(
      "SELECT {}, tenant FROM workflow_definitions WHERE (trigger_type IN ('schedule', "
      "'recurring') OR schedule_version <> 0) AND published_version > 0 AND schedule_version <> "
      "published_version ORDER BY updated_at LIMIT ?",
      kDefinitionColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(static_cast<std::int64_t>(limit));
  return read_all<DefinitionRow>(select, [&](Statement& row) {
    return read_definition(row, TenantId(row.text(kAfterDefinition)));
  });
}

Result<void> SqliteStore::mark_schedule(const TenantId& tenant, const WorkflowId& id,
                                        std::int64_t version) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Statement update,
      writer_->prepare("UPDATE workflow_definitions SET schedule_version = CASE WHEN trigger_type "
                       "IN ('schedule', 'recurring') THEN ?1 ELSE 0 END WHERE tenant = ?2 AND "
                       "workflow_id = ?3 AND published_version = ?1"));
  return update.bind(version).bind(tenant.text).bind(id.text).run();
}

Result<VersionRow> SqliteStore::version(const TenantId& tenant, const WorkflowId& id,
                                        std::int64_t version) {
  const std::scoped_lock lock(read_mutex_);
  TRY(Statement select,
      reader_->prepare(
          "SELECT definition_json, definition_hash, published_at FROM workflow_definition_versions "
          "WHERE tenant = ? AND workflow_id = ? AND version = ?"));
  TRY(const bool is_there, select.bind(tenant.text).bind(id.text).bind(version).step());
  if (!is_there) {
    return make_error(ErrorKind::NotFound, "NOT_FOUND",
                      format("workflow `{}` has no version {}", id.text, version));
  }
  VersionRow row;
  row.tenant = tenant;
  row.workflow_id = id;
  row.version = version;
  row.definition = select.json_value(0);
  row.hash = select.text(1);
  row.published_at = select.number(2);
  return row;
}

}  // namespace fermata::store
