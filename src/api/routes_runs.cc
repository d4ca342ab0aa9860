// /api/v1/runs: the list, one run, and what operators ask of it.
#include <algorithm>

#include "api/render.h"
#include "api/routes.h"
#include "foundation/format.h"
#include "store/run_views.h"

namespace fermata::api {
namespace {

constexpr std::string_view kStatuses[] = {"RUNNING",   "WAITING", "PAUSED",
                                          "SUCCEEDED", "FAILED",  "CANCELED"};
// Children beside the run itself; the list has them all.
constexpr std::size_t kChildrenShown = 50;

// Of a facet's values those that most runs have.
constexpr std::size_t kFacetValuesMax = 100;

json::Array facet(const std::map<std::string, std::int64_t>& counts) {
  std::vector<std::pair<std::int64_t, std::string_view>> order;
  for (const auto& [value, count] : counts) order.emplace_back(-count, value);
  std::ranges::sort(order);
  json::Array items;
  for (std::size_t i = 0; i < std::min(order.size(), kFacetValuesMax); ++i)
    items.push_back(json::Object{{"value", order[i].second}, {"count", -order[i].first}});
  return items;
}

// A number, and whether it is all of them.
json::Object counted(std::int64_t total) {
  return {{"total", std::min(total, store::kRunCountMax)},
          {"isTotalExact", total <= store::kRunCountMax}};
}

Result<json::Value> list(const ApiParts& parts, const http::Request& request) {
  TRY(store::RunFilter filter, run_filter_of(request));
  TRY(filter.limit, limit_of(request));
  json::Object page;
  if (query_of(request, "count")) {
    TRY(const std::int64_t total, parts.store.views().count_runs(tenant_of(request), filter));
    page = counted(total);
  }
  TRY(filter.after, cursor_of(request));
  TRY(const auto rows, parts.store.views().runs(tenant_of(request), filter));
  json::Array items;
  for (const store::RunView& view : rows) items.push_back(render_head(view));
  if (rows.size() == filter.limit) {
    page["nextCursor"] = cursor_text(rows.back().launch.started_at, rows.back().launch.run_id.text);
  }
  page["items"] = std::move(items);
  return json::Value(std::move(page));
}

// Of the same filter as the list: how many have each status, workflow, trigger and error code.
Result<json::Value> facets(const ApiParts& parts, const http::Request& request) {
  TRY(const store::RunFilter filter, run_filter_of(request));
  TRY(const store::RunFacets made, parts.store.views().facets(tenant_of(request), filter));
  return json::Value(json::Object{{"total", made.total},
                                  {"isTotalExact", made.is_exact},
                                  {"status", facet(made.by_status)},
                                  {"workflowId", facet(made.by_workflow)},
                                  {"triggerType", facet(made.by_trigger)},
                                  {"errorCode", facet(made.by_error)}});
}

// How many of each status the filter finds.
Result<json::Value> counts(const ApiParts& parts, const http::Request& request) {
  TRY(store::RunFilter filter, run_filter_of(request));
  const std::vector<std::string> asked = filter.statuses;
  json::Object by_status;
  std::int64_t total = 0;
  bool is_exact = true;
  for (const std::string_view status : kStatuses) {
    if (!asked.empty() && std::ranges::find(asked, status) == asked.end()) continue;
    filter.statuses = {std::string(status)};
    TRY(const std::int64_t count, parts.store.views().count_runs(tenant_of(request), filter));
    by_status[status] = counted(count);
    total += std::min(count, store::kRunCountMax);
    is_exact = is_exact && count <= store::kRunCountMax;
  }
  return json::Value(json::Object{
      {"total", total}, {"isTotalExact", is_exact}, {"byStatus", std::move(by_status)}});
}

Result<json::Value> show(const ApiParts& parts, const http::Request& request) {
  TRY(const auto view, parts.store.run(tenant_of(request), RunId(request.params.at("id"))));
  const RunId& run = view.launch.run_id;
  store::RunViews& views = parts.store.views();
  json::Value shown = render(view);
  json::Object& page = shown.get_object();
  TRY(const auto steps, views.count_steps(tenant_of(request), run));
  json::Object counts;
  for (const auto& [status, count] : steps) counts[status] = count;
  page["stepCounts"] = std::move(counts);
  page["currentStep"] = nullptr;
  page["currentWait"] = nullptr;
  if (!view.run.completed_at) {
    TRY(const auto current, views.current_step(tenant_of(request), run));
    if (current) page["currentStep"] = render(*current);
    TRY(const auto waits, views.open_waits(tenant_of(request), run));
    if (!waits.empty()) page["currentWait"] = render(waits.back());
  }
  store::RunFilter below;
  below.parent_run_id = run.text;
  below.limit = kChildrenShown + 1;
  TRY(const auto children, views.runs(tenant_of(request), below));
  json::Array items;
  for (std::size_t i = 0; i < std::min(children.size(), kChildrenShown); ++i)
    items.push_back(render_head(children[i]));
  page["children"] = std::move(items);
  page["hasMoreChildren"] = children.size() > kChildrenShown;
  return shown;
}

// What an operator asks of a run, with a reason.
struct Control {
  Result<void> (service::RunControl::*call)(const TenantId&, const RunId&,
                                            const service::ControlReason&);
  std::string_view word;  // member of the answer
};

Result<json::Value> control(const ApiParts& parts, const http::Request& request,
                            const Control& asked) {
  const RunId run(request.params.at("id"));
  std::string reason = "asked by an operator";
  if (!request.body.empty()) {
    TRY(const json::Value body, body_of(request));
    reason = json::string_at(body.get_object(), "reason").value_or(reason);
  }
  TRY_DO((parts.control.*asked.call)(tenant_of(request), run, {.text = reason}));
  return json::Value(json::Object{{"runId", run.text}, {asked.word, true}});
}

}  // namespace

void add_run_routes(http::Router& router, const ApiParts& parts) {
  router.add("GET", "/api/v1/runs",
             [&parts](const http::Request& r) { return answer(list(parts, r)); });
  router.add("GET", "/api/v1/run-counts",
             [&parts](const http::Request& r) { return answer(counts(parts, r)); });
  router.add("GET", "/api/v1/run-facets",
             [&parts](const http::Request& r) { return answer(facets(parts, r)); });
  router.add("GET", "/api/v1/runs/{id}",
             [&parts](const http::Request& r) { return answer(show(parts, r)); });
  const auto add_control = [&](const std::string& verb, const Control& asked) {
    router.add("POST", "/api/v1/runs/{id}/" + verb, [&parts, asked](const http::Request& r) {
      return answer(control(parts, r, asked), 202);
    });
  };
  add_control("cancel", {&service::RunControl::cancel, "cancelRequested"});
  add_control("pause", {&service::RunControl::pause, "pauseRequested"});
  add_control("resume", {&service::RunControl::resume, "resumeRequested"});
}

}  // namespace fermata::api
