// /api/v1/runs/{id}/value: the head of a document of a run, and a search in it.
#include "api/routes.h"
#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/browse.h"
#include "json/pointer.h"

namespace fermata::api {
namespace {

constexpr std::int64_t kDepthMax = 32;
constexpr std::int64_t kBytesMin = 64;
constexpr std::int64_t kBytesMax = 256 * static_cast<std::int64_t>(limits::kKiB);
constexpr std::size_t kSearchTextMax = 200;

struct Asked {
  json::Value whole;    // the document
  std::string pointer;  // into it
  const json::Value* value = nullptr;
};

// ?of=, ?step=, ?pointer=
Result<void> ask(const ApiParts& parts, const http::Request& request, Asked& asked) {
  service::ValueQuery query;
  query.tenant = tenant_of(request);
  query.run = RunId(request.params.at("id"));
  query.of = query_of(request, "of").value_or("input");
  if (query_of(request, "step")) {
    TRY(const std::int64_t step,
        number_of(request, {.name = "step", .least = 1, .most = INT64_MAX}));
    query.step = static_cast<std::uint64_t>(step);
  }
  TRY(asked.whole, parts.values.value(query));
  asked.pointer = query_of(request, "pointer").value_or("");
  asked.value = json::at_pointer(asked.whole, asked.pointer);
  if (asked.value != nullptr) return {};
  return make_error(ErrorKind::NotFound, "NOT_FOUND",
                    format("there is nothing at `{}` of {}", asked.pointer, query.of));
}

Result<json::Value> head(const ApiParts& parts, const http::Request& request) {
  TRY(const std::int64_t depth,
      number_of(request, {.name = "depth", .least = 1, .most = kDepthMax, .otherwise = 4}));
  TRY(const std::int64_t bytes,
      number_of(request,
                {.name = "bytes", .least = kBytesMin, .most = kBytesMax, .otherwise = 16'384}));
  Asked asked;
  TRY_DO(ask(parts, request, asked));
  json::Head made = json::head_of(
      *asked.value, {static_cast<std::size_t>(depth), static_cast<std::size_t>(bytes)});
  json::Array cuts;
  for (const json::Cut& cut : made.cuts)
    cuts.push_back(json::Object{{"pointer", asked.pointer + cut.pointer},
                                {"type", cut.type},
                                {"bytes", cut.bytes},
                                {"count", cut.count},
                                {"shown", cut.shown}});
  return json::Value(json::Object{{"pointer", asked.pointer},
                                  {"type", json::type_name(*asked.value)},
                                  {"bytes", made.bytes},
                                  {"value", std::move(made.value)},
                                  {"cuts", std::move(cuts)}});
}

// ?text=
Result<json::Value> search(const ApiParts& parts, const http::Request& request) {
  const std::string text = query_of(request, "text").value_or("");
  if (text.empty() || text.size() > kSearchTextMax)
    return make_error(ErrorKind::Invalid, "QUERY_INVALID",
                      format("text: expected 1 to {} bytes", kSearchTextMax));
  TRY(const std::size_t limit, limit_of(request));
  Asked asked;
  TRY_DO(ask(parts, request, asked));
  const json::Matches found = json::search(*asked.value, text, limit);
  json::Array items;
  for (const json::Match& match : found.items)
    items.push_back(json::Object{{"pointer", asked.pointer + match.pointer},
                                 {"isKey", match.is_key},
                                 {"type", match.type},
                                 {"excerpt", match.excerpt}});
  return json::Value(json::Object{{"items", std::move(items)}, {"hasMore", found.has_more}});
}

}  // namespace

void add_run_value_routes(http::Router& router, const ApiParts& parts) {
  router.add("GET", "/api/v1/runs/{id}/value",
             [&parts](const http::Request& r) { return answer(head(parts, r)); });
  router.add("GET", "/api/v1/runs/{id}/value/search",
             [&parts](const http::Request& r) { return answer(search(parts, r)); });
}

}  // namespace fermata::api
