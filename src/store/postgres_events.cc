// Events, what they did, and the waits that they may resume.
#include <array>
#include <map>
#include <set>

#include "foundation/format.h"
#include "store/postgres_store.h"
#include "store/schema_rows.h"
#include "store/wait_events.h"

namespace fermata::store {
namespace {

using projection::WaitRow;

// Where a page goes on: two parameters, both null for the first one.
void bind_after(Params& params, const std::optional<std::pair<TimeMs, std::string>>& after) {
  params.bind(after ? std::optional(after->first) : std::nullopt);
  params.bind(after ? std::optional(after->second) : std::nullopt);
}

}  // namespace

Result<std::vector<bool>> PostgresStore::insert_events(std::span<const EventRow> rows) {
  Columns columns(8);
  for (const EventRow& row : rows) {
    columns.bind(row.tenant.text).bind(row.event_id.text).bind(row.event_name);
    columns.bind(row.correlation_key).bind_json(row.payload).bind(row.payload_schema_ref);
    columns.bind_json(row.notes).bind(row.received_at);
  }
  // Ordered, so that two programs with the same events lock in the same order.
  TRY(const PostgresRows made,
      run_alone(kEveryTenant,
                "WITH made AS (INSERT INTO workflow_runtime_events (tenant, event_id, event_name, "
                "correlation_key, payload, payload_schema_ref, notes, received_at) "
                "SELECT n.* FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], "
                "$5::json[], $6::text[], $7::json[], $8::bigint[]) AS n (tenant, event_id) "
                "ORDER BY n.tenant, n.event_id ON CONFLICT DO NOTHING RETURNING tenant, event_id, "
                "received_at), noted AS (INSERT INTO workflow_event_backlog SELECT * FROM made) "
                "SELECT tenant, event_id FROM made",
                std::move(columns).finish()));
  std::set<std::pair<std::string, std::string>> inserted;
  for (int i = 0; i < made.size(); ++i) inserted.emplace(made[i].text(0), made[i].text(1));
  std::vector<bool> are_new;
  for (const EventRow& row : rows) {
    // A later one of the same id finds it taken.
    are_new.push_back(
        inserted.erase({postgres_text(row.tenant.text), postgres_text(row.event_id.text)}) > 0);
  }
  return are_new;
}

Result<EventRow> PostgresStore::event(const TenantId& tenant, const EventId& id) {
  static const std::string kSql =
      format("SELECT {} FROM workflow_runtime_events AS e WHERE tenant = $1 AND event_id = $2",
             kEventColumns);
  TRY(const PostgresRows rows, run_alone(tenant, kSql, Params().bind(tenant.text).bind(id.text)));
  if (rows.empty())
    return make_error(ErrorKind::NotFound, "NOT_FOUND", format("there is no event `{}`", id.text));
  return read_event(rows[0]);
}

Result<std::vector<EventRow>> PostgresStore::events(const TenantId& tenant,
                                                    const EventFilter& filter) {
  // Absent conditions are true of every row: one statement for all filters.
  static const std::string kSql = format(
      "SELECT {} FROM workflow_runtime_events AS e WHERE tenant = $1 AND ($2::text IS NULL OR "
      "event_name = $2) AND ($3::text IS NULL OR correlation_key = $3) AND ($4::bigint IS NULL OR "
      "(received_at, event_id) < ($4, $5::text)) ORDER BY received_at DESC, event_id DESC LIMIT $6",
      kEventColumns);
  Params params;
  params.bind(tenant.text).bind(filter.event_name).bind(filter.correlation_key);
  bind_after(params, filter.after);
  TRY(const PostgresRows rows,
      run_alone(tenant, kSql, params.bind(static_cast<std::int64_t>(filter.limit))));
  return read_all<EventRow>(rows, [](const PostgresRow& row) { return read_event(row); });
}

Result<std::vector<EventRow>> PostgresStore::unrouted_events(TimeMs before, std::size_t limit) {
  static const std::string kSql = format(
      "SELECT {} FROM workflow_runtime_events AS e WHERE (tenant, event_id) IN (SELECT tenant, "
      "event_id FROM workflow_event_backlog WHERE received_at <= $1 ORDER BY received_at, event_id "
      "LIMIT $2) ORDER BY received_at, event_id",
      kEventColumns);
  TRY(const PostgresRows rows,
      run_alone(kEveryTenant, kSql, Params().bind(before).bind(static_cast<std::int64_t>(limit))));
  return read_all<EventRow>(rows, [](const PostgresRow& row) { return read_event(row); });
}

Result<std::size_t> PostgresStore::count_unrouted(std::size_t most) {
  TRY(const PostgresRows rows,
      run_alone(kEveryTenant,
                "SELECT count(*) FROM (SELECT 1 FROM workflow_event_backlog LIMIT $1) AS waiting",
                Params().bind(static_cast<std::int64_t>(most))));
  return static_cast<std::size_t>(rows[0].number(0));
}

Result<void> PostgresStore::put_routing(std::span<const DeliveryRow> rows,
                                        std::span<const EventRow> routed) {
  TRY(const PostgresPool::Lease connection, pool_.take(kEveryTenant));
  // A commit that a crash of the database takes back leaves the events in the backlog: they are
  // routed again, and whoever had them knows their ids.
  TRY(PostgresTransaction transaction,
      PostgresTransaction::begin(*connection, TransactionKind::RepeatableKeyed));
  // One statement changes a row once.
  std::map<std::array<std::string, 4>, const DeliveryRow*> unique;
  for (const DeliveryRow& row : rows)
    unique.try_emplace({row.tenant.text, row.event_id.text, row.kind, row.target}, &row);
  if (!unique.empty()) {
    Columns columns(7);
    for (const auto& [key, row] : unique) {
      columns.bind(row->tenant.text).bind(row->event_id.text).bind(row->kind).bind(row->target);
      columns.bind(row->outcome).bind_json(row->details).bind(row->at);
    }
    static const std::string kPut = format(
        "INSERT INTO workflow_event_deliveries (tenant, event_id, kind, target, outcome, details, "
        "at) SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], "
        "$6::json[], $7::bigint[]){}",
        kReplaceDelivery);
    TRY(const PostgresRows put, connection->run(kPut, std::move(columns).finish()));
  }
  if (!routed.empty()) {
    Columns columns(2);
    // Ordered, as in insert_events.
    std::set<std::pair<std::string_view, std::string_view>> keys;
    for (const EventRow& row : routed) keys.emplace(row.tenant.text, row.event_id.text);
    for (const auto& [tenant, id] : keys) columns.bind(tenant).bind(id);
    TRY(const PostgresRows marked,
        connection->run("DELETE FROM workflow_event_backlog AS b USING unnest($1::text[], "
                        "$2::text[]) AS r (tenant, event_id) WHERE b.tenant = r.tenant AND "
                        "b.event_id = r.event_id",
                        std::move(columns).finish()));
  }
  return transaction.commit();
}

Result<std::vector<DeliveryRow>> PostgresStore::held_launches(std::size_t per_workflow) {
  static const std::string kSql = format(
      "SELECT {} FROM (SELECT DISTINCT h.tenant AS t, h.target AS w FROM "
      "workflow_event_deliveries h JOIN workflow_definitions d ON d.tenant = h.tenant AND "
      "d.workflow_id = h.target WHERE h.outcome = 'HELD' AND d.paused_at IS NULL) AS held CROSS "
      "JOIN LATERAL (SELECT * FROM workflow_event_deliveries WHERE outcome = 'HELD' AND tenant = t "
      "AND target = w ORDER BY at, event_id LIMIT $1) AS oldest ORDER BY t, w, at, event_id",
      kDeliveryColumns);
  TRY(const PostgresRows rows,
      run_alone(kEveryTenant, kSql, Params().bind(static_cast<std::int64_t>(per_workflow))));
  return read_all<DeliveryRow>(rows, [](const PostgresRow& row) { return read_delivery(row); });
}

Result<std::vector<DeliveryRow>> PostgresStore::deliveries(const TenantId& tenant,
                                                           const EventId& id) {
  static const std::string kSql = format(
      "SELECT {} FROM workflow_event_deliveries WHERE tenant = $1 AND event_id = $2 ORDER BY at, "
      "kind, target",
      kDeliveryColumns);
  TRY(const PostgresRows rows, run_alone(tenant, kSql, Params().bind(tenant.text).bind(id.text)));
  return read_all<DeliveryRow>(rows, [](const PostgresRow& row) { return read_delivery(row); });
}

// Two index look-ups an event, whatever the planner thinks of the array's size.
Result<std::vector<Candidate>> PostgresStore::waits_for(std::span<const EventRow> events) {
  static const std::string kSql = format(
      "SELECT {0}, n FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) WITH ORDINALITY "
      "AS e (e_tenant, e_name, e_key, e_at, n) CROSS JOIN LATERAL (SELECT {0} FROM "
      "workflow_run_waits WHERE status = 'WAITING' AND wait_type = 'event' AND tenant = e_tenant "
      "AND event_name = e_name AND correlation_key = e_key AND accepts_from <= e_at UNION ALL "
      "SELECT {0} FROM workflow_run_waits WHERE status = 'WAITING' AND wait_type = 'event' AND "
      "tenant = e_tenant AND event_name = e_name AND correlation_key IS NULL AND accepts_from <= "
      "e_at) AS w ORDER BY n, created_at, wait_id",
      kWaitColumns);
  Columns columns(4);
  for (const EventRow& event : events) {
    columns.bind(event.tenant.text).bind(event.event_name).bind(event.correlation_key);
    columns.bind(event.received_at);
  }
  TRY(const PostgresRows rows, run_alone(kEveryTenant, kSql, std::move(columns).finish()));
  return read_all<Candidate>(rows, [](const PostgresRow& row) {
    constexpr int kOrdinal = 17;
    return Candidate{static_cast<std::size_t>(row.number(kOrdinal) - 1), read_wait(row)};
  });
}

Result<std::vector<EventRow>> PostgresStore::events_for(const WaitRow& wait,
                                                        const EventPage& page) {
  return fermata::store::events_for(sql_, wait, page);
}

Result<std::vector<RunVersion>> PostgresStore::versions_of(std::span<const RunId> runs) {
  return fermata::store::versions_of(sql_, runs);
}

namespace {

constexpr std::string_view kPutSchema =
    "INSERT INTO workflow_payload_schemas (tenant, ref, schema_json, created_at) VALUES ($1, $2, "
    "$3, $4)";
constexpr std::string_view kPutEventType =
    "INSERT INTO workflow_event_types (tenant, event_name, payload_schema_ref, correlation_path, "
    "updated_at) VALUES ($1, $2, $3, $4, $5)";

Params params_of(const SchemaRow& row) {
  Params insert;
  insert.bind(row.tenant.text).bind(row.ref).bind_json(row.schema).bind(row.created_at);
  return insert;
}

Params params_of(const EventTypeRow& row) {
  Params put;
  put.bind(row.tenant.text).bind(row.event_name).bind(row.payload_schema_ref);
  put.bind(row.correlation_path).bind(row.updated_at);
  return put;
}

}  // namespace

Result<void> put_schema_in(PostgresConnection& connection, const SchemaRow& row) {
  TRY(const PostgresRows done, connection.run(kPutSchema, params_of(row)));
  return {};
}

Result<void> put_event_type_in(PostgresConnection& connection, const EventTypeRow& row) {
  TRY(const PostgresRows done, connection.run(kPutEventType, params_of(row)));
  return {};
}

Result<void> PostgresStore::put_schema(const SchemaRow& row) {
  TRY(const PostgresRows done, run_alone(row.tenant, kPutSchema, params_of(row)));
  return {};
}

Result<std::vector<SchemaRow>> PostgresStore::schemas(const TenantId& tenant) {
  TRY(const PostgresRows rows,
      run_alone(tenant,
                "SELECT ref, schema_json, created_at FROM workflow_payload_schemas WHERE tenant = "
                "$1 ORDER BY ref",
                Params().bind(tenant.text)));
  return read_all<SchemaRow>(rows, [&](const PostgresRow& row) {
    return SchemaRow{tenant, row.text(0), row.json_value(1), row.number(2)};
  });
}

Result<void> PostgresStore::put_event_type(const EventTypeRow& row) {
  const std::string sql = std::string(kPutEventType) + std::string(kReplaceEventType);
  TRY(const PostgresRows done, run_alone(row.tenant, sql, params_of(row)));
  return {};
}

Result<std::vector<EventTypeRow>> PostgresStore::event_types(const TenantId& tenant) {
  TRY(const PostgresRows rows,
      run_alone(tenant,
                "SELECT event_name, payload_schema_ref, correlation_path, updated_at FROM "
                "workflow_event_types WHERE tenant = $1 ORDER BY event_name",
                Params().bind(tenant.text)));
  return read_all<EventTypeRow>(rows, [&](const PostgresRow& row) {
    return EventTypeRow{tenant, row.text(0), row.text(1), row.text(2), row.number(3)};
  });
}

Result<std::vector<SchemaRow>> PostgresStore::schemas_of(const TenantId& tenant,
                                                         const std::vector<std::string>& refs) {
  return fermata::store::schemas_of(sql_, tenant, refs);
}

Result<std::vector<EventTypeRow>> PostgresStore::event_types_of(
    const TenantId& tenant, const std::vector<std::string>& names) {
  return fermata::store::event_types_of(sql_, tenant, names);
}

}  // namespace fermata::store
