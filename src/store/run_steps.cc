// The steps of one run: windows, sums, timeline.
#include <algorithm>
#include <array>

#include "store/run_views.h"
#include "store/sql.h"
#include "store/tables.h"

namespace fermata::store {
namespace {

using projection::StepRow;
constexpr std::array<std::string_view, 6> kStatuses = {"STARTED", "RETRY_SCHEDULED", "SUCCEEDED",
                                                       "FAILED",  "HANDLED",         "CANCELED"};
constexpr std::int64_t kSumPage = 20'000;

// … FROM the steps of the run
Query steps_of(std::string_view what, const TenantId& tenant, const RunId& run) {
  Query query{.tenant = tenant};
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
  Query query{.tenant = tenant};
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

// Sums of rows that come in order of step number.
class Summing {
 public:
  void take(const Cells& cells) {
    std::string text = cells.text(1);
    const auto [found, is_new] = places_.try_emplace(std::move(text), paths_.size());
    if (is_new) {
      paths_.emplace_back();
      durations_.emplace_back();
      paths_.back().path = found->first;
      paths_.back().step_type = cells.text(3);
      paths_.back().first_step_number = static_cast<std::uint64_t>(cells.number(0));
    }
    PathSums& path = paths_[found->second];
    ++path.by_status[cells.text(2)];
    if (const auto ms = cells.optional_number(4)) durations_[found->second].push_back(*ms);
    if (!path.first_failed_iteration) path.first_failed_iteration = cells.optional_text(5);
  }
  std::vector<PathSums> finish() && {
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      auto& durations = durations_[i];
      if (durations.empty()) continue;
      const auto middle =
          durations.begin() + static_cast<std::ptrdiff_t>((durations.size() - 1) / 2);
      std::ranges::nth_element(durations, middle);
      paths_[i].ms_p50 = *middle;
      const auto [least, most] = std::ranges::minmax(durations);
      paths_[i].ms_min = least;
      paths_[i].ms_max = most;
    }
    return std::move(paths_);
  }

 private:
  std::map<std::string, std::size_t> places_;
  std::vector<PathSums> paths_;
  std::vector<std::vector<std::int64_t>> durations_;  // of each path
};

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

// One pass without sorting: a long run has a hundred thousand.
Result<std::map<std::string, std::int64_t>> RunViews::count_steps(const TenantId& tenant,
                                                                  const RunId& run) {
  std::string what;
  for (const std::string_view status : kStatuses)
    what += format("{}count(*) FILTER (WHERE status = '{}')", what.empty() ? "" : ", ", status);
  const Query query = steps_of(what, tenant, run);
  std::map<std::string, std::int64_t> counts;
  TRY_DO(sql_.select(std::span(&query, 1), [&](std::size_t, const Cells& cells) {
    for (std::size_t i = 0; i < kStatuses.size(); ++i) {
      const std::int64_t count = cells.number(static_cast<int>(i));
      if (count > 0) counts[std::string(kStatuses[i])] = count;
    }
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
  Query query{.tenant = tenant};
  query.add("SELECT ").add(kWaitColumns).add(" FROM workflow_run_waits WHERE run_id = ?", run.text);
  query.add(" AND tenant = ?", tenant.text);
  query.add(" AND status = 'WAITING' ORDER BY created_at, wait_id LIMIT 20");
  return rows_of<projection::WaitRow>(sql_, query,
                                      [](const Cells& cells) { return read_wait(cells); });
}

Result<std::vector<PathSums>> RunViews::aggregates(const TenantId& tenant, const RunId& run) {
  Summing summing;
  std::int64_t after = 0;
  std::int64_t rows = kSumPage;
  // Pages, so that memory does not grow with the run.
  while (rows == kSumPage) {
    const Query page =
        steps_of(
            "step_number, step_path, status, step_type, completed_at - started_at, CASE WHEN "
            "status IN ('FAILED', 'HANDLED') THEN iteration END",
            tenant, run)
            .add(" AND step_number > ?", after)
            .add(" ORDER BY step_number LIMIT ?", kSumPage);
    rows = 0;
    TRY_DO(sql_.select(std::span(&page, 1), [&](std::size_t, const Cells& cells) {
      after = cells.number(0);
      ++rows;
      summing.take(cells);
    }));
  }
  return std::move(summing).finish();
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
