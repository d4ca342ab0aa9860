// /api/v1/runs
#include <charconv>

#include "api/render.h"
#include "api/routes.h"
#include "foundation/format.h"

namespace fermata::api {
namespace {

Result<json::Value> list(const ApiParts& parts, const http::Request& request) {
  store::RunFilter filter;
  filter.workflow_id = query_of(request, "workflowId");
  filter.status = query_of(request, "status");
  TRY(filter.limit, limit_of(request));
  json::Object page;
  if (query_of(request, "count")) {
    TRY(const std::int64_t total, parts.store.count_runs(parts.tenant, filter));
    page["total"] = total;
  }
  TRY(filter.after, cursor_of(request));
  TRY(const auto rows, parts.store.runs(parts.tenant, filter));
  json::Array items;
  for (const store::RunView& view : rows) items.push_back(render(view));
  if (rows.size() == filter.limit) {
    page["nextCursor"] = cursor_text(rows.back().launch.started_at, rows.back().launch.run_id.text);
  }
  page["items"] = std::move(items);
  return json::Value(std::move(page));
}

Result<json::Value> show(const ApiParts& parts, const http::Request& request) {
  TRY(const auto view, parts.store.run(parts.tenant, RunId(request.params.at("id"))));
  return render(view);
}

Result<json::Value> steps(const ApiParts& parts, const http::Request& request) {
  const RunId run(request.params.at("id"));
  TRY(const auto view, parts.store.run(parts.tenant, run));
  TRY(const std::size_t limit, limit_of(request));
  std::uint64_t after = 0;
  if (const auto cursor = query_of(request, "cursor")) {
    const char* const end = cursor->data() + cursor->size();
    if (std::from_chars(cursor->data(), end, after).ptr != end) return bad_cursor();
  }
  TRY(const auto rows, parts.store.steps(parts.tenant, view.launch.run_id, after, limit));
  json::Array items;
  for (const auto& row : rows) items.push_back(render(row));
  json::Object page{{"items", std::move(items)}};
  if (rows.size() == limit) page["nextCursor"] = std::to_string(rows.back().step_number);
  return json::Value(std::move(page));
}

template <typename Rows>
Result<json::Value> all_of(const ApiParts& parts, const http::Request& request, Rows rows_of) {
  const RunId run(request.params.at("id"));
  TRY(const auto view, parts.store.run(parts.tenant, run));
  TRY(const auto rows, rows_of(view.launch.run_id));
  json::Array items;
  for (const auto& row : rows) items.push_back(render(row));
  return json::Value(json::Object{{"items", std::move(items)}});
}

// What an operator asks of a run, with a reason.
struct Control {
  Result<void> (service::RunControl::*call)(const TenantId&, const RunId&, const std::string&);
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
  TRY_DO((parts.control.*asked.call)(parts.tenant, run, reason));
  return json::Value(json::Object{{"runId", run.text}, {asked.word, true}});
}

}  // namespace

void add_run_routes(http::Router& router, const ApiParts& parts) {
  router.add("GET", "/api/v1/runs",
             [&parts](const http::Request& r) { return answer(list(parts, r)); });
  router.add("GET", "/api/v1/runs/{id}",
             [&parts](const http::Request& r) { return answer(show(parts, r)); });
  router.add("GET", "/api/v1/runs/{id}/steps",
             [&parts](const http::Request& r) { return answer(steps(parts, r)); });
  router.add("GET", "/api/v1/runs/{id}/waits", [&parts](const http::Request& r) {
    return answer(
        all_of(parts, r, [&](const RunId& run) { return parts.store.waits(parts.tenant, run); }));
  });
  router.add("GET", "/api/v1/runs/{id}/invocations", [&parts](const http::Request& r) {
    return answer(all_of(
        parts, r, [&](const RunId& run) { return parts.store.invocations(parts.tenant, run); }));
  });
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
