// /api/v1/runs/{id}/…: windows and sums over what one run did.
#include <charconv>

#include "api/render.h"
#include "api/routes.h"
#include "store/run_views.h"

namespace fermata::api {
namespace {

// A timeline is drawn on a screen; this is two of the widest.
constexpr std::int64_t kColumnsMax = 8'192;

// The id, when there is such a run.
Result<RunId> run_of(const ApiParts& parts, const http::Request& request) {
  TRY(const auto view, parts.store.run(tenant_of(request), RunId(request.params.at("id"))));
  return view.launch.run_id;
}

Result<json::Value> steps(const ApiParts& parts, const http::Request& request) {
  TRY(const RunId run, run_of(parts, request));
  store::StepFilter filter;
  filter.path = query_of(request, "path");
  filter.iteration = query_of(request, "iteration");
  filter.statuses = words_of(request, "status");
  TRY(filter.limit, limit_of(request));
  auto after = query_of(request, "after");
  if (!after) after = query_of(request, "cursor");
  if (after) {
    const char* const end = after->data() + after->size();
    if (std::from_chars(after->data(), end, filter.after).ptr != end) return bad_cursor();
  }
  TRY(const auto rows, parts.store.views().steps(tenant_of(request), run, filter));
  json::Array items;
  for (const auto& row : rows) items.push_back(render(row));
  json::Object page{{"items", std::move(items)}};
  if (rows.size() == filter.limit) page["nextCursor"] = std::to_string(rows.back().step_number);
  return json::Value(std::move(page));
}

json::Value number(const std::optional<std::int64_t>& value) {
  return value ? json::Value(*value) : json::Value(nullptr);
}

Result<json::Value> aggregates(const ApiParts& parts, const http::Request& request) {
  TRY(const RunId run, run_of(parts, request));
  TRY(const auto sums, parts.store.views().aggregates(tenant_of(request), run));
  json::Array items;
  for (const store::PathSums& path : sums) items.push_back(render(path));
  return json::Value(json::Object{{"items", std::move(items)}});
}

// Columns, not objects: paths once, and each of the rest as a list of numbers or words. Times are
// milliseconds since 1970.
class PathIndex {
 public:
  std::int64_t of(const std::string& path) {
    const auto [found, is_new] = places_.try_emplace(path, static_cast<std::int64_t>(list_.size()));
    if (is_new) list_.emplace_back(path);
    return found->second;
  }
  json::Array take() { return std::move(list_); }

 private:
  std::map<std::string, std::int64_t> places_;
  json::Array list_;
};

json::Object row_columns(const std::vector<projection::StepRow>& rows) {
  PathIndex paths;
  json::Array number_column;
  json::Array path_column;
  json::Array iteration;
  json::Array status;
  json::Array started;
  json::Array completed;
  for (const projection::StepRow& row : rows) {
    number_column.emplace_back(row.step_number);
    path_column.emplace_back(paths.of(row.step_path));
    iteration.emplace_back(row.iteration);
    status.emplace_back(row.status);
    started.emplace_back(row.started_at);
    completed.push_back(number(row.completed_at));
  }
  return {{"paths", paths.take()},
          {"path", std::move(path_column)},
          {"stepNumber", std::move(number_column)},
          {"iteration", std::move(iteration)},
          {"status", std::move(status)},
          {"t0", std::move(started)},
          {"t1", std::move(completed)}};
}

json::Object bucket_columns(const std::vector<store::TimelineBucket>& buckets) {
  PathIndex paths;
  json::Array path_column;
  json::Array from;
  json::Array to;
  json::Array count;
  json::Array failed;
  for (const store::TimelineBucket& bucket : buckets) {
    path_column.emplace_back(paths.of(bucket.path));
    from.emplace_back(bucket.from);
    to.emplace_back(bucket.to);
    count.emplace_back(bucket.steps);
    failed.emplace_back(bucket.failed);
  }
  return {{"paths", paths.take()}, {"path", std::move(path_column)}, {"t0", std::move(from)},
          {"t1", std::move(to)},   {"n", std::move(count)},          {"failed", std::move(failed)}};
}

Result<json::Value> timeline(const ApiParts& parts, const http::Request& request) {
  TRY(const auto view, parts.store.run(tenant_of(request), RunId(request.params.at("id"))));
  TRY(const auto from, time_of(request, "from"));
  TRY(const auto to, time_of(request, "to"));
  store::TimelineWindow window;
  window.from = from.value_or(view.launch.started_at);
  // Its last millisecond is in the window.
  window.to = to.value_or(view.run.completed_at.value_or(parts.clock.now()) + 1);
  if (window.to <= window.from)
    return make_error(ErrorKind::Invalid, "QUERY_INVALID", "to: expected an instant after `from`");
  TRY(window.columns,
      number_of(request, {.name = "px", .least = 1, .most = kColumnsMax, .otherwise = 1'000}));
  TRY(const store::Timeline made,
      parts.store.views().timeline(tenant_of(request), view.launch.run_id, window));
  json::Object page{{"from", window.from}, {"to", window.to}, {"steps", made.steps}};
  if (made.buckets.empty()) {
    page["rows"] = row_columns(made.rows);
  } else {
    page["buckets"] = bucket_columns(made.buckets);
  }
  return json::Value(std::move(page));
}

template <typename Rows>
Result<json::Value> all_of(const ApiParts& parts, const http::Request& request, Rows rows_of) {
  TRY(const RunId run, run_of(parts, request));
  TRY(const auto rows, rows_of(run));
  json::Array items;
  for (const auto& row : rows) items.push_back(render(row));
  return json::Value(json::Object{{"items", std::move(items)}});
}

}  // namespace

void add_run_view_routes(http::Router& router, const ApiParts& parts) {
  router.add("GET", "/api/v1/runs/{id}/steps",
             [&parts](const http::Request& r) { return answer(steps(parts, r)); });
  router.add("GET", "/api/v1/runs/{id}/aggregates",
             [&parts](const http::Request& r) { return answer(aggregates(parts, r)); });
  router.add("GET", "/api/v1/runs/{id}/timeline",
             [&parts](const http::Request& r) { return answer(timeline(parts, r)); });
  router.add("GET", "/api/v1/runs/{id}/waits", [&parts](const http::Request& r) {
    return answer(
        all_of(parts, r, [&](const RunId& run) { return parts.store.waits(tenant_of(r), run); }));
  });
  router.add("GET", "/api/v1/runs/{id}/invocations", [&parts](const http::Request& r) {
    return answer(all_of(
        parts, r, [&](const RunId& run) { return parts.store.invocations(tenant_of(r), run); }));
  });
}

}  // namespace fermata::api
