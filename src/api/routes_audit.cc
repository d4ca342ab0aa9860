// /api/v1/audit, and the wrapper that writes it: every route that changes something, by its
// address, so that none can be forgotten.
#include <algorithm>
#include <array>

#include "api/permissions.h"
#include "api/routes.h"
#include "calendar/instant.h"
#include "foundation/format.h"
#include "json/parse.h"
#include "store/audit_log.h"

namespace fermata::api {
namespace {

constexpr std::string_view kRoot = "/api/v1/";
constexpr std::size_t kReasonBytesMax = 500;

// Launches and events have rows of their own; a simulation changes nothing.
constexpr std::array<std::string_view, 4> kNotAudited = {
    "/api/v1/events", "/api/v1/events/batch", "/api/v1/simulations", "/api/v1/workflows/{id}/runs"};

struct Route {
  std::string action;       // runs.cancel
  std::string target_type;  // runs
  std::string target;       // the parameter that names it
};

std::string_view verb_of(const std::string& method) {
  if (method == "DELETE") return "delete";
  return method == "POST" ? "create" : "put";
}

// Words of the address joined by dots; one that does not end in a verb gets that of its method.
Route route_of(const std::string& method, std::string_view pattern) {
  Route route;
  bool ends_in_verb = false;
  pattern.remove_prefix(kRoot.size());
  while (!pattern.empty()) {
    const std::size_t end = std::min(pattern.find('/'), pattern.size());
    const std::string_view segment = pattern.substr(0, end);
    pattern.remove_prefix(std::min(end + 1, pattern.size()));
    if (segment.starts_with('{')) {
      if (route.target.empty()) route.target = segment.substr(1, segment.size() - 2);
      ends_in_verb = false;
      continue;
    }
    if (route.target.empty()) route.target_type = segment;
    route.action += (route.action.empty() ? "" : ".") + std::string(segment);
    ends_in_verb = method == "POST" && !route.target.empty();
  }
  if (!ends_in_verb) route.action += "." + std::string(verb_of(method));
  return route;
}

// Empty, when the body is none.
json::Object object_of(const std::string& body) {
  auto parsed = json::parse(body, {.duplicate_keys = json::DuplicateKeys::LastWins});
  if (!parsed.has_value() || !parsed->is_object()) return {};
  return std::move(parsed->get_object());
}

std::string text_in(const json::Object& object, std::string_view key) {
  return json::string_at(object, key).value_or("").substr(0, kReasonBytesMax);
}

json::Value render(const store::AuditRow& row) {
  return json::Object{{"auditId", row.audit_id},
                      {"at", calendar::format_instant(row.at)},
                      {"actor", row.actor},
                      {"action", row.action},
                      {"targetType", row.target_type},
                      {"targetId", row.target_id},
                      {"reason", row.reason},
                      {"outcome", row.outcome},
                      {"code", row.code},
                      {"createdId", row.created_id}};
}

Result<json::Value> list(const ApiParts& parts, const http::Request& request) {
  store::AuditFilter filter;
  filter.actor = query_of(request, "actor");
  filter.action = query_of(request, "action");
  filter.target_id = query_of(request, "targetId");
  TRY(filter.from, time_of(request, "from"));
  TRY(filter.before, time_of(request, "to"));
  TRY(filter.limit, limit_of(request));
  TRY(filter.after, cursor_of(request));
  TRY(const auto rows, parts.store.audit().rows(tenant_of(request), filter));
  json::Array items;
  for (const store::AuditRow& row : rows) items.push_back(render(row));
  json::Object page{{"items", std::move(items)}};
  if (rows.size() == filter.limit)
    page["nextCursor"] = cursor_text(rows.back().at, rows.back().audit_id);
  return json::Value(std::move(page));
}

}  // namespace

http::Handler audited(const ApiParts& parts, const std::string& method, const std::string& pattern,
                      http::Handler handler) {
  // What everybody may do changes nothing, also when it comes with a body.
  const bool is_question = needed_for(method, pattern) == service::Role::Viewer;
  if (is_question || method == "GET" || !pattern.starts_with(kRoot)) return handler;
  for (const std::string_view exempt : kNotAudited)
    if (exempt == pattern) return handler;
  return [&parts, route = route_of(method, pattern),
          inner = std::move(handler)](http::Request& request) {
    store::AuditRow row;
    row.tenant = tenant_of(request);
    row.audit_id = parts.random.uuid();
    row.actor = request.caller.name;
    row.action = route.action;
    row.target_type = route.target_type;
    const auto target = request.params.find(route.target);
    if (target != request.params.end()) row.target_id = target->second;
    row.reason = text_in(object_of(request.body), "reason");
    row.at = parts.clock.now();
    // What cannot be written down is not done.
    const auto begun = parts.store.audit().begin(row);
    if (!begun.has_value()) return http::problem_response(begun.error().within("audit log"));
    http::Response response = inner(request);
    const bool is_done = response.status < 400;
    row.outcome = is_done ? "DONE" : "REFUSED";
    const json::Object told = object_of(response.body);
    if (!is_done) row.code = text_in(told, "code");
    for (const char* key : {"runId", "workflowId", "jobId"}) {
      if (!is_done || !row.created_id.empty()) break;
      const std::string made = text_in(told, key);
      if (made != row.target_id) row.created_id = made;
    }
    // It stays STARTED when this cannot be written: the row says that it was tried.
    static_cast<void>(parts.store.audit().end(row));
    return response;
  };
}

void add_audit_routes(http::Router& router, const ApiParts& parts) {
  router.add("GET", "/api/v1/audit",
             [&parts](const http::Request& r) { return answer(list(parts, r)); });
}

}  // namespace fermata::api
