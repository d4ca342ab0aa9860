// /api/v1/workflows, /api/v1/definitions, /api/v1/actions
#include "api/render.h"
#include "api/routes.h"
#include "foundation/format.h"
#include "foundation/limits.h"

namespace fermata::api {
namespace {

// The document becomes the draft and is published.
http::Response publish(const ApiParts& parts, const http::Request& request) {
  auto body = body_of(request);
  if (!body.has_value()) return http::problem_response(body.error());
  service::PublishRequest publication;
  publication.tenant = tenant_of(request);
  publication.workflow_id = WorkflowId(json::string_at(body->get_object(), "id").value_or(""));
  publication.definition = *std::move(body);
  return published_response(parts.catalog.publish(publication));
}

http::Response validate(const ApiParts& parts, const http::Request& request) {
  const auto body = body_of(request);
  if (!body.has_value()) return http::problem_response(body.error());
  const auto checked = parts.catalog.check(tenant_of(request), *body);
  if (!checked.has_value()) return http::problem_response(checked.error());
  return http::json_response(200, json::Object{{"valid", checked->program != nullptr},
                                               {"hash", checked->hash},
                                               {"findings", findings_json(checked->findings)}});
}

// {definition, path, offset, source?}
Result<json::Value> complete(const ApiParts& parts, const http::Request& request) {
  TRY(const json::Value body, body_of(request));
  const json::Object& object = body.get_object();
  const json::Value* document = json::find(object, "definition");
  const auto path = json::string_at(object, "path");
  const auto offset = json::int_at(object, "offset");
  if (document == nullptr || !path || !offset || *offset < 0)
    return make_error(ErrorKind::Invalid, "FIELD_MISSING",
                      "expected `definition`, `path` and `offset`",
                      "send the draft, the place of the expression and the cursor in it");
  TRY(const auto completion, parts.catalog.complete(tenant_of(request), *document,
                                                    {*path, static_cast<std::size_t>(*offset),
                                                     json::string_at(object, "source")}));
  return render(completion);
}

// Those in use, or with ?archived=true the others.
Result<json::Value> list(const ApiParts& parts, const http::Request& request) {
  TRY(const auto rows, parts.store.definitions(tenant_of(request)));
  json::Array items;
  const bool wants_archived = query_of(request, "archived") == "true";
  for (const store::DefinitionRow& row : rows) {
    if (row.archived_at.has_value() == wants_archived) items.push_back(render(row));
  }
  return json::Value(json::Object{{"items", std::move(items)}});
}

Result<json::Value> show(const ApiParts& parts, const http::Request& request) {
  TRY(const auto row,
      parts.store.definition(tenant_of(request), WorkflowId(request.params.at("id"))));
  json::Value rendered = render(row);
  rendered.get_object()["draft"] = row.draft;
  return rendered;
}

Result<json::Value> launch(const ApiParts& parts, const http::Request& request) {
  TRY(const json::Value body, body_of(request));
  service::LaunchRequest launch;
  launch.tenant = tenant_of(request);
  launch.workflow_id = WorkflowId(request.params.at("id"));
  launch.payload = json::Object{};
  if (const json::Value* payload = json::find(body, "payload")) launch.payload = *payload;
  launch.version = json::int_at(body.get_object(), "version");
  if (const auto key = json::string_at(body.get_object(), "idempotencyKey"))
    launch.fire_key = format("api:{}:{}:{}", launch.tenant.text, launch.workflow_id.text, *key);
  TRY(const service::Launched launched, parts.launcher.launch(launch));
  return json::Value(json::Object{{"runId", launched.run_id.text},
                                  {"workflowVersion", launched.version},
                                  {"isStarted", launched.is_started}});
}

Result<json::Value> actions(const ApiParts& parts) {
  json::Array items;
  for (const definition::ActionSpec* spec : parts.actions.all()) {
    constexpr std::string_view kEffects[] = {"none", "idempotent", "external"};
    constexpr std::string_view kClasses[] = {"pure", "short", "durable"};
    items.push_back(
        json::Object{{"id", spec->id},
                     {"version", spec->version},
                     {"group", spec->id.substr(0, spec->id.find('.'))},
                     {"title", spec->title},
                     {"description", spec->description},
                     {"sideEffects", kEffects[static_cast<std::size_t>(spec->side_effects)]},
                     {"execution", kClasses[static_cast<std::size_t>(spec->execution)]},
                     {"inputSchema", spec->input_schema},
                     {"outputSchema", spec->output_schema},
                     {"timeoutMs", spec->timeout_ms}});
  }
  return json::Value(json::Object{{"items", std::move(items)}});
}

}  // namespace

void add_workflow_routes(http::Router& router, const ApiParts& parts) {
  router.add("POST", "/api/v1/workflows",
             [&parts](const http::Request& r) { return publish(parts, r); });
  router.add("GET", "/api/v1/workflows",
             [&parts](const http::Request& r) { return answer(list(parts, r)); });
  router.add("GET", "/api/v1/workflows/{id}",
             [&parts](const http::Request& r) { return answer(show(parts, r)); });
  router.add("POST", "/api/v1/workflows/{id}/runs",
             [&parts](const http::Request& r) { return answer(launch(parts, r), 202); });
  router.add("POST", "/api/v1/definitions/validate",
             [&parts](const http::Request& r) { return validate(parts, r); });
  router.add("POST", "/api/v1/definitions/complete",
             [&parts](const http::Request& r) { return answer(complete(parts, r)); });
  router.add("GET", "/api/v1/actions",
             [&parts](const http::Request&) { return answer(actions(parts)); });
}

}  // namespace fermata::api
