// /api/v1/webhooks, /api/v1/hooks, /api/v1/dead-letters: the other doors of events, and what could
// not come in.
#include "api/routes.h"
#include "calendar/instant.h"
#include "foundation/format.h"
#include "json/parse.h"
#include "json/redact.h"
#include "json/text.h"

namespace fermata::api {
namespace {

constexpr std::int64_t kToleranceMs = 300'000;

json::Value render(const ApiParts& parts, const store::WebhookRow& row) {
  const std::string owner = row.tenant == parts.tenant ? "" : row.tenant.text + "/";
  return json::Object{{"name", row.name},
                      {"eventName", row.event_name},
                      {"secret", json::Object{{"$secret", row.secret_name}}},
                      {"toleranceMs", row.tolerance_ms},
                      {"address", format("/api/v1/hooks/{}{}", owner, row.name)}};
}

// A message's fields are texts, and one of them may well be JSON.
json::Value shown_fields(const json::Value& fields) {
  json::Value shown = json::redact(fields);
  if (!shown.is_object()) return shown;
  for (auto& field : shown.get_object()) {
    if (!field.value().is_string()) continue;
    const auto inner = json::parse(json::view(field.value().get_string()),
                                   {.duplicate_keys = json::DuplicateKeys::LastWins});
    if (inner.has_value() && (inner->is_object() || inner->is_array()))
      field.value() = json::to_text(json::redact(*inner));
  }
  return shown;
}

json::Value render(const store::LetterRow& row) {
  const auto text = [](const std::optional<std::string>& value) {
    return value ? json::Value(*value) : json::Value(nullptr);
  };
  return json::Object{
      {"letterId", row.letter_id},
      {"source", row.source},
      {"code", row.code},
      {"message", row.message},
      {"fields", shown_fields(row.fields)},
      {"createdAt", calendar::format_instant(row.created_at)},
      {"reprocessedAt", row.reprocessed_at
                            ? json::Value(calendar::format_instant(*row.reprocessed_at))
                            : json::Value(nullptr)},
      {"eventId", text(row.event_id)}};
}

Result<json::Value> put_webhook(const ApiParts& parts, const http::Request& request) {
  TRY(const json::Value body, body_of(request));
  store::WebhookRow row;
  row.tenant = tenant_of(request);
  row.name = request.params.at("name");
  row.event_name = json::string_at(body.get_object(), "eventName").value_or("");
  const json::Value* secret = json::find(body, "secret");
  if (secret != nullptr && secret->is_object())
    row.secret_name = json::string_at(secret->get_object(), "$secret").value_or("");
  const json::Value* tolerance = json::find(body, "toleranceMs");
  row.tolerance_ms = tolerance == nullptr    ? kToleranceMs
                     : tolerance->is_int64() ? tolerance->get_int64()
                                             : 0;
  TRY_DO(parts.webhooks.put(row));
  return render(parts, row);
}

Result<json::Value> list_webhooks(const ApiParts& parts, const http::Request& request) {
  TRY(const auto rows, parts.store.webhooks(tenant_of(request)));
  json::Array items;
  for (const store::WebhookRow& row : rows) items.push_back(render(parts, row));
  return json::Value(json::Object{{"items", std::move(items)}});
}

Result<json::Value> delete_webhook(const ApiParts& parts, const http::Request& request) {
  TRY(const auto row, parts.store.webhook(tenant_of(request), request.params.at("name")));
  TRY_DO(parts.store.delete_webhook(tenant_of(request), row.name));
  return render(parts, row);
}

// The sender learns that its event is stored, and nothing of what it did.
Result<json::Value> receive(const ApiParts& parts, const http::Request& request) {
  const auto header = [&](const char* name) {
    const auto found = request.headers.find(name);
    return found == request.headers.end() ? std::string() : found->second;
  };
  const auto named = request.params.find("tenant");
  const TenantId tenant = named == request.params.end() ? parts.tenant : TenantId(named->second);
  TRY(const auto accepted,
      parts.webhooks.receive(tenant, request.params.at("name"),
                             {header("webhook-id"), header("webhook-timestamp"),
                              header("webhook-signature"), request.body}));
  return json::Value(
      json::Object{{"eventId", accepted.event.event_id.text}, {"isNew", accepted.is_new}});
}

Result<json::Value> list_letters(const ApiParts& parts, const http::Request& request) {
  store::EventStore::LetterFilter filter;
  filter.is_open = query_of(request, "all") != "true";
  TRY(filter.limit, limit_of(request));
  TRY(filter.after, cursor_of(request));
  TRY(const auto rows, parts.store.letters(tenant_of(request), filter));
  json::Array items;
  for (const store::LetterRow& row : rows) items.push_back(render(row));
  json::Object page{{"items", std::move(items)}};
  if (rows.size() == filter.limit)
    page["nextCursor"] = cursor_text(rows.back().created_at, rows.back().letter_id);
  return json::Value(std::move(page));
}

Result<json::Value> show_letter(const ApiParts& parts, const http::Request& request) {
  TRY(const auto row, parts.store.letter(tenant_of(request), request.params.at("id")));
  return render(row);
}

Result<json::Value> reprocess(const ApiParts& parts, const http::Request& request) {
  const std::string id = request.params.at("id");
  TRY(const auto done, parts.letters.reprocess(tenant_of(request), id));
  return json::Value(
      json::Object{{"letterId", id}, {"eventId", done.event.text}, {"isNew", done.is_new}});
}

}  // namespace

void add_door_routes(http::Router& router, const ApiParts& parts) {
  router.add("GET", "/api/v1/webhooks",
             [&parts](const http::Request& r) { return answer(list_webhooks(parts, r)); });
  router.add("PUT", "/api/v1/webhooks/{name}",
             [&parts](const http::Request& r) { return answer(put_webhook(parts, r)); });
  router.add("DELETE", "/api/v1/webhooks/{name}",
             [&parts](const http::Request& r) { return answer(delete_webhook(parts, r)); });
  router.add("GET", "/api/v1/dead-letters",
             [&parts](const http::Request& r) { return answer(list_letters(parts, r)); });
  router.add("GET", "/api/v1/dead-letters/{id}",
             [&parts](const http::Request& r) { return answer(show_letter(parts, r)); });
  router.add("POST", "/api/v1/dead-letters/{id}/reprocess",
             [&parts](const http::Request& r) { return answer(reprocess(parts, r), 202); });
}

void add_hook_routes(http::Router& router, const ApiParts& parts) {
  for (const char* address : {"/api/v1/hooks/{name}", "/api/v1/hooks/{tenant}/{name}"})
    router.add("POST", address, [&parts](const http::Request& r) {
      // Each address has the rate of a caller; senders come again after a 429.
      if (const auto wait_ms = parts.rates.take("hook " + r.path)) return too_often(*wait_ms);
      return answer(receive(parts, r), 202);
    });
}

}  // namespace fermata::api
