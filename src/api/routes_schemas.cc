// /api/v1/payload-schemas and /api/v1/event-types
#include "api/routes.h"
#include "foundation/format.h"
#include "service/payload_check.h"
#include "service/schemas.h"

namespace fermata::api {
namespace {

Result<json::Value> list_schemas(const ApiParts& parts, const http::Request& request) {
  TRY(const auto schemas, service::StoredSchemas::load(parts.store, tenant_of(request)));
  json::Array items;
  for (const std::string& ref : schemas.payload_schema_refs()) {
    if (const auto schema = schemas.payload_schema(ref))
      items.push_back(json::Object{{"ref", ref}, {"schema", *schema}});
  }
  return json::Value(json::Object{{"items", std::move(items)}});
}

Result<json::Value> put_schema(const ApiParts& parts, const http::Request& request) {
  const std::string& ref = request.params.at("ref");
  TRY(const json::Value schema, body_of(request));
  // A schema that cannot be compiled says so here.
  const auto probed = service::check_payload(schema, json::Object{});
  if (!probed.has_value() && probed.error().code != "PAYLOAD_INVALID") return probed.error();
  TRY(const auto schemas, service::StoredSchemas::load(parts.store, tenant_of(request)));
  const json::Value shown = json::Object{{"ref", ref}, {"schema", schema}};
  if (const auto existing = schemas.payload_schema(ref)) {
    if (json::equal(*existing, schema)) return shown;
    return make_error(ErrorKind::Conflict, "SCHEMA_IMMUTABLE",
                      format("payload schema `{}` is there with another meaning", ref),
                      "register the new one under the next version");
  }
  TRY_DO(parts.store.put_schema({tenant_of(request), ref, schema, parts.clock.now()}));
  return shown;
}

json::Value render_type(const store::EventTypeRow& row) {
  return json::Object{{"eventName", row.event_name},
                      {"payloadSchemaRef", row.payload_schema_ref},
                      {"correlationPath", row.correlation_path}};
}

Result<json::Value> list_event_types(const ApiParts& parts, const http::Request& request) {
  TRY(const auto rows, parts.store.event_types(tenant_of(request)));
  json::Array items;
  for (const store::EventTypeRow& row : rows) items.push_back(render_type(row));
  return json::Value(json::Object{{"items", std::move(items)}});
}

Result<json::Value> put_event_type(const ApiParts& parts, const http::Request& request) {
  TRY(const json::Value body, body_of(request));
  store::EventTypeRow row;
  row.tenant = tenant_of(request);
  row.event_name = request.params.at("name");
  row.payload_schema_ref = json::string_at(body.get_object(), "payloadSchemaRef")
                               .value_or(std::string(service::kAnyPayload));
  row.correlation_path = json::string_at(body.get_object(), "correlationPath").value_or("");
  row.updated_at = parts.clock.now();
  TRY(const auto schemas, service::StoredSchemas::load(parts.store, tenant_of(request)));
  if (!schemas.payload_schema(row.payload_schema_ref)) {
    return make_error(ErrorKind::Invalid, "SCHEMA_UNKNOWN",
                      format("there is no payload schema `{}`", row.payload_schema_ref),
                      "register it first");
  }
  TRY_DO(parts.store.put_event_type(row));
  return render_type(row);
}

}  // namespace

void add_schema_routes(http::Router& router, const ApiParts& parts) {
  router.add("GET", "/api/v1/payload-schemas",
             [&parts](const http::Request& r) { return answer(list_schemas(parts, r)); });
  router.add("PUT", "/api/v1/payload-schemas/{ref}",
             [&parts](const http::Request& r) { return answer(put_schema(parts, r)); });
  router.add("GET", "/api/v1/event-types",
             [&parts](const http::Request& r) { return answer(list_event_types(parts, r)); });
  router.add("PUT", "/api/v1/event-types/{name}",
             [&parts](const http::Request& r) { return answer(put_event_type(parts, r)); });
}

}  // namespace fermata::api
