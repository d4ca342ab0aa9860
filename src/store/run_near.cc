// What stands close to one step or one wait: its action's doing, events and waits that nearly met.
#include <algorithm>

#include "store/run_views.h"
#include "store/sql.h"
#include "store/tables.h"

namespace fermata::store {
namespace {

using projection::StepRow;
using projection::WaitRow;

// Workers and Temporal have clocks of their own.
constexpr std::int64_t kClocksApartMs = 60'000;

Query events_of(const TenantId& tenant) {
  Query query{.tenant = tenant};
  query.add("SELECT ").add(kEventColumns).add(" FROM workflow_runtime_events AS e");
  return query.add(" WHERE tenant = ?", tenant.text);
}

Query waits_of(const EventRow& event) {
  Query query{.tenant = event.tenant};
  query.add("SELECT ").add(kWaitColumns).add(" FROM workflow_run_waits WHERE status = 'WAITING'");
  query.add(" AND wait_type = 'event' AND tenant = ?", event.tenant.text);
  return query.add(" AND event_name = ?", event.event_name);
}

}  // namespace

Result<std::optional<StepRow>> RunViews::step(const TenantId& tenant, const RunId& run,
                                              std::uint64_t number) {
  Query query{.tenant = tenant};
  query.add("SELECT ").add(kStepColumns).add(" FROM workflow_run_steps WHERE run_id = ?", run.text);
  query.add(" AND tenant = ?", tenant.text);
  query.add(" AND step_number = ?", static_cast<std::int64_t>(number));
  TRY(auto rows,
      rows_of<StepRow>(sql_, query, [](const Cells& cells) { return read_step(cells); }));
  return rows.empty() ? std::nullopt : std::optional(std::move(rows.front()));
}

// Of its time, so that not all of a long run's are looked at.
Result<std::optional<InvocationRow>> RunViews::invocation_of(const StepRow& step) {
  Query query{.tenant = step.tenant};
  query.add("SELECT ").add(kInvocationColumns).add(" FROM workflow_action_invocations");
  query.add(" WHERE run_id = ?", step.run_id.text);
  query.add(" AND tenant = ?", step.tenant.text);
  query.add(" AND started_at >= ?", step.started_at - kClocksApartMs);
  if (step.completed_at) query.add(" AND started_at <= ?", *step.completed_at + kClocksApartMs);
  query.add(" AND step_path = ?", step.step_path).add(" AND iteration = ?", step.iteration);
  query.add(" ORDER BY started_at DESC, idempotency_key LIMIT 1");
  TRY(auto rows, rows_of<InvocationRow>(sql_, query, [&](const Cells& cells) {
        return read_invocation(cells, step.tenant);
      }));
  return rows.empty() ? std::nullopt : std::optional(std::move(rows.front()));
}

Result<WaitRow> RunViews::wait(const TenantId& tenant, const WaitId& id) {
  Query query{.tenant = tenant};
  query.add("SELECT ").add(kWaitColumns).add(" FROM workflow_run_waits WHERE wait_id = ?", id.text);
  query.add(" AND tenant = ?", tenant.text);
  TRY(auto rows,
      rows_of<WaitRow>(sql_, query, [](const Cells& cells) { return read_wait(cells); }));
  if (rows.empty())
    return make_error(ErrorKind::NotFound, "NOT_FOUND", format("there is no wait `{}`", id.text));
  return std::move(rows.front());
}

Result<std::vector<EventRow>> RunViews::events_near(const WaitRow& wait) {
  const std::string name = wait.event_name.value_or("");
  std::vector<Query> queries;
  if (wait.correlation_key) {
    queries.push_back(events_of(wait.tenant));
    queries.back().add(" AND event_name = ?", name);
    queries.back().add(" AND correlation_key = ?", *wait.correlation_key);
    queries.back().add(" ORDER BY received_at DESC LIMIT ?", kNearMax);
  }
  Query lately{.tenant = wait.tenant};
  lately.add("SELECT ").add(kEventColumns).add(" FROM (SELECT * FROM workflow_runtime_events");
  lately.add(" WHERE tenant = ?", wait.tenant.text);
  if (wait.resolved_at) lately.add(" AND received_at <= ?", *wait.resolved_at + kClocksApartMs);
  lately.add(" ORDER BY received_at DESC, event_id DESC LIMIT ?", kNearWindow);
  lately.add(") AS e WHERE event_name = ?", name);
  if (wait.correlation_key)
    lately.add(" AND (correlation_key IS NULL OR correlation_key <> ?)", *wait.correlation_key);
  lately.add(" ORDER BY received_at DESC, event_id DESC LIMIT ?", kNearMax);
  queries.push_back(std::move(lately));
  std::vector<EventRow> rows;
  TRY_DO(sql_.select(queries,
                     [&](std::size_t, const Cells& cells) { rows.push_back(read_event(cells)); }));
  std::ranges::stable_sort(rows, std::ranges::greater(), &EventRow::received_at);
  return rows;
}

// By the key alone, which is the order of an index: there may be many waits for one name.
Result<std::vector<WaitRow>> RunViews::waits_near(const EventRow& event) {
  std::vector<Query> queries;
  const auto ask = [&](Query query, std::string_view order) {
    queries.push_back(std::move(query.add(order).add(" LIMIT ?", kNearMax)));
  };
  if (event.correlation_key) {
    const std::string& key = *event.correlation_key;
    ask(waits_of(event).add(" AND correlation_key = ?", key), " ORDER BY correlation_key");
    ask(waits_of(event).add(" AND correlation_key IS NULL"), "");
    ask(waits_of(event).add(" AND correlation_key < ?", key), " ORDER BY correlation_key DESC");
    ask(waits_of(event).add(" AND correlation_key > ?", key), " ORDER BY correlation_key");
  } else {
    ask(waits_of(event), "");
  }
  std::vector<WaitRow> rows;
  TRY_DO(sql_.select(queries,
                     [&](std::size_t, const Cells& cells) { rows.push_back(read_wait(cells)); }));
  return rows;
}

}  // namespace fermata::store
