// /api/v1/stream and /runs/{id}/stream: what happens, as server-sent events; /runs/{id}/export: all
// of a run.
#include <algorithm>
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

http::Response live(std::shared_ptr<http::BodyStream> stream) {
  http::Response response;
  response.headers["Content-Type"] = "text/event-stream";
  response.headers["X-Accel-Buffering"] = "no";
  response.stream = std::move(stream);
  return response;
}

http::Response stream(const ApiParts& parts, const http::Request& request) {
  const auto view = parts.store.run(tenant_of(request), RunId(request.params.at("id")));
  if (!view.has_value()) return http::problem_response(view.error());
  const auto known = known_of(request);
  if (!known.has_value()) return http::problem_response(known.error());
  return live(parts.feed.open({tenant_of(request), view->launch.run_id, *known}));
}

constexpr std::size_t kTopicsMax = 50;
constexpr std::string_view kRunTopic = "run:";
constexpr std::pair<std::string_view, TopicKind> kTopics[] = {
    {"runs", TopicKind::Runs}, {"tasks", TopicKind::Tasks}, {"system", TopicKind::System}};

Result<Topic> topic_of(const ApiParts& parts, const http::Request& request,
                       const std::string& name) {
  Topic topic;
  topic.name = name;
  for (const auto& [word, kind] : kTopics) {
    if (word != name) continue;
    topic.kind = kind;
    return topic;
  }
  if (!name.starts_with(kRunTopic))
    return make_error(ErrorKind::Invalid, "QUERY_INVALID", format("topics: there is no `{}`", name),
                      "run:ID, runs, tasks or system, with commas");
  TRY(const auto view, parts.store.run(tenant_of(request), RunId(name.substr(kRunTopic.size()))));
  topic.run = view.launch.run_id;
  return topic;
}

// "runs=17;run:ID=18": as the id of a message says what is known of each topic.
Result<void> read_known(const std::string& text, std::vector<Topic>& topics) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(';', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t equals = word.rfind('=');
    std::int64_t known = 0;
    const char* const last = word.data() + word.size();
    const bool is_read = equals != std::string::npos &&
                         std::from_chars(word.data() + equals + 1, last, known).ptr == last &&
                         equals + 1 < word.size();
    if (!is_read)
      return make_error(ErrorKind::Invalid, "QUERY_INVALID",
                        "after: expected the id of a message of this stream",
                        "leave it out to have the stream from its beginning");
    for (Topic& topic : topics)
      if (topic.name == word.substr(0, equals)) topic.after = known;
  }
  return {};
}

Result<TopicRequest> topics_of(const ApiParts& parts, const http::Request& request) {
  TopicRequest asked;
  asked.tenant = tenant_of(request);
  asked.is_once = query_of(request, "once") == "true";
  std::vector<std::string> names = words_of(request, "topics");
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  if (names.empty() || names.size() > kTopicsMax)
    return make_error(ErrorKind::Invalid, "QUERY_INVALID",
                      format("topics: expected 1 to {} topics", kTopicsMax),
                      "run:ID, runs, tasks or system, with commas");
  for (const std::string& name : names) {
    TRY(Topic topic, topic_of(parts, request, name));
    asked.topics.push_back(std::move(topic));
  }
  const auto header = request.headers.find("last-event-id");
  const bool is_back = header != request.headers.end() && !header->second.empty();
  TRY_DO(
      read_known(is_back ? header->second : query_of(request, "after").value_or(""), asked.topics));
  return asked;
}

http::Response stream_topics(const ApiParts& parts, const http::Request& request) {
  auto asked = topics_of(parts, request);
  if (!asked.has_value()) return http::problem_response(asked.error());
  return live(parts.feed.open(*std::move(asked)));
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
  router.add("GET", "/api/v1/stream",
             [&parts](const http::Request& r) { return stream_topics(parts, r); });
  router.add("GET", "/api/v1/runs/{id}/stream",
             [&parts](const http::Request& r) { return stream(parts, r); });
  router.add("GET", "/api/v1/runs/{id}/export",
             [&parts](const http::Request& r) { return export_all(parts, r); });
}

}  // namespace fermata::api
