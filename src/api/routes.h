#pragma once
// The resources' routes, and what they share. Private to this library.

#include "api/api.h"
#include "store/run_views.h"

namespace fermata::api {

void add_workflow_routes(http::Router& router, const ApiParts& parts);
void add_run_routes(http::Router& router, const ApiParts& parts);
void add_run_view_routes(http::Router& router, const ApiParts& parts);
void add_run_value_routes(http::Router& router, const ApiParts& parts);
void add_run_stream_routes(http::Router& router, const ApiParts& parts);
void add_run_operation_routes(http::Router& router, const ApiParts& parts);
void add_run_log_routes(http::Router& router, const ApiParts& parts);
void add_bulk_routes(http::Router& router, const ApiParts& parts);
void add_saved_view_routes(http::Router& router, const ApiParts& parts);
void add_audit_routes(http::Router& router, const ApiParts& parts);
void add_expression_routes(http::Router& router, const ApiParts& parts);
void add_event_routes(http::Router& router, const ApiParts& parts);
void add_schema_routes(http::Router& router, const ApiParts& parts);
void add_simulation_routes(http::Router& router, const ApiParts& parts);
void add_task_routes(http::Router& router, const ApiParts& parts);
void add_clock_routes(http::Router& router, const ApiParts& parts);
void add_lifecycle_routes(http::Router& router, const ApiParts& parts);
void add_tenant_routes(http::Router& router, const ApiParts& parts);
void add_door_routes(http::Router& router, const ApiParts& parts);
void add_access_routes(http::Router& router, const ApiParts& parts);
void add_page_routes(http::Router& router);
// Its callers prove themselves by a signature, not by a token.
void add_hook_routes(http::Router& router, const ApiParts& parts);

// The handler, with a row in the audit log for each call; as it is when the route changes nothing.
http::Handler audited(const ApiParts& parts, const std::string& method, const std::string& pattern,
                      http::Handler handler);

// Who sends too much is told when to come again.
http::Response too_often(std::int64_t wait_ms);

// The body as a JSON object. Errors: JSON_*, BODY_NOT_OBJECT.
Result<json::Value> body_of(const http::Request& request);
// The member `source` of a body: an expression. Error: EXPRESSION_INVALID.
Result<std::string> source_of(const json::Value& body);
// Whose data the caller may see and change: every route asks here, and nowhere else.
inline TenantId tenant_of(const http::Request& request) {
  return TenantId(request.caller.tenant);
}
// ?limit=, within the page limits. Error: QUERY_INVALID.
Result<std::size_t> limit_of(const http::Request& request);

// ?name=, when it is there and not empty.
std::optional<std::string> query_of(const http::Request& request, const std::string& name);
// ?cursor=, as a page's nextCursor gave it: a time and an id. Error: QUERY_INVALID.
Result<std::optional<std::pair<TimeMs, std::string>>> cursor_of(const http::Request& request);
// ?name= as an instant. Error: QUERY_INVALID.
Result<std::optional<TimeMs>> time_of(const http::Request& request, const std::string& name);
// ?name= as a number within the bounds; `otherwise` without it. Error: QUERY_INVALID.
struct NumberQuery {
  std::string name;
  std::int64_t least = 0;
  std::int64_t most = 0;
  std::int64_t otherwise = 0;
};
Result<std::int64_t> number_of(const http::Request& request, const NumberQuery& asked);
// ?name=A,B
std::vector<std::string> words_of(const http::Request& request, const std::string& name);
// The filter of a list of runs. Error: QUERY_INVALID.
Result<store::RunFilter> run_filter_of(const http::Request& request);
std::string cursor_text(TimeMs at, const std::string& id);
Error bad_cursor();

json::Value findings_json(const std::vector<definition::Finding>& findings);
// 422 with every finding.
http::Response refused_response(const std::vector<definition::Finding>& findings);
// 201 for a new version, 200 for one that is there, 422 when it is refused; or the problem.
http::Response published_response(const Result<service::Published>& published);

// The answer, or the problem.
http::Response answer(const Result<json::Value>& result, int status = 200);

}  // namespace fermata::api
