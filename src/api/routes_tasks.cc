// /api/v1/tasks: the inbox of people.
#include "api/render.h"
#include "api/routes.h"
#include "calendar/instant.h"
#include "foundation/format.h"
#include "service/task_notices.h"

namespace fermata::api {
namespace {

// ?status=all, ?claimedBy=, ?unclaimed=true, ?dueBefore=, ?runId=
Result<json::Value> list(const ApiParts& parts, const http::Request& request) {
  store::TaskFilter filter;
  filter.is_open = query_of(request, "status").value_or("OPEN") != "all";
  filter.claimed_by = query_of(request, "claimedBy");
  filter.is_unclaimed = query_of(request, "unclaimed") == "true";
  filter.run_id = query_of(request, "runId");
  if (const auto due = query_of(request, "dueBefore")) {
    filter.due_before = calendar::parse_instant(*due);
    if (!filter.due_before)
      return make_error(ErrorKind::Invalid, "QUERY_INVALID",
                        format("dueBefore: `{}` is not an ISO 8601 instant", *due));
  }
  TRY(filter.limit, limit_of(request));
  TRY(filter.after, cursor_of(request));
  TRY(const auto rows, parts.store.tasks(tenant_of(request), filter));
  json::Array items;
  for (const store::TaskRow& row : rows) items.push_back(render(row));
  json::Object page{{"items", std::move(items)}};
  if (rows.size() == filter.limit)
    page["nextCursor"] = cursor_text(rows.back().wait.created_at, rows.back().wait.wait_id.text);
  return json::Value(std::move(page));
}

TaskId task_of(const http::Request& request) {
  return TaskId(request.params.at("id"));
}

Result<json::Value> show(const ApiParts& parts, const http::Request& request) {
  TRY(const auto row, parts.store.task(tenant_of(request), task_of(request)));
  return render(row);
}

bool is_admin(const http::Request& request) {
  return request.caller.role == service::word_of(service::Role::Admin);
}

// Who acts is who calls; an admin may act for somebody else.
Result<std::string> actor_of(const http::Request& request, const json::Object& body) {
  const auto by = json::string_at(body, "by");
  if (!by || by->empty() || by == request.caller.name) return request.caller.name;
  if (is_admin(request)) return *by;
  return make_error(ErrorKind::Forbidden, "TASK_ACTOR",
                    format("by: `{}` cannot act as `{}`", request.caller.name, *by),
                    "leave `by` out to act as yourself, or ask an admin");
}

Result<json::Value> claim(const ApiParts& parts, const http::Request& request) {
  TRY(const json::Value body, body_of(request));
  TRY(const std::string by, actor_of(request, body.get_object()));
  TRY(const auto row, parts.tasks.claim(tenant_of(request), task_of(request), by));
  return render(row);
}

Result<json::Value> release(const ApiParts& parts, const http::Request& request) {
  TRY(const json::Value body, body_of(request));
  TRY(std::string by, actor_of(request, body.get_object()));
  // An admin who names nobody takes it from whoever has it.
  if (is_admin(request) && json::string_at(body.get_object(), "by").value_or("").empty())
    by.clear();
  TRY(const auto row, parts.tasks.release(tenant_of(request), task_of(request), by));
  return render(row);
}

Result<json::Value> give_answer(const ApiParts& parts, const http::Request& request) {
  TRY(const json::Value body, body_of(request));
  service::Answer given;
  given.tenant = tenant_of(request);
  given.task = task_of(request);
  given.answer_id = json::string_at(body.get_object(), "answerId").value_or(parts.random.uuid());
  if (const json::Value* response = json::find(body, "response")) given.response = *response;
  TRY(given.by, actor_of(request, body.get_object()));
  given.is_admin_override = json::bool_at(body.get_object(), "adminOverride").value_or(false);
  if (given.is_admin_override && !is_admin(request))
    return make_error(ErrorKind::Forbidden, "TASK_ACTOR", "adminOverride: only an admin may");
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
  router.add("POST", "/api/v1/tasks/{id}/claim",
             [&parts](const http::Request& r) { return answer(claim(parts, r)); });
  router.add("POST", "/api/v1/tasks/{id}/release",
             [&parts](const http::Request& r) { return answer(release(parts, r)); });
  router.add("POST", "/api/v1/tasks/{id}/answer",
             [&parts](const http::Request& r) { return answer(give_answer(parts, r), 202); });
}

}  // namespace fermata::api
