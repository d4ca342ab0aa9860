// Events, what they did, and the waits that they may resume.
#include "foundation/format.h"
#include "store/postgres_store.h"

namespace fermata::store {
namespace {

using projection::WaitRow;

// Where a page goes on: two parameters, both null for the first one.
void bind_after(Params& params, const std::optional<std::pair<TimeMs, std::string>>& after) {
  params.bind(after ? std::optional(after->first) : std::nullopt);
  params.bind(after ? std::optional(after->second) : std::nullopt);
}

}  // namespace

Result<bool> PostgresStore::insert_event(const EventRow& row) {
  Params insert;
  insert.bind(row.tenant.text).bind(row.event_id.text).bind(row.event_name);
  insert.bind(row.correlation_key).bind_json(row.payload).bind(row.payload_schema_ref);
  insert.bind_json(row.notes).bind(row.received_at);
  TRY(const PostgresRows made,
      run_alone("INSERT INTO workflow_runtime_events (tenant, event_id, event_name, "
                "correlation_key, payload, payload_schema_ref, notes, received_at, is_routed) "
                "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0) ON CONFLICT DO NOTHING RETURNING 1",
                insert));
  return !made.empty();
}

Result<EventRow> PostgresStore::event(const TenantId& tenant, const EventId& id) {
  static const std::string kSql = format(
      "SELECT {} FROM workflow_runtime_events WHERE tenant = $1 AND event_id = $2", kEventColumns);
  TRY(const PostgresRows rows, run_alone(kSql, Params().bind(tenant.text).bind(id.text)));
  if (rows.empty())
    return make_error(ErrorKind::NotFound, "NOT_FOUND", format("there is no event `{}`", id.text));
  return read_event(rows[0]);
}

Result<std::vector<EventRow>> PostgresStore::events(const TenantId& tenant,
                                                    const EventFilter& filter) {
  // Absent conditions are true of every row: one statement for all filters.
  static const std::string kSql = format(
      "SELECT {} FROM workflow_runtime_events WHERE tenant = $1 AND ($2::text IS NULL OR "
      "event_name = $2) AND ($3::text IS NULL OR correlation_key = $3) AND ($4::bigint IS NULL OR "
      "(received_at, event_id) < ($4, $5::text)) ORDER BY received_at DESC, event_id DESC LIMIT $6",
      kEventColumns);
  Params params;
  params.bind(tenant.text).bind(filter.event_name).bind(filter.correlation_key);
  bind_after(params, filter.after);
  TRY(const PostgresRows rows,
      run_alone(kSql, params.bind(static_cast<std::int64_t>(filter.limit))));
  return read_all<EventRow>(rows, [](const PostgresRow& row) { return read_event(row); });
}

Result<std::vector<EventRow>> PostgresStore::unrouted_events(TimeMs before, std::size_t limit) {
  static const std::string kSql = format(
      "SELECT {} FROM workflow_runtime_events WHERE is_routed = 0 AND received_at <= $1 "
      "ORDER BY received_at, event_id LIMIT $2",
      kEventColumns);
  TRY(const PostgresRows rows,
      run_alone(kSql, Params().bind(before).bind(static_cast<std::int64_t>(limit))));
  return read_all<EventRow>(rows, [](const PostgresRow& row) { return read_event(row); });
}

Result<void> PostgresStore::put_deliveries(std::span<const DeliveryRow> rows) {
  Columns columns(7);
  for (const DeliveryRow& row : rows) {
    columns.bind(row.tenant.text).bind(row.event_id.text).bind(row.kind).bind(row.target);
    columns.bind(row.outcome).bind_json(row.details).bind(row.at);
  }
  TRY(const PostgresRows done,
      run_alone("INSERT INTO workflow_event_deliveries (tenant, event_id, kind, target, outcome, "
                "details, at) SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], "
                "$5::text[], $6::json[], $7::bigint[]) ON CONFLICT DO NOTHING",
                std::move(columns).finish()));
  return {};
}

Result<void> PostgresStore::mark_routed(const TenantId& tenant, const EventId& id) {
  TRY(const PostgresRows done,
      run_alone("UPDATE workflow_runtime_events SET is_routed = 1 WHERE tenant = $1 AND event_id = "
                "$2",
                Params().bind(tenant.text).bind(id.text)));
  return {};
}

Result<std::vector<DeliveryRow>> PostgresStore::deliveries(const TenantId& tenant,
                                                           const EventId& id) {
  TRY(const PostgresRows rows,
      run_alone("SELECT kind, target, outcome, details, at FROM workflow_event_deliveries "
                "WHERE tenant = $1 AND event_id = $2 ORDER BY at, kind, target",
                Params().bind(tenant.text).bind(id.text)));
  return read_all<DeliveryRow>(rows, [&](const PostgresRow& row) {
    return DeliveryRow{tenant,       id, row.text(0), row.text(1), row.text(2), row.json_value(3),
                       row.number(4)};
  });
}

Result<std::vector<WaitRow>> PostgresStore::waits_for(const EventRow& event) {
  static const std::string kSql = format(
      "SELECT {} FROM workflow_run_waits WHERE status = 'WAITING' AND wait_type = 'event' AND "
      "tenant = $1 AND event_name = $2 AND (correlation_key = $3 OR correlation_key IS NULL) AND "
      "accepts_from <= $4 ORDER BY created_at, wait_id",
      kWaitColumns);
  Params params;
  params.bind(event.tenant.text).bind(event.event_name).bind(event.correlation_key);
  TRY(const PostgresRows rows, run_alone(kSql, params.bind(event.received_at)));
  return read_all<WaitRow>(rows, [](const PostgresRow& row) { return read_wait(row); });
}

Result<std::vector<EventRow>> PostgresStore::events_for(const WaitRow& wait) {
  static const std::string kSql = format(
      "SELECT {} FROM workflow_runtime_events WHERE tenant = $1 AND event_name = $2 AND "
      "correlation_key IS NOT NULL AND ($3::text IS NULL OR correlation_key = $3) AND received_at "
      ">= $4 ORDER BY received_at, event_id",
      kEventColumns);
  Params params;
  params.bind(wait.tenant.text).bind(wait.event_name).bind(wait.correlation_key);
  TRY(const PostgresRows rows, run_alone(kSql, params.bind(wait.accepts_from)));
  return read_all<EventRow>(rows, [](const PostgresRow& row) { return read_event(row); });
}

Result<WaitRow> PostgresStore::task(const TenantId& tenant, const TaskId& task) {
  static const std::string kSql =
      format("SELECT {} FROM workflow_run_waits WHERE tenant = $1 AND task_id = $2", kWaitColumns);
  TRY(const PostgresRows rows, run_alone(kSql, Params().bind(tenant.text).bind(task.text)));
  if (rows.empty())
    return make_error(ErrorKind::NotFound, "NOT_FOUND", format("there is no task `{}`", task.text));
  return read_wait(rows[0]);
}

Result<std::vector<WaitRow>> PostgresStore::open_waits(const TenantId& tenant,
                                                       const WaitFilter& filter) {
  static const std::string kSql = format(
      "SELECT {} FROM workflow_run_waits WHERE status = 'WAITING' AND tenant = $1 AND wait_type = "
      "$2 AND ($3::bigint IS NULL OR (created_at, wait_id) > ($3, $4::text)) "
      "ORDER BY created_at, wait_id LIMIT $5",
      kWaitColumns);
  Params params;
  params.bind(tenant.text).bind(filter.wait_type);
  bind_after(params, filter.after);
  TRY(const PostgresRows rows,
      run_alone(kSql, params.bind(static_cast<std::int64_t>(filter.limit))));
  return read_all<WaitRow>(rows, [](const PostgresRow& row) { return read_wait(row); });
}

Result<void> PostgresStore::put_schema(const SchemaRow& row) {
  Params insert;
  insert.bind(row.tenant.text).bind(row.ref).bind_json(row.schema).bind(row.created_at);
  TRY(const PostgresRows done,
      run_alone("INSERT INTO workflow_payload_schemas (tenant, ref, schema_json, created_at) "
                "VALUES ($1, $2, $3, $4)",
                insert));
  return {};
}

Result<std::vector<SchemaRow>> PostgresStore::schemas(const TenantId& tenant) {
  TRY(const PostgresRows rows,
      run_alone("SELECT ref, schema_json, created_at FROM workflow_payload_schemas WHERE tenant = "
                "$1 ORDER BY ref",
                Params().bind(tenant.text)));
  return read_all<SchemaRow>(rows, [&](const PostgresRow& row) {
    return SchemaRow{tenant, row.text(0), row.json_value(1), row.number(2)};
  });
}

Result<void> PostgresStore::put_event_type(const EventTypeRow& row) {
  Params put;
  put.bind(row.tenant.text).bind(row.event_name).bind(row.payload_schema_ref);
  put.bind(row.correlation_path).bind(row.updated_at);
  TRY(const PostgresRows done,
      run_alone("INSERT INTO workflow_event_types (tenant, event_name, payload_schema_ref, "
                "correlation_path, updated_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant, "
                "event_name) DO UPDATE SET payload_schema_ref = excluded.payload_schema_ref, "
                "correlation_path = excluded.correlation_path, updated_at = excluded.updated_at",
                put));
  return {};
}

Result<std::vector<EventTypeRow>> PostgresStore::event_types(const TenantId& tenant) {
  TRY(const PostgresRows rows,
      run_alone("SELECT event_name, payload_schema_ref, correlation_path, updated_at FROM "
                "workflow_event_types WHERE tenant = $1 ORDER BY event_name",
                Params().bind(tenant.text)));
  return read_all<EventTypeRow>(rows, [&](const PostgresRow& row) {
    return EventTypeRow{tenant, row.text(0), row.text(1), row.text(2), row.number(3)};
  });
}

}  // namespace fermata::store
