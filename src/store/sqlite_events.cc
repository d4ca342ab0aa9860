// Events, what they did, and the waits that they may resume.
#include "foundation/format.h"
#include "store/sqlite_connection.h"

namespace fermata::store {
namespace {

using projection::WaitRow;

}  // namespace

Result<bool> SqliteStore::insert_event(const EventRow& row) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Statement insert,
      writer_->prepare("INSERT INTO workflow_runtime_events (tenant, event_id, event_name, "
                       "correlation_key, payload, payload_schema_ref, notes, received_at, "
                       "is_routed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT DO NOTHING"));
  insert.bind(row.tenant.text)
      .bind(row.event_id.text)
      .bind(row.event_name)
      .bind(row.correlation_key);
  insert.bind_json(row.payload).bind(row.payload_schema_ref).bind_json(row.notes);
  TRY_DO(insert.bind(row.received_at).run());
  return writer_->changes() > 0;
}

Result<EventRow> SqliteStore::event(const TenantId& tenant, const EventId& id) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = format(
      "SELECT {} FROM workflow_runtime_events WHERE tenant = ? AND event_id = ?", kEventColumns);
  TRY(Statement select, reader_->prepare(kSql));
  TRY(const bool is_there, select.bind(tenant.text).bind(id.text).step());
  if (!is_there)
    return make_error(ErrorKind::NotFound, "NOT_FOUND", format("there is no event `{}`", id.text));
  return read_event(select);
}

Result<std::vector<EventRow>> SqliteStore::events(const TenantId& tenant,
                                                  const EventFilter& filter) {
  const std::scoped_lock lock(read_mutex_);
  // Absent conditions are true of every row: one statement for all filters.
  static const std::string kSql = format(
      "SELECT {} FROM workflow_runtime_events WHERE tenant = ?1 AND (?2 IS NULL OR event_name = "
      "?2) AND (?3 IS NULL OR correlation_key = ?3) AND (?4 IS NULL OR (received_at, event_id) < "
      "(?4, ?5)) ORDER BY received_at DESC, event_id DESC LIMIT ?6",
      kEventColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(tenant.text).bind(filter.event_name).bind(filter.correlation_key);
  select.bind(filter.after ? std::optional(filter.after->first) : std::nullopt)
      .bind(filter.after ? std::optional(filter.after->second) : std::nullopt)
      .bind(static_cast<std::int64_t>(filter.limit));
  return read_all<EventRow>(select, [](Statement& row) { return read_event(row); });
}

Result<std::vector<EventRow>> SqliteStore::unrouted_events(TimeMs before, std::size_t limit) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = format(
      "SELECT {} FROM workflow_runtime_events WHERE is_routed = 0 AND received_at <= ? "
      "ORDER BY received_at, event_id LIMIT ?",
      kEventColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(before).bind(static_cast<std::int64_t>(limit));
  return read_all<EventRow>(select, [](Statement& row) { return read_event(row); });
}

Result<void> SqliteStore::put_deliveries(std::span<const DeliveryRow> rows) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Transaction transaction, Transaction::begin(*writer_));
  for (const DeliveryRow& row : rows) {
    TRY(Statement insert,
        writer_->prepare("INSERT INTO workflow_event_deliveries (tenant, event_id, kind, target, "
                         "outcome, details, at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO "
                         "NOTHING"));
    insert.bind(row.tenant.text).bind(row.event_id.text).bind(row.kind).bind(row.target);
    TRY_DO(insert.bind(row.outcome).bind_json(row.details).bind(row.at).run());
  }
  return transaction.commit();
}

Result<void> SqliteStore::mark_routed(const TenantId& tenant, const EventId& id) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Statement update, writer_->prepare("UPDATE workflow_runtime_events SET is_routed = 1 WHERE "
                                         "tenant = ? AND event_id = ?"));
  return update.bind(tenant.text).bind(id.text).run();
}

Result<std::vector<DeliveryRow>> SqliteStore::deliveries(const TenantId& tenant,
                                                         const EventId& id) {
  const std::scoped_lock lock(read_mutex_);
  TRY(Statement select,
      reader_->prepare("SELECT kind, target, outcome, details, at FROM workflow_event_deliveries "
                       "WHERE tenant = ? AND event_id = ? ORDER BY at, kind, target"));
  select.bind(tenant.text).bind(id.text);
  return read_all<DeliveryRow>(select, [&](Statement& row) {
    return DeliveryRow{tenant,       id, row.text(0), row.text(1), row.text(2), row.json_value(3),
                       row.number(4)};
  });
}

Result<std::vector<WaitRow>> SqliteStore::waits_for(const EventRow& event) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = format(
      "SELECT {} FROM workflow_run_waits WHERE status = 'WAITING' AND wait_type = 'event' "
      "AND tenant = ? AND event_name = ? AND (correlation_key = ? OR correlation_key IS "
      "NULL) AND accepts_from <= ? ORDER BY created_at, wait_id",
      kWaitColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(event.tenant.text)
      .bind(event.event_name)
      .bind(event.correlation_key)
      .bind(event.received_at);
  return read_all<WaitRow>(select, [](Statement& row) { return read_wait(row); });
}

Result<std::vector<EventRow>> SqliteStore::events_for(const WaitRow& wait) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = format(
      "SELECT {} FROM workflow_runtime_events WHERE tenant = ?1 AND event_name = ?2 AND "
      "correlation_key IS NOT NULL AND (?3 IS NULL OR correlation_key = ?3) AND received_at >= ?4 "
      "ORDER BY received_at, event_id",
      kEventColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(wait.tenant.text)
      .bind(wait.event_name)
      .bind(wait.correlation_key)
      .bind(wait.accepts_from);
  return read_all<EventRow>(select, [](Statement& row) { return read_event(row); });
}

Result<WaitRow> SqliteStore::task(const TenantId& tenant, const TaskId& task) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql =
      format("SELECT {} FROM workflow_run_waits WHERE tenant = ? AND task_id = ?", kWaitColumns);
  TRY(Statement select, reader_->prepare(kSql));
  TRY(const bool is_there, select.bind(tenant.text).bind(task.text).step());
  if (!is_there)
    return make_error(ErrorKind::NotFound, "NOT_FOUND", format("there is no task `{}`", task.text));
  return read_wait(select);
}

Result<std::vector<WaitRow>> SqliteStore::open_waits(const TenantId& tenant,
                                                     const WaitFilter& filter) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = format(
      "SELECT {} FROM workflow_run_waits WHERE status = 'WAITING' AND tenant = ?1 AND "
      "wait_type = ?2 AND (?3 IS NULL OR (created_at, wait_id) > (?3, ?4)) ORDER BY "
      "created_at, wait_id LIMIT ?5",
      kWaitColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(tenant.text).bind(filter.wait_type);
  select.bind(filter.after ? std::optional(filter.after->first) : std::nullopt)
      .bind(filter.after ? std::optional(filter.after->second) : std::nullopt)
      .bind(static_cast<std::int64_t>(filter.limit));
  return read_all<WaitRow>(select, [](Statement& row) { return read_wait(row); });
}

Result<void> SqliteStore::put_schema(const SchemaRow& row) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Statement insert,
      writer_->prepare("INSERT INTO workflow_payload_schemas (tenant, ref, schema_json, "
                       "created_at) VALUES (?, ?, ?, ?)"));
  insert.bind(row.tenant.text).bind(row.ref).bind_json(row.schema);
  return insert.bind(row.created_at).run();
}

Result<std::vector<SchemaRow>> SqliteStore::schemas(const TenantId& tenant) {
  const std::scoped_lock lock(read_mutex_);
  TRY(Statement select,
      reader_->prepare("SELECT ref, schema_json, created_at FROM workflow_payload_schemas WHERE "
                       "tenant = ? ORDER BY ref"));
  select.bind(tenant.text);
  return read_all<SchemaRow>(select, [&](Statement& row) {
    return SchemaRow{tenant, row.text(0), row.json_value(1), row.number(2)};
  });
}

Result<void> SqliteStore::put_event_type(const EventTypeRow& row) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Statement put,
      writer_->prepare("INSERT INTO workflow_event_types (tenant, event_name, payload_schema_ref, "
                       "correlation_path, updated_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (tenant, "
                       "event_name) DO UPDATE SET payload_schema_ref = "
                       "excluded.payload_schema_ref, correlation_path = "
                       "excluded.correlation_path, updated_at = excluded.updated_at"));
  put.bind(row.tenant.text).bind(row.event_name).bind(row.payload_schema_ref);
  return put.bind(row.correlation_path).bind(row.updated_at).run();
}

Result<std::vector<EventTypeRow>> SqliteStore::event_types(const TenantId& tenant) {
  const std::scoped_lock lock(read_mutex_);
  TRY(Statement select,
      reader_->prepare("SELECT event_name, payload_schema_ref, correlation_path, updated_at FROM "
                       "workflow_event_types WHERE tenant = ? ORDER BY event_name"));
  select.bind(tenant.text);
  return read_all<EventTypeRow>(select, [&](Statement& row) {
    return EventTypeRow{tenant, row.text(0), row.text(1), row.text(2), row.number(3)};
  });
}

}  // namespace fermata::store
