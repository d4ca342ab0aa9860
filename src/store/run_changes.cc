// What changed in the runs that are watched: four statements for all of them, at one moment. The
// number of a row is that of the effect that wrote it last, so what is newer than a number is what
// somebody who knows everything up to it does not know.
//
// Steps have no index by sequence: it would be written twice for each step, for readers that most
// runs never have. A step that holds no others is through before the next one begins, so among
// these the sequence grows with the step number, and every 64th, which is indexed, says where to
// begin. Steps that hold others change late; they are indexed all.
#include <algorithm>

#include "json/text.h"
#include "store/run_views.h"
#include "store/sql.h"
#include "store/tables.h"

namespace fermata::store {
namespace {

// WITH the watches as a table: place, run, after, tenant. Materialized: behind the fence of a
// tenant PostgreSQL looks nothing up in an index by what a function returns (docs/adr/0009).
Query with_watches(SqlDialect dialect, const std::string& watches) {
  // Readers of several tenants at once; each row is compared with its reader's.
  Query query{.tenant = kEveryTenant};
  if (dialect == SqlDialect::Sqlite) {
    return query.add(
        "WITH w(w_n, w_run, w_after, w_tenant) AS MATERIALIZED (SELECT value ->> 0, value ->> 1, "
        "value ->> 2, value ->> 3 FROM json_each(?)) ",
        watches);
  }
  return query.add(
      "WITH w(w_n, w_run, w_after, w_tenant) AS MATERIALIZED (SELECT CAST(value ->> 0 AS BIGINT), "
      "value ->> 1, CAST(value ->> 2 AS BIGINT), value ->> 3 FROM json_array_elements(CAST(? AS "
      "json)) AS e(value)) ",
      watches);
}

// What is read of a table, its key beside the run, which of its rows, and the column that is in
// order of the sequence.
struct Table {
  std::string_view name;
  std::string_view columns;
  std::string_view key;
  std::string_view only = "";
  std::string_view order = "sequence";
};
constexpr Table kBlocks = {"workflow_run_steps", kStepColumns, "step_number",
                           " AND step_type IN ('control.forEach', 'control.tryCatch')"};
constexpr Table kLeaves = {
    "workflow_run_steps", kStepColumns, "step_number",
    " AND step_type NOT IN ('control.forEach', 'control.tryCatch') AND step_number > (SELECT "
    "max(n) FROM (SELECT n FROM (SELECT mark.step_number AS n FROM workflow_run_steps AS mark "
    "WHERE mark.run_id = w_run AND mark.step_number % 64 = 0 AND mark.step_type NOT IN "
    "('control.forEach', 'control.tryCatch') AND mark.sequence <= w_after ORDER BY mark.sequence "
    "DESC LIMIT 1) AS known UNION ALL SELECT -1) AS marks)",
    "step_number"};
constexpr Table kWaits = {"workflow_run_waits", kWaitColumns, "wait_id"};

// The first rows of each run that are newer than what is known. One more than fits says that there
// is more.
Query newer_rows(SqlDialect dialect, const std::string& watches, const Table& table) {
  const std::string newer = format(
      "FROM {} WHERE run_id = w_run AND tenant = w_tenant AND sequence > w_after{} ORDER BY {} "
      "LIMIT {}",
      table.name, table.only, table.order, kChangesMax + 1);
  Query query = with_watches(dialect, watches);
  query.add("SELECT ").add(table.columns).add(", w_n FROM w CROSS JOIN ");
  if (dialect == SqlDialect::Postgres)
    return query.add(format("LATERAL (SELECT * {}) AS newer", newer));
  return query.add(format("{} WHERE run_id = w_run AND {} IN (SELECT {} {})", table.name, table.key,
                          table.key, newer));
}

// Of the run's row only what tells its state, unless it is news.
Query heads(SqlDialect dialect, const std::string& watches) {
  return with_watches(dialect, watches)
      .add(
          "SELECT run_id, workflow_id, workflow_version, status, node_path, NULL, CASE WHEN "
          "sequence > w_after THEN output_json END, CASE WHEN sequence > w_after THEN error_json "
          "END, trigger_type, trigger_metadata_json, trigger_fire_key, temporal_workflow_id, "
          "temporal_run_id, definition_hash, runtime_semantics_version, parent_run_id, "
          "root_run_id, sequence, started_at, completed_at, updated_at, w_n FROM w CROSS JOIN "
          "workflow_runs WHERE run_id = w_run AND tenant = w_tenant");
}

template <typename Row>
void keep_until(std::vector<Row>& rows, std::uint64_t last) {
  std::erase_if(rows, [&](const Row& row) { return row.sequence > last; });
}

// The column that says whose row it is: of heads, steps of both kinds and waits.
constexpr int kWatchOf[] = {21, 15, 15, 17};

// In order, and nothing beyond what is complete.
template <typename Row>
std::uint64_t complete_until(std::vector<Row>& rows) {
  std::ranges::sort(rows, {}, &Row::sequence);
  return rows.size() > kChangesMax ? rows[kChangesMax - 1].sequence : UINT64_MAX;
}

void finish(Changes& changes, std::int64_t after) {
  const std::uint64_t last = std::min(complete_until(changes.steps), complete_until(changes.waits));
  keep_until(changes.steps, last);
  keep_until(changes.waits, last);
  changes.has_more = last != UINT64_MAX;
  const auto is_news = [&](std::uint64_t sequence) {
    return sequence <= last && static_cast<std::int64_t>(sequence) > after;
  };
  if (changes.run && !is_news(changes.run->run.sequence)) changes.run.reset();
  changes.until = after;
  const auto reach = [&](std::uint64_t sequence) {
    changes.until = std::max(changes.until, static_cast<std::int64_t>(sequence));
  };
  if (changes.run) reach(changes.run->run.sequence);
  if (!changes.steps.empty()) reach(changes.steps.back().sequence);
  if (!changes.waits.empty()) reach(changes.waits.back().sequence);
}

}  // namespace

Result<std::vector<Changes>> RunViews::changes(const std::vector<Watch>& watches) {
  std::vector<Changes> all(watches.size());
  if (watches.empty()) return all;
  json::Array table;
  for (std::size_t i = 0; i < watches.size(); ++i) {
    const Watch& watch = watches[i];
    table.push_back(json::Array{static_cast<std::int64_t>(i), json::Value(watch.run.text),
                                watch.after, json::Value(watch.tenant.text)});
  }
  const std::string text = json::to_text(json::Value(std::move(table)));
  const SqlDialect dialect = sql_.dialect();
  const Query queries[] = {heads(dialect, text), newer_rows(dialect, text, kBlocks),
                           newer_rows(dialect, text, kLeaves), newer_rows(dialect, text, kWaits)};
  TRY_DO(sql_.select(queries, [&](std::size_t query, const Cells& cells) {
    const auto place = static_cast<std::size_t>(cells.number(kWatchOf[query]));
    Changes& changes = all.at(place);
    if (query == 0) {
      changes.run = read_run(cells, watches[place].tenant);
      changes.status = changes.run->run.status;
    }
    if (query == 1 || query == 2) changes.steps.push_back(read_step(cells));
    if (query == 3) changes.waits.push_back(read_wait(cells));
  }));
  for (std::size_t i = 0; i < watches.size(); ++i) finish(all[i], watches[i].after);
  return all;
}

Result<RunViews::Reach> RunViews::reach(const Watch& watch) {
  const auto of_run = [&](std::string_view columns, std::string_view table) {
    Query query{.tenant = watch.tenant};
    return query.add("SELECT ")
        .add(columns)
        .add(" FROM ")
        .add(table)
        .add(" WHERE run_id = ?", watch.run.text)
        .add(" AND tenant = ?", watch.tenant.text);
  };
  const std::string_view steps = "workflow_run_steps";
  const Query queries[] = {
      of_run("min(step_number)", steps).add(kBlocks.only).add(" AND sequence > ?", watch.after),
      of_run("sequence, 0", "workflow_runs"),
      of_run("sequence, step_number", steps).add(" ORDER BY step_number DESC LIMIT 1"),
      of_run("sequence, step_number", steps)
          .add(kBlocks.only)
          .add(" ORDER BY sequence DESC LIMIT 1"),
      of_run("sequence, 0", "workflow_run_waits").add(" ORDER BY sequence DESC LIMIT 1")};
  Reach reach;
  TRY_DO(sql_.select(queries, [&](std::size_t query, const Cells& cells) {
    if (query == 0) {
      reach.first_block = cells.optional_number(0);
      return;
    }
    reach.sequence = std::max(reach.sequence, cells.number(0));
    reach.step_number = std::max(reach.step_number, cells.number(1));
  }));
  return reach;
}

}  // namespace fermata::store
