#pragma once
// The resources' routes, and what they share. Private to this library.

#include "api/api.h"

namespace fermata::api {

void add_workflow_routes(http::Router& router, const ApiParts& parts);
void add_run_routes(http::Router& router, const ApiParts& parts);
void add_event_routes(http::Router& router, const ApiParts& parts);
void add_schema_routes(http::Router& router, const ApiParts& parts);
void add_task_routes(http::Router& router, const ApiParts& parts);
void add_door_routes(http::Router& router, const ApiParts& parts);
// Its callers prove themselves by a signature, not by a token.
void add_hook_route(http::Router& router, const ApiParts& parts);

// The body as a JSON object. Errors: JSON_*, BODY_NOT_OBJECT.
Result<json::Value> body_of(const http::Request& request);
// ?limit=, within the page limits. Error: QUERY_INVALID.
Result<std::size_t> limit_of(const http::Request& request);

// ?name=, when it is there and not empty.
std::optional<std::string> query_of(const http::Request& request, const std::string& name);
// ?cursor=, as a page's nextCursor gave it: a time and an id. Error: QUERY_INVALID.
Result<std::optional<std::pair<TimeMs, std::string>>> cursor_of(const http::Request& request);
std::string cursor_text(TimeMs at, const std::string& id);
Error bad_cursor();

// The answer, or the problem.
http::Response answer(const Result<json::Value>& result, int status = 200);

}  // namespace fermata::api
