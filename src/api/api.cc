#include "api/api.h"

#include <charconv>

#include "api/contract_check.h"
#include "api/permissions.h"
#include "api/render.h"
#include "api/routes.h"
#include "calendar/instant.h"
#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/parse.h"
#include "service/run_filter.h"

namespace fermata::api {
namespace {

http::Response unauthorized(const Error& error) {
  http::Response refused = http::problem_response(error);
  if (error.kind == ErrorKind::Unauthorized) refused.headers["WWW-Authenticate"] = "Bearer";
  return refused;
}

// Counts the answer, and how long it took until its first byte.
http::Handler measured(const ApiParts& parts, http::Handler handler) {
  return [&parts, inner = std::move(handler)](http::Request& request) {
    const TimeMs begun = parts.clock.now();
    http::Response response = inner(request);
    parts.metrics.observe(metrics::Duration::HttpRequest, parts.clock.now() - begun);
    parts.metrics.add(metrics::Count::HttpRequests, response.status < 400   ? "2xx"
                                                    : response.status < 500 ? "4xx"
                                                                            : "5xx");
    return response;
  };
}

// Lets callers in whose role is at least `needed`, as often as they may come.
http::Handler guarded(const ApiParts& parts, service::Role needed, http::Handler handler) {
  return [&parts, needed, inner = std::move(handler)](http::Request& request) {
    const auto header = request.headers.find("authorization");
    const auto caller =
        parts.access.authenticate(header == request.headers.end() ? std::string() : header->second);
    if (!caller.has_value()) return unauthorized(caller.error());
    if (const auto wait_ms = parts.rates.take(caller->id)) return too_often(*wait_ms);
    if (caller->role < needed) {
      return http::problem_response(
          make_error(ErrorKind::Forbidden, "ROLE_TOO_LOW",
                     format("this needs the role `{}`, `{}` has `{}`", service::word_of(needed),
                            caller->name, service::word_of(caller->role)),
                     "ask an admin for a key with that role"));
    }
    request.caller = {caller->tenant.text, caller->name,
                      std::string(service::word_of(caller->role)), caller->is_owner};
    return inner(request);
  };
}

http::Response readiness(const ApiParts& parts) {
  json::Object checks;
  bool is_ready = true;
  const auto check = [&](std::string_view name, const Result<void>& result) {
    checks[name] = result.has_value() ? json::Value("ok") : json::Value(result.error().message);
    is_ready = is_ready && result.has_value();
  };
  check("store", parts.store.check_health());
  check("temporal", parts.check_temporal());
  return http::json_response(is_ready ? 200 : 503,
                             json::Object{{"ready", is_ready}, {"checks", std::move(checks)}});
}

}  // namespace

http::Response too_often(std::int64_t wait_ms) {
  http::Response refused = http::problem_response(
      make_error(ErrorKind::TooMany, "RATE_LIMITED",
                 format("more requests than one caller may send, wait {} ms", wait_ms),
                 "send fewer, or ask who runs the server for a higher rate"));
  refused.headers["Retry-After"] = std::to_string((wait_ms + 999) / 1'000);
  return refused;
}

Result<json::Value> body_of(const http::Request& request) {
  json::Value body;
  if (request.document) {
    // A copy costs a fraction of reading it again.
    body = *request.document;
  } else {
    TRY(body, json::parse(request.body, {.bytes_max = limits::kHttpBodyBytesMax}));
  }
  if (!body.is_object()) {
    return make_error(ErrorKind::Invalid, "BODY_NOT_OBJECT",
                      format("body: expected an object, got {}", json::type_name(body)));
  }
  return body;
}

Result<std::size_t> limit_of(const http::Request& request) {
  const auto text = request.query.find("limit");
  if (text == request.query.end()) return std::size_t{50};
  std::size_t limit = 0;
  const char* const end = text->second.data() + text->second.size();
  if (std::from_chars(text->second.data(), end, limit).ptr != end || limit < 1 ||
      limit > limits::kPageSizeMax) {
    return make_error(ErrorKind::Invalid, "QUERY_INVALID",
                      format("limit: expected a number from 1 to {}", limits::kPageSizeMax));
  }
  return limit;
}

std::optional<std::string> query_of(const http::Request& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found == request.query.end() || found->second.empty() ? std::nullopt
                                                               : std::optional(found->second);
}

Result<std::optional<TimeMs>> time_of(const http::Request& request, const std::string& name) {
  const auto text = query_of(request, name);
  if (!text) return std::optional<TimeMs>();
  const auto time = calendar::parse_instant(*text);
  if (time) return std::optional(*time);
  return make_error(ErrorKind::Invalid, "QUERY_INVALID",
                    format("{}: expected an instant, got `{}`", name, *text),
                    "write it as 2026-03-01T10:00:00Z");
}

Result<std::int64_t> number_of(const http::Request& request, const NumberQuery& asked) {
  const auto text = query_of(request, asked.name);
  if (!text) return asked.otherwise;
  std::int64_t number = 0;
  const char* const end = text->data() + text->size();
  if (std::from_chars(text->data(), end, number).ptr == end && number >= asked.least &&
      number <= asked.most)
    return number;
  return make_error(
      ErrorKind::Invalid, "QUERY_INVALID",
      format("{}: expected a number from {} to {}", asked.name, asked.least, asked.most));
}

std::vector<std::string> words_of(const http::Request& request, const std::string& name) {
  return service::split_words(query_of(request, name).value_or(""));
}

Result<store::RunFilter> run_filter_of(const http::Request& request) {
  json::Object written;
  for (const char* name :
       {"workflowId", "status", "triggerType", "parentRunId", "rootRunId", "search", "from", "to"})
    if (const auto text = query_of(request, name)) written[name] = *text;
  return service::read_run_filter(written);
}

Error bad_cursor() {
  return make_error(ErrorKind::Invalid, "QUERY_INVALID", "cursor: not one that this server gave",
                    "start from the first page");
}

Result<std::optional<std::pair<TimeMs, std::string>>> cursor_of(const http::Request& request) {
  const auto text = query_of(request, "cursor");
  if (!text) return std::optional<std::pair<TimeMs, std::string>>{};
  const std::size_t colon = text->find(':');
  TimeMs at = 0;
  if (colon == std::string::npos ||
      std::from_chars(text->data(), text->data() + colon, at).ptr != text->data() + colon)
    return bad_cursor();
  return std::optional(std::pair(at, text->substr(colon + 1)));
}

std::string cursor_text(TimeMs at, const std::string& id) {
  return format("{}:{}", at, id);
}

json::Value findings_json(const std::vector<definition::Finding>& findings) {
  json::Array list;
  for (const definition::Finding& finding : findings) list.push_back(render(finding));
  return json::Value(std::move(list));
}

http::Response refused_response(const std::vector<definition::Finding>& findings) {
  http::Response refused =
      http::json_response(422, json::Object{{"type", "/errors/DEFINITION_INVALID"},
                                            {"title", "the definition has errors"},
                                            {"status", 422},
                                            {"code", "DEFINITION_INVALID"},
                                            {"findings", findings_json(findings)}});
  refused.headers["Content-Type"] = "application/problem+json";
  return refused;
}

http::Response published_response(const Result<service::Published>& published) {
  if (!published.has_value()) return http::problem_response(published.error());
  if (published->version == 0) return refused_response(published->findings);
  return http::json_response(published->is_new ? 201 : 200,
                             json::Object{{"workflowId", published->workflow_id.text},
                                          {"version", published->version},
                                          {"hash", published->hash},
                                          {"isNew", published->is_new},
                                          {"findings", findings_json(published->findings)}});
}

http::Response answer(const Result<json::Value>& result, int status) {
  return result.has_value() ? http::json_response(status, *result)
                            : http::problem_response(result.error());
}

http::Router make_router(const ApiParts& parts) {
  http::Router inner;
  add_workflow_routes(inner, parts);
  add_expression_routes(inner, parts);
  add_run_routes(inner, parts);
  add_run_view_routes(inner, parts);
  add_run_value_routes(inner, parts);
  add_run_stream_routes(inner, parts);
  add_run_operation_routes(inner, parts);
  add_run_log_routes(inner, parts);
  add_bulk_routes(inner, parts);
  add_saved_view_routes(inner, parts);
  add_audit_routes(inner, parts);
  add_event_routes(inner, parts);
  add_schema_routes(inner, parts);
  add_simulation_routes(inner, parts);
  add_task_routes(inner, parts);
  add_lifecycle_routes(inner, parts);
  add_tenant_routes(inner, parts);
  add_door_routes(inner, parts);
  add_clock_routes(inner, parts);
  add_access_routes(inner, parts);
  inner.add("GET", "/metrics", [&parts](const http::Request&) {
    return http::Response{
        200, {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}}, parts.metrics.text()};
  });
  http::Router router;
  router.add("GET", "/healthz", [](const http::Request&) {
    return http::json_response(200, json::Object{{"alive", true}});
  });
  router.add("GET", "/readyz", [&parts](const http::Request&) { return readiness(parts); });
  add_page_routes(router);
  add_hook_routes(router, parts);
  const ContractCheck contract;
  inner.for_each(
      [&](const std::string& method, const std::string& pattern, const http::Handler& handler) {
        router.add(method, pattern,
                   measured(parts, guarded(parts, needed_for(method, pattern),
                                           audited(parts, method, pattern,
                                                   contract.wrap(method, pattern, handler)))));
      });
  return router;
}

}  // namespace fermata::api
