// /api/v1/runs/{id}/logs: what happened in a run, in lines.
#include <algorithm>
#include <array>
#include <charconv>

#include "api/render.h"
#include "api/routes.h"
#include "foundation/format.h"
#include "store/run_log.h"

namespace fermata::api {
namespace {

constexpr std::array<std::string_view, 4> kLevels = {"DEBUG", "INFO", "WARN", "ERROR"};
constexpr std::array<std::string_view, 5> kSources = {"run", "author", "step", "retry", "operator"};

Result<std::vector<std::string>> chosen_of(const http::Request& request, const std::string& name,
                                           std::span<const std::string_view> known) {
  std::vector<std::string> words = words_of(request, name);
  for (const std::string& word : words) {
    if (std::ranges::find(known, word) == known.end())
      return make_error(ErrorKind::Invalid, "QUERY_INVALID",
                        format("{}: there is no `{}`", name, word));
  }
  return words;
}

// "at:rank:key"
Result<std::optional<store::LogPlace>> place_of(const http::Request& request) {
  const auto text = query_of(request, "cursor");
  if (!text) return std::optional<store::LogPlace>();
  store::LogPlace place;
  const char* const end = text->data() + text->size();
  const auto at = std::from_chars(text->data(), end, place.at);
  if (at.ec != std::errc() || at.ptr == end || *at.ptr != ':') return bad_cursor();
  const auto rank = std::from_chars(at.ptr + 1, end, place.rank);
  if (rank.ec != std::errc() || rank.ptr == end || *rank.ptr != ':') return bad_cursor();
  place.key = std::string(rank.ptr + 1, end);
  return std::optional(place);
}

Result<json::Value> logs(const ApiParts& parts, const http::Request& request) {
  TRY(const auto run, parts.store.run(tenant_of(request), RunId(request.params.at("id"))));
  store::LogFilter filter;
  TRY(filter.levels, chosen_of(request, "level", kLevels));
  TRY(filter.sources, chosen_of(request, "source", kSources));
  filter.step_path = query_of(request, "stepPath");
  filter.search = query_of(request, "search");
  TRY(filter.from, time_of(request, "from"));
  TRY(filter.before, time_of(request, "to"));
  TRY(filter.limit, limit_of(request));
  TRY(filter.after, place_of(request));
  const std::string order = query_of(request, "order").value_or("oldest");
  if (order != "oldest" && order != "newest")
    return make_error(ErrorKind::Invalid, "QUERY_INVALID", "order: expected `oldest` or `newest`");
  if (order == "newest") filter.order = store::LogOrder::NewestFirst;
  TRY(const store::LogPage page, parts.store.log().page(run, filter));
  json::Array items;
  for (const store::LogLine& line : page.lines) items.push_back(render(line));
  json::Object shown{{"items", std::move(items)}};
  if (page.next) shown["nextCursor"] = log_id(*page.next);
  return json::Value(std::move(shown));
}

}  // namespace

void add_run_log_routes(http::Router& router, const ApiParts& parts) {
  router.add("GET", "/api/v1/runs/{id}/logs",
             [&parts](const http::Request& r) { return answer(logs(parts, r)); });
}

}  // namespace fermata::api
