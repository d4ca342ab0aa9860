// /api/v1/runs/{id}/stream: the run as it happens, as server-sent events; /export: all of it.
#include <charconv>

#include "api/routes.h"
#include "api/run_export.h"
#include "api/run_feed.h"
#include "foundation/format.h"

namespace fermata::api {
namespace {

// The last number that the caller knows: as browsers say it when they come back, or as asked.
Result<std::int64_t> known_of(const http::Request& request) {
  std::string text = query_of(request, "after").value_or("");
  const auto header = request.headers.find("last-event-id");
  if (header != request.headers.end() && !header->second.empty()) text = header->second;
  if (text.empty()) return -1;
  std::int64_t known = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, known);
  if (read.ec == std::errc() && read.ptr == end && known >= -1) return known;
  return make_error(ErrorKind::Invalid, "QUERY_INVALID",
                    "after: expected the id of an event of this stream",
                    "leave it out to have the stream from its beginning");
}

http::Response stream(const ApiParts& parts, const http::Request& request) {
  const auto view = parts.store.run(tenant_of(request), RunId(request.params.at("id")));
  if (!view.has_value()) return http::problem_response(view.error());
  const auto known = known_of(request);
  if (!known.has_value()) return http::problem_response(known.error());
  http::Response response;
  response.headers["Content-Type"] = "text/event-stream";
  response.headers["X-Accel-Buffering"] = "no";
  response.stream = parts.feed.open({tenant_of(request), view->launch.run_id, *known});
  return response;
}

http::Response export_all(const ApiParts& parts, const http::Request& request) {
  auto view = parts.store.run(tenant_of(request), RunId(request.params.at("id")));
  if (!view.has_value()) return http::problem_response(view.error());
  const std::string format = query_of(request, "format").value_or("json");
  if (format != "json" && format != "csv") {
    return http::problem_response(
        make_error(ErrorKind::Invalid, "QUERY_INVALID", "format: expected `json` or `csv`"));
  }
  const bool is_csv = format == "csv";
  http::Response response;
  response.headers["Content-Type"] = is_csv ? "text/csv; charset=utf-8" : "application/json";
  response.headers["Content-Disposition"] =
      fermata::format("attachment; filename=\"run-{}.{}\"", view->launch.run_id.text, format);
  response.stream =
      export_run(parts.store, *std::move(view), is_csv ? ExportFormat::Csv : ExportFormat::Json);
  return response;
}

}  // namespace

void add_run_stream_routes(http::Router& router, const ApiParts& parts) {
  router.add("GET", "/api/v1/runs/{id}/stream",
             [&parts](const http::Request& r) { return stream(parts, r); });
  router.add("GET", "/api/v1/runs/{id}/export",
             [&parts](const http::Request& r) { return export_all(parts, r); });
}

}  // namespace fermata::api
