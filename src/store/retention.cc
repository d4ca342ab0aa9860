#include "store/retention.h"

#include "store/sql.h"

namespace fermata::store {
namespace {

constexpr std::string_view kEnded = "('SUCCEEDED', 'FAILED', 'CANCELED')";
constexpr std::string_view kActive = "('RUNNING', 'WAITING', 'PAUSED')";
constexpr std::string_view kColumns =
    "tenant, runs_days, invocations_days, events_days, audit_days, keys_days, updated_at";
// A success under a key that comes again in another run: forgotten, it would be acted once more.
constexpr std::string_view kKept = "(is_authored = 1 AND status = 'SUCCEEDED')";

RetentionRow read(const Cells& cells) {
  return {TenantId(cells.text(0)),  cells.optional_number(1), cells.optional_number(2),
          cells.optional_number(3), cells.optional_number(4), cells.optional_number(5),
          cells.number(6)};
}

// Of successes that are kept; a condition follows.
Query strip(const TenantId& tenant) {
  Query query{.tenant = tenant};
  return query
      .add("UPDATE workflow_action_invocations SET input_json = '{}' WHERE tenant = ?", tenant.text)
      .add(" AND ")
      .add(kKept)
      .add(" AND ");
}

// The keys of those that no run under way has; conditions follow.
Query invocations_before(const TenantId& tenant, TimeMs before) {
  Query query{.tenant = tenant};
  return query
      .add("SELECT idempotency_key FROM workflow_action_invocations AS call WHERE tenant = ?",
           tenant.text)
      .add(" AND started_at < ?", before)
      .add(
          " AND NOT EXISTS (SELECT 1 FROM workflow_runs AS run WHERE run.run_id = call.run_id AND "
          "run.status IN ")
      .add(kActive)
      .add(")");
}

SqlValue value_of(const std::optional<std::int64_t>& days) {
  return days ? SqlValue(*days) : SqlValue(nullptr);
}

}  // namespace

Result<void> Retention::put(const RetentionRow& row) {
  Query insert{.tenant = row.tenant};
  insert.add("INSERT INTO workflow_retention (").add(kColumns).add(") VALUES (?", row.tenant.text);
  for (const auto* days : {&row.runs, &row.invocations, &row.events, &row.audit, &row.keys})
    insert.add(", ?", value_of(*days));
  insert.add(
      ", ?) ON CONFLICT (tenant) DO UPDATE SET runs_days = excluded.runs_days, invocations_days = "
      "excluded.invocations_days, events_days = excluded.events_days, audit_days = "
      "excluded.audit_days, keys_days = excluded.keys_days, updated_at = excluded.updated_at",
      row.updated_at);
  return sql_.execute(insert);
}

Result<RetentionRow> Retention::row(const TenantId& tenant) {
  Query query{.tenant = tenant};
  query.add("SELECT ").add(kColumns).add(" FROM workflow_retention WHERE tenant = ?", tenant.text);
  TRY(auto found, rows_of<RetentionRow>(sql_, query, read));
  if (!found.empty()) return std::move(found.front());
  RetentionRow nothing;
  nothing.tenant = tenant;
  return nothing;
}

Result<std::vector<RetentionRow>> Retention::rows() {
  Query query{.tenant = kEveryTenant};
  query.add("SELECT ").add(kColumns).add(" FROM workflow_retention ORDER BY tenant");
  return rows_of<RetentionRow>(sql_, query, read);
}

Result<std::vector<PolicyRow>> Retention::policies() {
  Query query{.tenant = kEveryTenant};
  query.add(
      "SELECT tenant, workflow_id, policy_json FROM workflow_definitions WHERE CAST(policy_json AS "
      "text) <> '{}' ORDER BY tenant, workflow_id");
  return rows_of<PolicyRow>(sql_, query, [](const Cells& cells) -> PolicyRow {
    return {TenantId(cells.text(0)), WorkflowId(cells.text(1)), cells.json_value(2)};
  });
}

Result<std::vector<RunId>> Retention::ended_runs(const EndedRuns& which) {
  Query query{.tenant = which.tenant};
  query.add("SELECT run_id FROM workflow_runs AS run WHERE tenant = ?", which.tenant.text)
      .add(" AND status IN ")
      .add(kEnded)
      // It began before it ended: the lists' indexes are in this order.
      .add(" AND started_at < ?", which.before)
      .add(" AND completed_at < ?", which.before);
  if (which.workflow) query.add(" AND workflow_id = ?", *which.workflow);
  if (!which.except_workflows.empty())
    query.add(" AND NOT (").add_in("workflow_id", which.except_workflows).add(")");
  query
      .add(
          " AND NOT EXISTS (SELECT 1 FROM workflow_runs AS root WHERE root.run_id = "
          "run.root_run_id AND root.tenant = run.tenant AND root.status IN ")
      .add(kActive)
      .add(") ORDER BY started_at, run_id LIMIT ?", static_cast<std::int64_t>(which.limit));
  return rows_of<RunId>(sql_, query, [](const Cells& cells) { return RunId(cells.text(0)); });
}

Result<void> Retention::remove_run(const TenantId& tenant, const RunId& run) {
  const auto of_run = [&](std::string_view table) {
    Query query{.tenant = tenant};
    return query.add("DELETE FROM ")
        .add(table)
        .add(" WHERE run_id = ?", run.text)
        .add(" AND tenant = ?", tenant.text);
  };
  Query tasks{.tenant = tenant};
  tasks.add("DELETE FROM workflow_task_states WHERE tenant = ?", tenant.text)
      .add(" AND task_id IN (SELECT task_id FROM workflow_run_waits WHERE run_id = ?", run.text)
      .add(" AND task_id IS NOT NULL)");
  TRY_DO(sql_.execute(tasks));
  TRY_DO(sql_.execute(strip(tenant).add("run_id = ?", run.text)));
  TRY_DO(sql_.execute(of_run("workflow_action_invocations").add(" AND NOT ").add(kKept)));
  for (const char* table : {"workflow_run_steps", "workflow_run_waits", "workflow_runs"})
    TRY_DO(sql_.execute(of_run(table)));
  return {};
}

// The keys that the query finds, one by one statement.
Result<std::int64_t> Retention::remove(const Query& keys, std::string_view table,
                                       std::string_view key) {
  TRY(const auto found,
      rows_of<std::string>(sql_, keys, [](const Cells& cells) { return cells.text(0); }));
  if (found.empty()) return 0;
  Query query{.tenant = keys.tenant};
  query.add("DELETE FROM ").add(table).add(" WHERE tenant = ?", keys.tenant.text).add(" AND ");
  TRY_DO(sql_.execute(query.add_in(key, found)));
  return static_cast<std::int64_t>(found.size());
}

Result<std::int64_t> Retention::remove_invocations(const TenantId& tenant, TimeMs before,
                                                   std::size_t limit) {
  const auto last = static_cast<std::int64_t>(limit);
  TRY(const std::int64_t gone,
      remove(invocations_before(tenant, before).add(" AND NOT ").add(kKept).add(" LIMIT ?", last),
             "workflow_action_invocations", "idempotency_key"));
  const Query kept = invocations_before(tenant, before)
                         .add(" AND ")
                         .add(kKept)
                         .add(" AND CAST(input_json AS text) <> '{}' LIMIT ?", last);
  TRY(const auto found,
      rows_of<std::string>(sql_, kept, [](const Cells& cells) { return cells.text(0); }));
  if (found.empty()) return gone;
  TRY_DO(sql_.execute(strip(tenant).add_in("idempotency_key", found)));
  return gone + static_cast<std::int64_t>(found.size());
}

Result<std::int64_t> Retention::remove_keys(const TenantId& tenant, TimeMs before,
                                            std::size_t limit) {
  Query keys = invocations_before(tenant, before).add(" AND ").add(kKept);
  keys.add(" LIMIT ?", static_cast<std::int64_t>(limit));
  return remove(keys, "workflow_action_invocations", "idempotency_key");
}

Result<std::int64_t> Retention::remove_events(const TenantId& tenant, TimeMs before,
                                              std::size_t limit) {
  Query keys{.tenant = tenant};
  keys.add("SELECT event_id FROM workflow_runtime_events AS event WHERE tenant = ?", tenant.text)
      .add(" AND received_at < ?", before)
      .add(
          " AND NOT EXISTS (SELECT 1 FROM workflow_event_backlog AS open WHERE open.tenant = "
          "event.tenant AND open.event_id = event.event_id) AND NOT EXISTS (SELECT 1 FROM "
          "workflow_event_deliveries AS held WHERE held.tenant = event.tenant AND held.event_id = "
          "event.event_id AND held.outcome = "
          "'HELD') ORDER BY received_at, event_id LIMIT ?",
          static_cast<std::int64_t>(limit));
  TRY(const auto found,
      rows_of<std::string>(sql_, keys, [](const Cells& cells) { return cells.text(0); }));
  if (found.empty()) return 0;
  // The event's own row goes last.
  for (const char* table : {"workflow_event_deliveries", "workflow_runtime_events"}) {
    Query query{.tenant = tenant};
    query.add("DELETE FROM ").add(table).add(" WHERE tenant = ?", tenant.text).add(" AND ");
    TRY_DO(sql_.execute(query.add_in("event_id", found)));
  }
  return static_cast<std::int64_t>(found.size());
}

Result<std::int64_t> Retention::remove_audit(const TenantId& tenant, TimeMs before,
                                             std::size_t limit) {
  Query keys{.tenant = tenant};
  keys.add("SELECT audit_id FROM workflow_audit WHERE tenant = ?", tenant.text)
      .add(" AND at < ?", before)
      .add(" ORDER BY at, audit_id LIMIT ?", static_cast<std::int64_t>(limit));
  return remove(keys, "workflow_audit", "audit_id");
}

Result<std::map<std::string, std::int64_t>> Retention::endings(const TenantId& tenant,
                                                               const WorkflowId& workflow,
                                                               TimeMs since, std::size_t newest) {
  std::map<std::string, std::int64_t> counts;
  Query query{.tenant = tenant};
  query
      .add("SELECT status, count(*) FROM (SELECT status FROM workflow_runs WHERE tenant = ?",
           tenant.text)
      .add(" AND workflow_id = ?", workflow.text)
      .add(" AND status IN ('SUCCEEDED', 'FAILED') AND started_at >= ?", since)
      .add(" ORDER BY started_at DESC LIMIT ?) AS newest GROUP BY status",
           static_cast<std::int64_t>(newest));
  TRY_DO(sql_.select(std::span(&query, 1), [&](std::size_t, const Cells& cells) {
    counts[cells.text(0)] = cells.number(1);
  }));
  return counts;
}

}  // namespace fermata::store
