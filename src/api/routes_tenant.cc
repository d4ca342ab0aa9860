// /api/v1/store and /api/v1/secrets
#include <charconv>

#include "actions/key_value.h"
#include "api/routes.h"
#include "foundation/format.h"
#include "jsonata/instant.h"

namespace fermata::api {
namespace {

Error invalid(std::string message) {
  return make_error(ErrorKind::Invalid, "FIELD_INVALID", std::move(message));
}

json::Value render(const store::KeyValueRow& row) {
  return json::Object{{"key", row.key},
                      {"value", row.value},
                      {"revision", row.revision},
                      {"updatedAt", jsonata::instant_text(row.updated_at)}};
}

Result<json::Value> list_keys(const ApiParts& parts, const http::Request& request) {
  store::KeyValueFilter filter;
  filter.space = request.params.at("space");
  filter.prefix = query_of(request, "prefix").value_or("");
  filter.after = query_of(request, "cursor").value_or("");
  TRY(filter.limit, limit_of(request));
  TRY(const auto rows, parts.store.key_values(tenant_of(request), filter));
  json::Array items;
  for (const store::KeyValueRow& row : rows) items.push_back(render(row));
  json::Object page{{"items", std::move(items)}, {"nextCursor", nullptr}};
  if (rows.size() == filter.limit) page["nextCursor"] = rows.back().key;
  return json::Value(std::move(page));
}

Result<json::Value> show_key(const ApiParts& parts, const http::Request& request) {
  const std::string& key = request.params.at("key");
  TRY(const auto row, parts.store.key_value(tenant_of(request), request.params.at("space"), key));
  if (!row)
    return make_error(ErrorKind::NotFound, "NOT_FOUND", format("there is no key `{}`", key));
  return render(*row);
}

Result<json::Value> write_key(const ApiParts& parts, store::KeyValuePut put) {
  put.now = parts.clock.now();
  if (const char* wrong = actions::wrong_key(put.space, put.key)) return invalid(wrong);
  TRY(const store::KeyValueOutcome outcome, parts.store.put_key_value(put));
  if (!outcome.is_done)
    return make_error(ErrorKind::Conflict, "KEY_CONFLICT",
                      format("`{}` is at revision {}", put.key, outcome.revision),
                      "read it again, and write over that revision");
  return json::Value(json::Object{{"key", put.key}, {"revision", outcome.revision}});
}

Result<json::Value> put_key(const ApiParts& parts, const http::Request& request) {
  TRY(const json::Value body, body_of(request));
  const json::Value* value = json::find(body, "value");
  if (value == nullptr) return invalid("value: it is missing");
  if (const char* wrong = actions::wrong_value(*value)) return invalid(wrong);
  store::KeyValuePut put;
  put.tenant = tenant_of(request);
  put.space = request.params.at("space");
  put.key = request.params.at("key");
  put.value = *value;
  put.expected = json::int_at(body.get_object(), "expectedRevision");
  return write_key(parts, std::move(put));
}

Result<json::Value> delete_key(const ApiParts& parts, const http::Request& request) {
  store::KeyValuePut put;
  put.tenant = tenant_of(request);
  put.space = request.params.at("space");
  put.key = request.params.at("key");
  if (const auto text = query_of(request, "expectedRevision")) {
    std::int64_t revision = 0;
    const char* const end = text->data() + text->size();
    if (std::from_chars(text->data(), end, revision).ptr != end)
      return make_error(ErrorKind::Invalid, "QUERY_INVALID", "expectedRevision: expected a number");
    put.expected = revision;
  }
  return write_key(parts, std::move(put));
}

// Never the value.
json::Value render(const store::SecretRow& row) {
  return json::Object{{"name", row.name},
                      {"description", row.description},
                      {"createdAt", jsonata::instant_text(row.created_at)},
                      {"updatedAt", jsonata::instant_text(row.updated_at)}};
}

Result<json::Value> list_secrets(const ApiParts& parts, const http::Request& request) {
  TRY(const auto rows, parts.store.secrets(tenant_of(request)));
  json::Array items;
  for (const store::SecretRow& row : rows) items.push_back(render(row));
  return json::Value(json::Object{{"items", std::move(items)}});
}

Result<json::Value> put_secret(const ApiParts& parts, const http::Request& request) {
  TRY(const json::Value body, body_of(request));
  const std::string& name = request.params.at("name");
  TRY_DO(parts.vault.put({tenant_of(request), name,
                          json::string_at(body.get_object(), "value").value_or(""),
                          json::string_at(body.get_object(), "description").value_or("")}));
  TRY(const store::SecretRow row, parts.store.secret(tenant_of(request), name));
  return render(row);
}

Result<json::Value> delete_secret(const ApiParts& parts, const http::Request& request) {
  const std::string& name = request.params.at("name");
  TRY_DO(parts.store.remove_secret(tenant_of(request), name));
  return json::Value(json::Object{{"deleted", name}});
}

}  // namespace

void add_tenant_routes(http::Router& router, const ApiParts& parts) {
  router.add("GET", "/api/v1/store/{space}",
             [&parts](const http::Request& r) { return answer(list_keys(parts, r)); });
  router.add("GET", "/api/v1/store/{space}/{key}",
             [&parts](const http::Request& r) { return answer(show_key(parts, r)); });
  router.add("PUT", "/api/v1/store/{space}/{key}",
             [&parts](const http::Request& r) { return answer(put_key(parts, r)); });
  router.add("DELETE", "/api/v1/store/{space}/{key}",
             [&parts](const http::Request& r) { return answer(delete_key(parts, r)); });
  router.add("GET", "/api/v1/secrets",
             [&parts](const http::Request& r) { return answer(list_secrets(parts, r)); });
  router.add("PUT", "/api/v1/secrets/{name}",
             [&parts](const http::Request& r) { return answer(put_secret(parts, r)); });
  router.add("DELETE", "/api/v1/secrets/{name}",
             [&parts](const http::Request& r) { return answer(delete_secret(parts, r)); });
}

}  // namespace fermata::api
