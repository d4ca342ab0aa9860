// /api/v1/api-keys, /api/v1/me
#include "api/render.h"
#include "api/routes.h"
#include "calendar/instant.h"
#include "foundation/format.h"

namespace fermata::api {
namespace {

json::Value time_or_null(const std::optional<TimeMs>& at) {
  return at ? json::Value(calendar::format_instant(*at)) : json::Value(nullptr);
}

json::Object shown(const store::ApiKeyRow& row) {
  return {{"keyId", row.key_id},
          {"tenant", row.tenant.text},
          {"name", row.name},
          {"role", row.role},
          {"createdAt", calendar::format_instant(row.created_at)},
          {"expiresAt", time_or_null(row.expires_at)},
          {"revokedAt", time_or_null(row.revoked_at)},
          {"usedAt", time_or_null(row.used_at)}};
}

Result<json::Value> list(const ApiParts& parts, const http::Request& request) {
  TRY(const auto rows, parts.access.keys(tenant_of(request)));
  json::Array items;
  for (const store::ApiKeyRow& row : rows) items.push_back(shown(row));
  return json::Value(json::Object{{"items", std::move(items)}});
}

Result<json::Value> make(const ApiParts& parts, const http::Request& request) {
  TRY(const json::Value body, body_of(request));
  const json::Object& object = body.get_object();
  service::NewKey key;
  key.tenant = tenant_of(request);
  if (const auto tenant = json::string_at(object, "tenant")) {
    if (*tenant != key.tenant.text && !request.caller.is_owner)
      return make_error(
          ErrorKind::Forbidden, "TENANT_FORBIDDEN",
          format("tenant: `{}` may make keys for `{}` only", request.caller.name, key.tenant.text),
          "keys for other tenants are made with the server's own token");
    key.tenant = TenantId(*tenant);
  }
  key.name = json::string_at(object, "name").value_or("");
  const std::string role = json::string_at(object, "role").value_or("");
  const auto known = service::role_of(role);
  if (!known)
    return make_error(ErrorKind::Invalid, "KEY_INVALID",
                      format("role: expected viewer, operator, author or admin, got `{}`", role));
  key.role = *known;
  if (const json::Value* until = json::find(object, "expiresAt"); until && !until->is_null()) {
    const auto at = until->is_string() ? calendar::parse_instant(json::view(until->get_string()))
                                       : std::nullopt;
    if (!at)
      return make_error(ErrorKind::Invalid, "KEY_INVALID", "expiresAt: expected an ISO instant");
    key.expires_at = *at;
  }
  TRY(const service::MadeKey made, parts.access.make_key(key));
  json::Object answer = shown(made.row);
  answer["key"] = made.key;
  return json::Value(std::move(answer));
}

Result<json::Value> revoke(const ApiParts& parts, const http::Request& request) {
  const std::string& id = request.params.at("id");
  TRY_DO(parts.access.revoke(tenant_of(request), id));
  return json::Value(json::Object{{"keyId", id}, {"revoked", true}});
}

}  // namespace

void add_access_routes(http::Router& router, const ApiParts& parts) {
  router.add("GET", "/api/v1/me", [](const http::Request& r) {
    return answer(json::Value(json::Object{
        {"name", r.caller.name}, {"role", r.caller.role}, {"tenant", r.caller.tenant}}));
  });
  router.add("GET", "/api/v1/api-keys",
             [&parts](const http::Request& r) { return answer(list(parts, r)); });
  router.add("POST", "/api/v1/api-keys",
             [&parts](const http::Request& r) { return answer(make(parts, r), 201); });
  router.add("DELETE", "/api/v1/api-keys/{id}",
             [&parts](const http::Request& r) { return answer(revoke(parts, r)); });
}

}  // namespace fermata::api
