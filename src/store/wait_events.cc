#include "store/wait_events.h"

#include <algorithm>

#include "store/tables.h"

namespace fermata::store {

Result<std::vector<EventRow>> events_for(Sql& sql, const projection::WaitRow& wait,
                                         const EventPage& page) {
  const TimeMs from =
      page.after ? std::max(wait.accepts_from, page.after->first) : wait.accepts_from;
  Query query{.tenant = wait.tenant};
  query.add("SELECT ").add(kEventColumns).add(" FROM workflow_runtime_events AS e");
  query.add(" WHERE tenant = ?", wait.tenant.text).add(" AND received_at >= ?", from);
  // Without a key only the index by time has the order of a page: for SQLite the `+` hides the
  // name from the other one.
  const bool hides_name = !wait.correlation_key && sql.dialect() == SqlDialect::Sqlite;
  query.add(hides_name ? " AND +event_name = ?" : " AND event_name = ?",
            wait.event_name.value_or(""));
  if (wait.correlation_key) {
    query.add(" AND correlation_key = ?", *wait.correlation_key);
  } else {
    query.add(" AND correlation_key IS NOT NULL");
  }
  if (page.after) {
    query.add(" AND (received_at > ?", page.after->first);
    query.add(" OR event_id > ?)", page.after->second);
  }
  query.add(
      " AND NOT EXISTS (SELECT 1 FROM workflow_event_deliveries AS d WHERE d.tenant = e.tenant AND "
      "d.event_id = e.event_id AND d.kind = 'resume' AND d.target = ? AND d.outcome = 'SIGNALED')",
      wait.run_id.text);
  query.add(" ORDER BY received_at, event_id LIMIT ?", static_cast<std::int64_t>(page.limit));
  return rows_of<EventRow>(sql, query, [](const Cells& cells) { return read_event(cells); });
}

Result<std::vector<RunVersion>> versions_of(Sql& sql, std::span<const RunId> runs) {
  constexpr std::size_t kPerQuery = 500;
  std::vector<RunVersion> found;
  while (!runs.empty()) {
    const auto some = runs.first(std::min(kPerQuery, runs.size()));
    runs = runs.subspan(some.size());
    std::vector<std::string> ids;
    for (const RunId& run : some) ids.push_back(run.text);
    Query query{.tenant = kEveryTenant};
    query.add(
        "SELECT run_id, tenant, workflow_id, workflow_version, definition_hash FROM workflow_runs "
        "WHERE ");
    query.add_in("run_id", ids);
    TRY(auto rows, rows_of<RunVersion>(sql, query, [](const Cells& cells) {
          return RunVersion{RunId(cells.text(0)), TenantId(cells.text(1)),
                            WorkflowId(cells.text(2)), cells.number(3), cells.text(4)};
        }));
    found.insert(found.end(), rows.begin(), rows.end());
  }
  return found;
}

}  // namespace fermata::store
