// The steps of one run: windows, sums, timeline.
#include <algorithm>

#include "store/run_views.h"
#include "store/sql.h"
#include "store/tables.h"

namespace fermata::store {
namespace {

using projection::StepRow;

// … FROM the steps of the run
Query steps_of(std::string_view what, const TenantId& tenant, const RunId& run) {
  Query query;
  query.add("SELECT ").add(what).add(" FROM workflow_run_steps WHERE run_id = ?", run.text);
  query.add(" AND tenant = ?", tenant.text);
  return query;
}

Query in_window(std::string_view what, const TenantId& tenant, const RunId& run,
                const TimelineWindow& window) {
  return steps_of(what, tenant, run)
      .add(" AND started_at < ?", window.to)
      .add(" AND (completed_at IS NULL OR completed_at >= ?)", window.from);
}

Query bucket_query(const TenantId& tenant, const RunId& run, const TimelineWindow& window) {
  Query query;
  // What began before the window is in its first column.
  query.add("SELECT step_path, CASE WHEN started_at < ?", window.from)
      .add(" THEN 0 ELSE (started_at - ?)", window.from)
      .add(" * CAST(? AS BIGINT)", window.columns)
      .add(" / CAST(? AS BIGINT) END AS in_column", window.to - window.from)
      .add(", min(started_at), max(coalesce(completed_at, CAST(? AS BIGINT)))", window.to)
      .add(", count(*), count(*) FILTER (WHERE status = 'FAILED') FROM workflow_run_steps")
      .add(" WHERE run_id = ?", run.text)
      .add(" AND tenant = ?", tenant.text)
      .add(" AND started_at < ?", window.to)
      .add(" AND (completed_at IS NULL OR completed_at >= ?)", window.from);
  return query.add(" GROUP BY step_path, in_column ORDER BY min(step_number), in_column");
}

}  // namespace

Result<std::vector<StepRow>> RunViews::steps(const TenantId& tenant, const RunId& run,
                                             const StepFilter& filter) {
  Query query = steps_of(kStepColumns, tenant, run);
  query.add(" AND step_number > ?", static_cast<std::int64_t>(filter.after));
  if (filter.path) query.add(" AND step_path = ?", *filter.path);
  if (filter.iteration) query.add(" AND iteration = ?", *filter.iteration);
  if (!filter.statuses.empty()) query.add(" AND ").add_in("status", filter.statuses);
  query.add(" ORDER BY step_number LIMIT ?", static_cast<std::int64_t>(filter.limit));
  return rows_of<StepRow>(sql_, query, [](const Cells& cells) { return read_step(cells); });
}

Result<std::map<std::string, std::int64_t>> RunViews::count_steps(const TenantId& tenant,
                                                                  const RunId& run) {
  const Query query = steps_of("status, count(*)", tenant, run).add(" GROUP BY status");
  std::map<std::string, std::int64_t> counts;
  TRY_DO(sql_.select(std::span(&query, 1), [&](std::size_t, const Cells& cells) {
    counts[cells.text(0)] = cells.number(1);
  }));
  return counts;
}

Result<std::optional<StepRow>> RunViews::current_step(const TenantId& tenant, const RunId& run) {
  const Query query = steps_of(kStepColumns, tenant, run)
                          .add(" AND status IN ('STARTED', 'RETRY_SCHEDULED')")
                          .add(" ORDER BY step_number DESC LIMIT 1");
  TRY(auto rows,
      rows_of<StepRow>(sql_, query, [](const Cells& cells) { return read_step(cells); }));
  return rows.empty() ? std::nullopt : std::optional(std::move(rows.front()));
}

Result<std::vector<projection::WaitRow>> RunViews::open_waits(const TenantId& tenant,
                                                              const RunId& run) {
  Query query;
  query.add("SELECT ").add(kWaitColumns).add(" FROM workflow_run_waits WHERE run_id = ?", run.text);
  query.add(" AND tenant = ?", tenant.text);
  query.add(" AND status = 'WAITING' ORDER BY created_at, wait_id LIMIT 20");
  return rows_of<projection::WaitRow>(sql_, query,
                                      [](const Cells& cells) { return read_wait(cells); });
}

Result<std::vector<PathSums>> RunViews::aggregates(const TenantId& tenant, const RunId& run) {
  Query medians;
  medians
      .add(
          "SELECT step_path, ms FROM (SELECT step_path, completed_at - started_at AS ms, "
          "row_number() OVER (PARTITION BY step_path ORDER BY completed_at - started_at) AS place, "
          "count(*) OVER (PARTITION BY step_path) AS places FROM workflow_run_steps WHERE "
          "run_id = ?",
          run.text)
      .add(" AND tenant = ?", tenant.text)
      .add(" AND completed_at IS NOT NULL) AS ended WHERE place = (places + 1) / 2");
  Query failures = steps_of("step_path, iteration", tenant, run);
  failures
      .add(" AND step_number IN (SELECT min(step_number) FROM workflow_run_steps WHERE run_id = ?",
           run.text)
      .add(" AND status IN ('FAILED', 'HANDLED') GROUP BY step_path)");
  const Query sums = steps_of(
                         "step_path, status, min(step_type), count(*), min(step_number), "
                         "min(completed_at - started_at), max(completed_at - started_at)",
                         tenant, run)
                         .add(" GROUP BY step_path, status");
  const Query queries[] = {sums, medians, failures};
  std::map<std::string, PathSums> paths;
  TRY_DO(sql_.select(queries, [&](std::size_t query, const Cells& cells) {
    PathSums& path = paths[cells.text(0)];
    if (query == 1) path.ms_p50 = cells.number(1);
    if (query == 2) path.first_failed_iteration = cells.text(1);
    if (query != 0) return;
    const auto first = static_cast<std::uint64_t>(cells.number(4));
    if (path.path.empty() || first < path.first_step_number) path.first_step_number = first;
    path.path = cells.text(0);
    path.by_status[cells.text(1)] = cells.number(3);
    path.step_type = cells.text(2);
    const auto least = cells.optional_number(5);
    const auto most = cells.optional_number(6);
    if (least && (!path.ms_min || *least < *path.ms_min)) path.ms_min = least;
    if (most && (!path.ms_max || *most > *path.ms_max)) path.ms_max = most;
  }));
  std::vector<PathSums> ordered;
  ordered.reserve(paths.size());
  for (auto& [text, path] : paths) ordered.push_back(std::move(path));
  std::ranges::sort(ordered, {}, &PathSums::first_step_number);
  return ordered;
}

Result<Timeline> RunViews::timeline(const TenantId& tenant, const RunId& run,
                                    const TimelineWindow& asked) {
  Timeline made;
  std::int64_t paths = 0;
  const Query count = in_window("count(*), count(DISTINCT step_path)", tenant, run, asked);
  TRY_DO(sql_.select(std::span(&count, 1), [&](std::size_t, const Cells& cells) {
    made.steps = cells.number(0);
    paths = cells.number(1);
  }));
  if (made.steps <= kTimelineRowsMax) {
    const Query rows = in_window(kStepColumns, tenant, run, asked)
                           .add(" ORDER BY step_number LIMIT ?", kTimelineRowsMax);
    TRY(made.rows,
        rows_of<StepRow>(sql_, rows, [](const Cells& cells) { return read_step(cells); }));
    return made;
  }
  TimelineWindow window = asked;
  window.columns = std::clamp(kTimelineBucketsMax / paths, std::int64_t{1}, asked.columns);
  TRY(made.buckets,
      rows_of<TimelineBucket>(sql_, bucket_query(tenant, run, window), [](const Cells& cells) {
        return TimelineBucket{cells.text(0), cells.number(2), cells.number(3), cells.number(4),
                              cells.number(5)};
      }));
  return made;
}

}  // namespace fermata::store
