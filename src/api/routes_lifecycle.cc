// /api/v1/workflows/{id}: draft, publish, versions, diff, archive, delete; bundles
#include <charconv>

#include "api/render.h"
#include "api/routes.h"
#include "definition/diff.h"
#include "foundation/format.h"
#include "jsonata/instant.h"
#include "service/bundle.h"

namespace fermata::api {
namespace {

WorkflowId id_of(const http::Request& request) {
  return WorkflowId(request.params.at("id"));
}

json::Value version_json(const store::VersionRow& row) {
  return json::Object{{"version", row.version},
                      {"hash", row.hash},
                      {"publishedAt", jsonata::instant_text(row.published_at)},
                      {"notes", row.notes}};
}

Result<json::Value> save_draft(const ApiParts& parts, const http::Request& request) {
  TRY(const json::Value body, body_of(request));
  const json::Value* document = json::find(body, "definition");
  if (document == nullptr || !document->is_object())
    return make_error(ErrorKind::Invalid, "FIELD_INVALID", "definition: expected an object",
                      "send {\"definition\": …, \"expectedDraftVersion\": …}");
  service::DraftRequest draft;
  draft.tenant = tenant_of(request);
  draft.workflow_id = id_of(request);
  draft.definition = *document;
  draft.expected_draft = json::int_at(body.get_object(), "expectedDraftVersion");
  draft.schema_mode = json::string_at(body.get_object(), "payloadSchemaMode");
  TRY(const service::SavedDraft saved, parts.catalog.save_draft(draft));
  return json::Value(json::Object{{"workflowId", draft.workflow_id.text},
                                  {"draftVersion", saved.draft_version},
                                  {"payloadSchemaMode", saved.schema_mode},
                                  {"valid", saved.checked.program != nullptr},
                                  {"findings", findings_json(saved.checked.findings)}});
}

Result<json::Value> show_draft(const ApiParts& parts, const http::Request& request) {
  TRY(const auto row, parts.store.definition(tenant_of(request), id_of(request)));
  TRY(const auto checked, parts.catalog.check(tenant_of(request), row.draft, row.schema_mode));
  return json::Value(json::Object{{"workflowId", row.workflow_id.text},
                                  {"definition", row.draft},
                                  {"draftVersion", row.draft_version},
                                  {"publishedVersion", row.published_version},
                                  {"payloadSchemaMode", row.schema_mode},
                                  {"valid", checked.program != nullptr},
                                  {"findings", findings_json(checked.findings)}});
}

http::Response publish(const ApiParts& parts, const http::Request& request) {
  const auto body =
      request.body.empty() ? Result<json::Value>(json::Value(json::Object{})) : body_of(request);
  if (!body.has_value()) return http::problem_response(body.error());
  service::PublishRequest publication;
  publication.tenant = tenant_of(request);
  publication.workflow_id = id_of(request);
  publication.expected_draft = json::int_at(body->get_object(), "expectedDraftVersion");
  publication.message = json::string_at(body->get_object(), "message").value_or("");
  return published_response(parts.catalog.publish(publication));
}

Result<json::Value> list_versions(const ApiParts& parts, const http::Request& request) {
  TRY_DO(parts.store.definition(tenant_of(request), id_of(request)));
  TRY(const auto rows, parts.store.versions(tenant_of(request), id_of(request)));
  json::Array items;
  for (const store::VersionRow& row : rows) items.push_back(version_json(row));
  return json::Value(json::Object{{"items", std::move(items)}});
}

// A number, or `draft`.
Result<json::Value> definition_at(const ApiParts& parts, const http::Request& request,
                                  const std::string& which) {
  const TenantId tenant = tenant_of(request);
  const WorkflowId id = id_of(request);
  if (which == "draft") {
    TRY(const auto row, parts.store.definition(tenant, id));
    return row.draft;
  }
  std::int64_t version = 0;
  const char* const end = which.data() + which.size();
  if (std::from_chars(which.data(), end, version).ptr != end || which.empty())
    return make_error(ErrorKind::Invalid, "QUERY_INVALID", format("`{}` is no version", which),
                      "say a number, or `draft`");
  TRY(const auto row, parts.store.version(tenant, id, version));
  return row.definition;
}

Result<json::Value> show_version(const ApiParts& parts, const http::Request& request) {
  TRY(json::Value definition, definition_at(parts, request, request.params.at("version")));
  if (request.params.at("version") == "draft")
    return json::Value(json::Object{{"definition", std::move(definition)}});
  const std::int64_t number = json::int_at(definition.get_object(), "version").value_or(0);
  TRY(const auto row, parts.store.version(tenant_of(request), id_of(request), number));
  json::Value shown = version_json(row);
  shown.get_object()["definition"] = std::move(definition);
  return shown;
}

json::Array fields_json(const std::vector<definition::FieldChange>& fields) {
  json::Array list;
  for (const definition::FieldChange& field : fields) {
    json::Object change{{"pointer", field.pointer}};
    if (field.has_before) change["before"] = field.before;
    if (field.has_after) change["after"] = field.after;
    list.push_back(std::move(change));
  }
  return list;
}

Result<json::Value> show_diff(const ApiParts& parts, const http::Request& request) {
  const std::string from = query_of(request, "from").value_or("");
  const std::string to = query_of(request, "to").value_or("draft");
  TRY(const json::Value before, definition_at(parts, request, from));
  TRY(const json::Value after, definition_at(parts, request, to));
  const definition::Diff made = definition::diff(before, after);
  json::Array steps;
  for (const definition::StepChange& step : made.steps) {
    constexpr std::string_view kKinds[] = {"added", "removed", "changed"};
    json::Object change{{"kind", kKinds[static_cast<std::size_t>(step.kind)]},
                        {"stepId", step.step_id},
                        {"stepType", step.step_type},
                        {"moved", step.has_moved},
                        {"fields", fields_json(step.fields)}};
    if (!step.path_before.empty()) change["pathBefore"] = step.path_before;
    if (!step.path_after.empty()) change["pathAfter"] = step.path_after;
    steps.push_back(std::move(change));
  }
  return json::Value(json::Object{{"from", from},
                                  {"to", to},
                                  {"same", made.is_empty()},
                                  {"fields", fields_json(made.fields)},
                                  {"steps", std::move(steps)}});
}

Result<json::Value> set_archived(const ApiParts& parts, const http::Request& request,
                                 bool is_archived) {
  TRY(const auto before, parts.store.definition(tenant_of(request), id_of(request)));
  if (!is_archived && before.archived_at)
    TRY_DO(parts.clocks.note_skipped(before, *before.archived_at, "the workflow is archived"));
  TRY_DO(parts.catalog.set_archived(tenant_of(request), id_of(request), is_archived));
  TRY(const auto row, parts.store.definition(tenant_of(request), id_of(request)));
  return render(row);
}

Result<json::Value> remove(const ApiParts& parts, const http::Request& request) {
  TRY_DO(parts.catalog.remove(tenant_of(request), id_of(request)));
  return json::Value(json::Object{{"deleted", id_of(request).text}});
}

Result<json::Value> export_bundle(const ApiParts& parts, const http::Request& request) {
  std::vector<std::string> ids;
  std::string_view left = request.query.contains("workflows")
                              ? std::string_view(request.query.at("workflows"))
                              : std::string_view();
  while (!left.empty()) {
    const std::size_t comma = left.find(',');
    ids.emplace_back(left.substr(0, comma));
    left = comma == std::string_view::npos ? std::string_view() : left.substr(comma + 1);
  }
  service::Bundles bundles(parts.store, parts.actions, parts.clock);
  return bundles.write(tenant_of(request), std::move(ids));
}

http::Response import_bundle(const ApiParts& parts, const http::Request& request) {
  const auto body = body_of(request);
  if (!body.has_value()) return http::problem_response(body.error());
  service::Bundles bundles(parts.store, parts.actions, parts.clock);
  const auto imported = bundles.read(tenant_of(request), *body);
  if (!imported.has_value()) return http::problem_response(imported.error());
  if (definition::has_errors(imported->findings)) return refused_response(imported->findings);
  const auto list_of = [](const std::vector<std::string>& names) {
    return json::Array(names.begin(), names.end());
  };
  return http::json_response(
      200,
      json::Object{{"workflowsNew", imported->workflows_new},
                   {"versionsNew", imported->versions_new},
                   {"versionsKept", imported->versions_kept},
                   {"payloadSchemasNew", imported->schemas_new},
                   {"eventTypesNew", imported->event_types_new},
                   {"missing", json::Object{{"secrets", list_of(imported->missing_secrets)},
                                            {"workflows", list_of(imported->missing_workflows)},
                                            {"calendars", list_of(imported->missing_calendars)}}},
                   {"findings", findings_json(imported->findings)}});
}

}  // namespace

void add_lifecycle_routes(http::Router& router, const ApiParts& parts) {
  router.add("GET", "/api/v1/workflows/{id}/draft",
             [&parts](const http::Request& r) { return answer(show_draft(parts, r)); });
  router.add("PUT", "/api/v1/workflows/{id}/draft",
             [&parts](const http::Request& r) { return answer(save_draft(parts, r)); });
  router.add("POST", "/api/v1/workflows/{id}/publish",
             [&parts](const http::Request& r) { return publish(parts, r); });
  router.add("GET", "/api/v1/workflows/{id}/versions",
             [&parts](const http::Request& r) { return answer(list_versions(parts, r)); });
  router.add("GET", "/api/v1/workflows/{id}/versions/{version}",
             [&parts](const http::Request& r) { return answer(show_version(parts, r)); });
  router.add("GET", "/api/v1/workflows/{id}/diff",
             [&parts](const http::Request& r) { return answer(show_diff(parts, r)); });
  router.add("POST", "/api/v1/workflows/{id}/archive",
             [&parts](const http::Request& r) { return answer(set_archived(parts, r, true)); });
  router.add("POST", "/api/v1/workflows/{id}/unarchive",
             [&parts](const http::Request& r) { return answer(set_archived(parts, r, false)); });
  router.add("DELETE", "/api/v1/workflows/{id}",
             [&parts](const http::Request& r) { return answer(remove(parts, r)); });
  router.add("GET", "/api/v1/bundle",
             [&parts](const http::Request& r) { return answer(export_bundle(parts, r)); });
  router.add("POST", "/api/v1/bundle",
             [&parts](const http::Request& r) { return import_bundle(parts, r); });
}

}  // namespace fermata::api
