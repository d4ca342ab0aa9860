// /api/v1/run-views: filters of the run list under names; /api/v1/retention: how long what has
// ended is kept.
#include <algorithm>

#include "api/routes.h"
#include "calendar/instant.h"
#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/text.h"
#include "service/run_filter.h"
#include "store/retention.h"
#include "store/saved_views.h"

namespace fermata::api {
namespace {

json::Value render(const store::SavedViewRow& row, const std::string& caller) {
  return json::Object{{"name", row.name},
                      {"owner", row.owner},
                      {"isOwn", row.owner == caller},
                      {"shared", row.is_shared},
                      {"query", row.query},
                      {"updatedAt", calendar::format_instant(row.updated_at)}};
}

Result<json::Value> list_views(const ApiParts& parts, const http::Request& request) {
  TRY(const auto rows, parts.store.saved_views().rows(tenant_of(request), request.caller.name));
  json::Array items;
  for (const auto& row : rows) items.push_back(render(row, request.caller.name));
  return json::Value(json::Object{{"items", std::move(items)}});
}

Result<json::Value> put_view(const ApiParts& parts, const http::Request& request) {
  TRY(const json::Value body, body_of(request));
  store::SavedViewRow row;
  row.tenant = tenant_of(request);
  row.owner = request.caller.name;
  row.name = request.params.at("name");
  row.is_shared = json::bool_at(body.get_object(), "shared").value_or(false);
  row.updated_at = parts.clock.now();
  const json::Value* query = json::find(body, "query");
  if (query == nullptr || !query->is_object())
    return make_error(ErrorKind::Invalid, "FIELD_INVALID", "query: expected an object",
                      "send {\"query\": {\"status\": [\"FAILED\"]}}");
  TRY(const store::RunFilter filter, service::read_run_filter(query->get_object()));
  row.query = service::write_run_filter(filter);
  if (row.name.size() > limits::kNameBytesMax ||
      json::text_bytes(row.query) > limits::kSavedViewBytesMax)
    return make_error(ErrorKind::TooLarge, "FIELD_INVALID", "the view or its name is too long");
  TRY(const auto known, parts.store.saved_views().rows(row.tenant, row.owner));
  const bool is_new = std::ranges::none_of(known, [&](const store::SavedViewRow& other) {
    return other.owner == row.owner && other.name == row.name;
  });
  const auto own =
      static_cast<std::size_t>(std::ranges::count(known, row.owner, &store::SavedViewRow::owner));
  if (is_new && own >= limits::kSavedViewsMax)
    return make_error(ErrorKind::Conflict, "FIELD_INVALID",
                      format("you have {} views, as many as one may have", own),
                      "delete one that you do not need");
  TRY_DO(parts.store.saved_views().put(row));
  return render(row, request.caller.name);
}

Result<json::Value> delete_view(const ApiParts& parts, const http::Request& request) {
  const std::string& name = request.params.at("name");
  TRY_DO(parts.store.saved_views().remove(tenant_of(request), request.caller.name, name));
  return json::Value(json::Object{{"deleted", name}});
}

// Its members as the API names them.
using Days = std::optional<std::int64_t> store::RetentionRow::*;
constexpr std::pair<std::string_view, Days> kKept[] = {
    {"runsDays", &store::RetentionRow::runs},
    {"invocationsDays", &store::RetentionRow::invocations},
    {"eventsDays", &store::RetentionRow::events},
    {"auditDays", &store::RetentionRow::audit},
    {"keysDays", &store::RetentionRow::keys}};
constexpr std::int64_t kDaysMax = 36'500;

json::Value render(const store::RetentionRow& row) {
  json::Object shown;
  for (const auto& [name, days] : kKept)
    shown[name] = row.*days ? json::Value(*(row.*days)) : json::Value(nullptr);
  return json::Value(std::move(shown));
}

Result<json::Value> show_retention(const ApiParts& parts, const http::Request& request) {
  TRY(const auto row, parts.store.retention().row(tenant_of(request)));
  return render(row);
}

// What is left out stays, null keeps for ever.
Result<json::Value> put_retention(const ApiParts& parts, const http::Request& request) {
  TRY(const json::Value body, body_of(request));
  TRY(store::RetentionRow row, parts.store.retention().row(tenant_of(request)));
  for (const auto& [name, days] : kKept) {
    const json::Value* wanted = json::find(body, name);
    if (wanted == nullptr) continue;
    const bool is_days =
        wanted->is_int64() && wanted->get_int64() >= 1 && wanted->get_int64() <= kDaysMax;
    if (!wanted->is_null() && !is_days)
      return make_error(ErrorKind::Invalid, "FIELD_INVALID",
                        format("{}: expected days from 1 to {}, or null", name, kDaysMax));
    row.*days = wanted->is_null() ? std::nullopt : std::optional(wanted->get_int64());
  }
  row.updated_at = parts.clock.now();
  TRY_DO(parts.store.retention().put(row));
  return render(row);
}

}  // namespace

void add_saved_view_routes(http::Router& router, const ApiParts& parts) {
  router.add("GET", "/api/v1/run-views",
             [&parts](const http::Request& r) { return answer(list_views(parts, r)); });
  router.add("PUT", "/api/v1/run-views/{name}",
             [&parts](const http::Request& r) { return answer(put_view(parts, r)); });
  router.add("DELETE", "/api/v1/run-views/{name}",
             [&parts](const http::Request& r) { return answer(delete_view(parts, r)); });
  router.add("GET", "/api/v1/retention",
             [&parts](const http::Request& r) { return answer(show_retention(parts, r)); });
  router.add("PUT", "/api/v1/retention",
             [&parts](const http::Request& r) { return answer(put_retention(parts, r)); });
}

}  // namespace fermata::api
