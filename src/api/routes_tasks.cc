// /api/v1/tasks: the inbox of people.
#include "api/render.h"
#include "api/routes.h"

namespace fermata::api {
namespace {

json::Value render_task(const projection::WaitRow& wait) {
  json::Object shown{{"taskId", wait.task_id.value_or("")},
                     {"runId", wait.run_id.text},
                     {"stepPath", wait.step_path},
                     {"status", wait.status == "WAITING" ? "OPEN" : wait.status}};
  const json::Value rendered = render(wait);
  for (const std::string_view key : {"createdAt", "resolvedAt", "timeoutAt"}) {
    if (const json::Value* value = json::find(rendered, key)) shown[key] = *value;
  }
  if (wait.payload && wait.payload->is_object()) {
    for (const auto& member : wait.payload->get_object()) shown[member.key()] = member.value();
  }
  return json::Value(std::move(shown));
}

Result<json::Value> list(const ApiParts& parts, const http::Request& request) {
  store::EventStore::WaitFilter filter;
  filter.wait_type = "human";
  TRY(filter.limit, limit_of(request));
  TRY(filter.after, cursor_of(request));
  TRY(const auto rows, parts.store.open_waits(parts.tenant, filter));
  json::Array items;
  for (const projection::WaitRow& row : rows) items.push_back(render_task(row));
  json::Object page{{"items", std::move(items)}};
  if (rows.size() == filter.limit)
    page["nextCursor"] = cursor_text(rows.back().created_at, rows.back().wait_id.text);
  return json::Value(std::move(page));
}

Result<json::Value> show(const ApiParts& parts, const http::Request& request) {
  TRY(const auto row, parts.store.task(parts.tenant, TaskId(request.params.at("id"))));
  return render_task(row);
}

Result<json::Value> give_answer(const ApiParts& parts, const http::Request& request) {
  TRY(const json::Value body, body_of(request));
  service::Answer given;
  given.tenant = parts.tenant;
  given.task = TaskId(request.params.at("id"));
  given.answer_id = json::string_at(body.get_object(), "answerId").value_or(parts.random.uuid());
  if (const json::Value* response = json::find(body, "response")) given.response = *response;
  given.is_admin_override = json::bool_at(body.get_object(), "adminOverride").value_or(false);
  TRY_DO(parts.tasks.answer(given));
  return json::Value(
      json::Object{{"taskId", given.task.text}, {"answerId", given.answer_id}, {"accepted", true}});
}

}  // namespace

void add_task_routes(http::Router& router, const ApiParts& parts) {
  router.add("GET", "/api/v1/tasks",
             [&parts](const http::Request& r) { return answer(list(parts, r)); });
  router.add("GET", "/api/v1/tasks/{id}",
             [&parts](const http::Request& r) { return answer(show(parts, r)); });
  router.add("POST", "/api/v1/tasks/{id}/answer",
             [&parts](const http::Request& r) { return answer(give_answer(parts, r), 202); });
}

}  // namespace fermata::api
