// Lists of runs. A filter is cut into arms that one index serves each, in the order of the list;
// the arms' rows are merged. So a page costs the same however many runs there are.
#include <algorithm>
#include <array>

#include "store/run_views.h"
#include "store/sql.h"
#include "store/tables.h"

namespace fermata::store {
namespace {

constexpr std::array<std::string_view, 6> kStatuses = {"RUNNING",   "WAITING", "PAUSED",
                                                       "SUCCEEDED", "FAILED",  "CANCELED"};

// One range of one index.
struct Arm {
  std::optional<std::string> status;
  std::optional<std::string> run_id;
  std::optional<std::string> descendants_of;
  std::optional<std::string> id_prefix;
  std::optional<std::string> error_code;
  bool has_id_prefix_elsewhere = false;  // another arm gives those
};

bool can_be_id(const std::string& text) {
  return text.size() >= kRunIdPrefixMin;
}

std::vector<Arm> arms_of(const RunFilter& filter) {
  std::vector<Arm> arms;
  if (filter.search) {
    const bool is_id = can_be_id(*filter.search);
    if (is_id) arms.push_back({.id_prefix = filter.search});
    arms.push_back({.error_code = filter.search, .has_id_prefix_elsewhere = is_id});
  } else if (filter.root_run_id) {
    arms.push_back({.run_id = filter.root_run_id});
    arms.push_back({.descendants_of = filter.root_run_id});
  } else if (!filter.parent_run_id && !filter.statuses.empty()) {
    for (const std::string& status : filter.statuses) arms.push_back({.status = status});
  } else if (filter.workflow_id && !filter.parent_run_id) {
    for (const std::string_view status : kStatuses) arms.push_back({.status = std::string(status)});
  } else {
    arms.emplace_back();
  }
  return arms;
}

void add_arm(Query& query, SqlDialect dialect, const Arm& arm) {
  // Where the id leads, the tenant must not tempt the planner to another index.
  query.add(arm.id_prefix || arm.run_id ? " WHERE (tenant || '') = ?" : " WHERE tenant = ?",
            query.tenant.text);
  if (arm.status) query.add(" AND status = ?", *arm.status);
  if (arm.run_id) query.add(" AND run_id = ?", *arm.run_id);
  if (arm.descendants_of)
    query.add(" AND root_run_id = ? AND parent_run_id IS NOT NULL", *arm.descendants_of);
  const auto add_prefix = [&](const std::string& prefix) {
    // No id has a character beyond 0x7E.
    query.add("run_id >= ?", prefix).add(" AND run_id < ?)", prefix + "\x7f");
  };
  if (arm.id_prefix) {
    query.add(" AND (");
    add_prefix(*arm.id_prefix);
  }
  if (arm.error_code) {
    query.add(dialect == SqlDialect::Postgres
                  ? " AND error_code = ?"
                  : " AND error_json IS NOT NULL AND error_json ->> 'code' = ?",
              *arm.error_code);
    if (arm.has_id_prefix_elsewhere) {
      query.add(" AND NOT (");
      add_prefix(*arm.error_code);
    }
  }
}

void add_filter(Query& query, const RunFilter& filter, const Arm& arm) {
  if (filter.workflow_id) query.add(" AND workflow_id = ?", *filter.workflow_id);
  if (!arm.status && !filter.statuses.empty()) {
    query.add(" AND ").add_in("status", filter.statuses);
  }
  if (filter.trigger_type) query.add(" AND trigger_type = ?", *filter.trigger_type);
  if (filter.parent_run_id) query.add(" AND parent_run_id = ?", *filter.parent_run_id);
  if (filter.root_run_id && !arm.run_id && !arm.descendants_of)
    query.add(" AND root_run_id = ?", *filter.root_run_id);
  if (filter.started_from) query.add(" AND started_at >= ?", *filter.started_from);
  if (filter.started_before) query.add(" AND started_at < ?", *filter.started_before);
}

Query list_query(Query query, SqlDialect dialect, const RunFilter& filter, const Arm& arm) {
  query.add("SELECT ").add(kRunHeadColumns).add(" FROM workflow_runs");
  add_arm(query, dialect, arm);
  add_filter(query, filter, arm);
  if (filter.after) {
    query.add(" AND (started_at, run_id) < (CAST(? AS BIGINT)", filter.after->first)
        .add(", ?)", filter.after->second);
  }
  return query.add(" ORDER BY started_at DESC, run_id DESC LIMIT ?",
                   static_cast<std::int64_t>(filter.limit));
}

std::vector<Query> list_queries(const TenantId& tenant, SqlDialect dialect,
                                const RunFilter& filter) {
  std::vector<Query> queries;
  for (const Arm& arm : arms_of(filter))
    queries.push_back(list_query({.tenant = tenant}, dialect, filter, arm));
  return queries;
}

}  // namespace

Result<std::vector<RunView>> RunViews::runs(const TenantId& tenant, const RunFilter& filter) {
  std::vector<RunView> rows;
  TRY_DO(sql_.select(
      list_queries(tenant, sql_.dialect(), filter),
      [&](std::size_t, const Cells& cells) { rows.push_back(read_run(cells, tenant)); }));
  std::ranges::sort(rows, [](const RunView& a, const RunView& b) {
    return std::tie(a.launch.started_at, a.launch.run_id) >
           std::tie(b.launch.started_at, b.launch.run_id);
  });
  if (rows.size() > filter.limit)
    rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(filter.limit), rows.end());
  return rows;
}

Result<std::vector<RunView>> RunViews::runs_by_id(const TenantId& tenant,
                                                  const std::vector<std::string>& ids) {
  if (ids.empty()) return std::vector<RunView>();
  Query query{.tenant = tenant};
  query.add("SELECT ").add(kRunHeadColumns).add(" FROM workflow_runs WHERE ");
  query.add_in("run_id", ids).add(" AND (tenant || '') = ?", tenant.text);
  return rows_of<RunView>(sql_, query, [&](const Cells& cells) { return read_run(cells, tenant); });
}

Result<std::int64_t> RunViews::count_runs(const TenantId& tenant, const RunFilter& filter) {
  std::vector<Query> queries;
  for (const Arm& arm : arms_of(filter)) {
    Query& query = queries.emplace_back(Query{.tenant = tenant});
    query.add("SELECT count(*) FROM (SELECT 1 FROM workflow_runs");
    add_arm(query, sql_.dialect(), arm);
    add_filter(query, filter, arm);
    query.add(" LIMIT ?) AS counted", kRunCountMax + 1);
  }
  std::int64_t total = 0;
  TRY_DO(sql_.select(queries, [&](std::size_t, const Cells& cells) { total += cells.number(0); }));
  return std::min(total, kRunCountMax + 1);
}

Result<RunFacets> RunViews::facets(const TenantId& tenant, const RunFilter& filter) {
  const bool is_sqlite = sql_.dialect() == SqlDialect::Sqlite;
  std::vector<Query> queries;
  for (const Arm& arm : arms_of(filter)) {
    Query& query = queries.emplace_back(Query{.tenant = tenant});
    query.add("SELECT status, workflow_id, trigger_type, code, count(*) FROM (SELECT status, ")
        .add("workflow_id, trigger_type, ")
        .add(is_sqlite ? "error_json ->> 'code'" : "error_code")
        .add(" AS code FROM workflow_runs");
    add_arm(query, sql_.dialect(), arm);
    add_filter(query, filter, arm);
    query.add(
        " ORDER BY started_at DESC, run_id DESC LIMIT ?) AS newest GROUP BY status, workflow_id, "
        "trigger_type, code",
        kRunCountMax + 1);
  }
  RunFacets facets;
  std::vector<std::int64_t> totals(queries.size());
  TRY_DO(sql_.select(queries, [&](std::size_t query, const Cells& cells) {
    const std::int64_t count = cells.number(4);
    facets.by_status[cells.text(0)] += count;
    facets.by_workflow[cells.text(1)] += count;
    facets.by_trigger[cells.text(2)] += count;
    if (const auto code = cells.optional_text(3)) facets.by_error[*code] += count;
    totals[query] += count;
  }));
  for (const std::int64_t total : totals) {
    facets.total += total;
    facets.is_exact = facets.is_exact && total <= kRunCountMax;
  }
  return facets;
}

Result<std::vector<std::string>> RunViews::plan(const TenantId& tenant, const RunFilter& filter) {
  const bool is_sqlite = sql_.dialect() == SqlDialect::Sqlite;
  std::vector<Query> queries = list_queries(tenant, sql_.dialect(), filter);
  for (Query& query : queries) query.text.insert(0, is_sqlite ? "EXPLAIN QUERY PLAN " : "EXPLAIN ");
  std::vector<std::string> lines;
  TRY_DO(sql_.select(queries, [&](std::size_t, const Cells& cells) {
    lines.push_back(cells.text(is_sqlite ? 3 : 0));
  }));
  return lines;
}

}  // namespace fermata::store
