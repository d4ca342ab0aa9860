// Events, what they did, and the waits that they may resume.
#include <iterator>

#include "foundation/format.h"
#include "store/schema_rows.h"
#include "store/sqlite_connection.h"
#include "store/wait_events.h"

namespace fermata::store {
namespace {

using projection::WaitRow;

}  // namespace

Result<std::vector<bool>> SqliteStore::insert_events(std::span<const EventRow> rows) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Transaction transaction, Transaction::begin(*writer_));
  std::vector<bool> are_new;
  for (const EventRow& row : rows) {
    TRY(Statement insert,
        writer_->prepare("INSERT INTO workflow_runtime_events (tenant, event_id, event_name, "
                         "correlation_key, payload, payload_schema_ref, notes, received_at) "
                         "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"));
    insert.bind(row.tenant.text).bind(row.event_id.text).bind(row.event_name);
    insert.bind(row.correlation_key).bind_json(row.payload).bind(row.payload_schema_ref);
    TRY_DO(insert.bind_json(row.notes).bind(row.received_at).run());
    are_new.push_back(writer_->changes() > 0);
    if (!are_new.back()) continue;
    TRY(Statement note, writer_->prepare("INSERT INTO workflow_event_backlog (tenant, event_id, "
                                         "received_at) VALUES (?, ?, ?)"));
    TRY_DO(note.bind(row.tenant.text).bind(row.event_id.text).bind(row.received_at).run());
  }
  TRY_DO(transaction.commit());
  return are_new;
}

Result<EventRow> SqliteStore::event(const TenantId& tenant, const EventId& id) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql =
      format("SELECT {} FROM workflow_runtime_events AS e WHERE tenant = ? AND event_id = ?",
             kEventColumns);
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
      "SELECT {} FROM workflow_runtime_events AS e WHERE tenant = ?1 AND (?2 IS NULL OR event_name "
      "= "
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
      "SELECT {} FROM workflow_runtime_events AS e WHERE (tenant, event_id) IN (SELECT tenant, "
      "event_id FROM workflow_event_backlog WHERE received_at <= ? ORDER BY received_at, event_id "
      "LIMIT ?) ORDER BY received_at, event_id",
      kEventColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(before).bind(static_cast<std::int64_t>(limit));
  return read_all<EventRow>(select, [](Statement& row) { return read_event(row); });
}

Result<std::size_t> SqliteStore::count_unrouted(std::size_t most) {
  const std::scoped_lock lock(read_mutex_);
  TRY(Statement select, reader_->prepare("SELECT count(*) FROM (SELECT 1 FROM "
                                         "workflow_event_backlog LIMIT ?)"));
  TRY(const bool has_row, select.bind(static_cast<std::int64_t>(most)).step());
  return has_row ? static_cast<std::size_t>(select.number(0)) : 0;
}

Result<void> SqliteStore::put_routing(std::span<const DeliveryRow> rows,
                                      std::span<const EventRow> routed) {
  const std::scoped_lock lock(write_mutex_);
  TRY(Transaction transaction, Transaction::begin(*writer_));
  for (const DeliveryRow& row : rows) {
    static const std::string kPut = format(
        "INSERT INTO workflow_event_deliveries (tenant, event_id, kind, target, outcome, "
        "details, at) VALUES (?, ?, ?, ?, ?, ?, ?){}",
        kReplaceDelivery);
    TRY(Statement insert, writer_->prepare(kPut));
    insert.bind(row.tenant.text).bind(row.event_id.text).bind(row.kind).bind(row.target);
    TRY_DO(insert.bind(row.outcome).bind_json(row.details).bind(row.at).run());
  }
  for (const EventRow& row : routed) {
    TRY(Statement done, writer_->prepare("DELETE FROM workflow_event_backlog WHERE tenant = ? AND "
                                         "event_id = ?"));
    TRY_DO(done.bind(row.tenant.text).bind(row.event_id.text).run());
  }
  return transaction.commit();
}

Result<std::vector<DeliveryRow>> SqliteStore::held_launches(std::size_t per_workflow) {
  const std::scoped_lock lock(read_mutex_);
  std::vector<std::pair<std::string, std::string>> workflows;
  {
    TRY(Statement select,
        reader_->prepare("SELECT DISTINCT h.tenant, h.target FROM workflow_event_deliveries h JOIN "
                         "workflow_definitions d ON d.tenant = h.tenant AND d.workflow_id = "
                         "h.target WHERE h.outcome = 'HELD' AND d.paused_at IS NULL"));
    TRY(workflows, (read_all<std::pair<std::string, std::string>>(select, [](Statement& row) {
          return std::pair(row.text(0), row.text(1));
        })));
  }
  static const std::string kSql = format(
      "SELECT {} FROM workflow_event_deliveries WHERE outcome = 'HELD' AND tenant = ? AND target = "
      "? ORDER BY at, event_id LIMIT ?",
      kDeliveryColumns);
  std::vector<DeliveryRow> held;
  for (const auto& [tenant, workflow] : workflows) {
    TRY(Statement select, reader_->prepare(kSql));
    select.bind(tenant).bind(workflow).bind(static_cast<std::int64_t>(per_workflow));
    TRY(auto rows,
        read_all<DeliveryRow>(select, [](Statement& row) { return read_delivery(row); }));
    held.insert(held.end(), rows.begin(), rows.end());
  }
  return held;
}

Result<std::vector<DeliveryRow>> SqliteStore::deliveries(const TenantId& tenant,
                                                         const EventId& id) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = format(
      "SELECT {} FROM workflow_event_deliveries WHERE tenant = ? AND event_id = ? ORDER BY at, "
      "kind, target",
      kDeliveryColumns);
  TRY(Statement select, reader_->prepare(kSql));
  select.bind(tenant.text).bind(id.text);
  return read_all<DeliveryRow>(select, [](Statement& row) { return read_delivery(row); });
}

Result<std::vector<Candidate>> SqliteStore::waits_for(std::span<const EventRow> events) {
  const std::scoped_lock lock(read_mutex_);
  static const std::string kSql = format(
      "SELECT {} FROM workflow_run_waits WHERE status = 'WAITING' AND wait_type = 'event' "
      "AND tenant = ? AND event_name = ? AND (correlation_key = ? OR correlation_key IS "
      "NULL) AND accepts_from <= ? ORDER BY created_at, wait_id",
      kWaitColumns);
  std::vector<Candidate> found;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const EventRow& event = events[i];
    TRY(Statement select, reader_->prepare(kSql));
    select.bind(event.tenant.text).bind(event.event_name).bind(event.correlation_key);
    select.bind(event.received_at);
    TRY(auto rows, read_all<Candidate>(select, [&](Statement& row) {
          return Candidate{i, read_wait(row)};
        }));
    found.insert(found.end(), std::make_move_iterator(rows.begin()),
                 std::make_move_iterator(rows.end()));
  }
  return found;
}

Result<std::vector<EventRow>> SqliteStore::events_for(const WaitRow& wait, const EventPage& page) {
  return fermata::store::events_for(sql_, wait, page);
}

Result<std::vector<RunVersion>> SqliteStore::versions_of(std::span<const RunId> runs) {
  return fermata::store::versions_of(sql_, runs);
}

Result<void> SqliteStore::put_schema(const SchemaRow& row) {
  const std::scoped_lock lock(write_mutex_);
  return put_schema_in(row);
}

Result<void> SqliteStore::put_schema_in(const SchemaRow& row) {
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
  return put_event_type_in(row, kReplaceEventType);
}

Result<void> SqliteStore::put_event_type_in(const EventTypeRow& row, std::string_view on_conflict) {
  TRY(Statement put,
      writer_->prepare(format("INSERT INTO workflow_event_types (tenant, event_name, "
                              "payload_schema_ref, correlation_path, updated_at) VALUES (?, ?, ?, "
                              "?, ?){}",
                              on_conflict)));
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

Result<std::vector<SchemaRow>> SqliteStore::schemas_of(const TenantId& tenant,
                                                       const std::vector<std::string>& refs) {
  return fermata::store::schemas_of(sql_, tenant, refs);
}

Result<std::vector<EventTypeRow>> SqliteStore::event_types_of(
    const TenantId& tenant, const std::vector<std::string>& names) {
  return fermata::store::event_types_of(sql_, tenant, names);
}

}  // namespace fermata::store
