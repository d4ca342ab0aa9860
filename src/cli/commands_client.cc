// Commands that talk to a server over its API.
#include <chrono>
#include <cstdio>
#include <thread>

#include "cli/client.h"
#include "cli/host.h"
#include "definition/definition.h"
#include "foundation/format.h"
#include "foundation/limits.h"
#include "http/client.h"
#include "json/parse.h"
#include "json/text.h"

namespace fermata::cli {
namespace {

constexpr json::ParseOptions kParse{.bytes_max = 64'000'000,
                                    .duplicate_keys = json::DuplicateKeys::LastWins};

// Where the server is: as told, else what `fermata dev` wrote.
Result<ServerAddress> find_server(ServerAddress server) {
  if (!server.url.empty()) return server;
  const auto text = read_file(server.data + "/server.json", 10'000);
  if (!text.has_value()) {
    return make_error(ErrorKind::Unavailable, "SERVER_UNKNOWN",
                      format("no server is known in `{}`", server.data),
                      "start one with `fermata dev`, or give --server and --token");
  }
  TRY(const json::Value state, json::parse(*text));
  if (!state.is_object())
    return make_error(ErrorKind::Invalid, "SERVER_UNKNOWN", "server.json is broken",
                      "start `fermata dev` again");
  server.url = json::string_at(state.get_object(), "api").value_or("");
  if (server.token.empty())
    server.token = json::string_at(state.get_object(), "token").value_or("");
  return server;
}

Error refused(const http::ClientResponse& answer) {
  const auto problem = json::parse(answer.body, kParse);
  if (!problem.has_value() || !problem->is_object()) {
    return make_error(ErrorKind::Internal, "SERVER_ANSWER",
                      format("the server answered {}", answer.status));
  }
  const json::Object& object = problem->get_object();
  std::string message = json::string_at(object, "title").value_or("the server said no");
  if (const json::Value* findings = json::find(object, "findings");
      findings != nullptr && findings->is_array()) {
    for (const json::Value& finding : findings->get_array()) {
      const json::Object& f = finding.get_object();
      message += format("\n  {}: {} ({})", json::string_at(f, "path").value_or(""),
                        json::string_at(f, "message").value_or(""),
                        json::string_at(f, "code").value_or(""));
      const std::string help = json::string_at(f, "help").value_or("");
      if (!help.empty()) message += "\n    help: " + help;
    }
  }
  const ErrorKind kind = answer.status >= 500 ? ErrorKind::Unavailable : ErrorKind::Invalid;
  return make_error(kind, json::string_at(object, "code").value_or("SERVER_ANSWER"),
                    std::move(message), json::string_at(object, "help").value_or(""));
}

bool is_terminal(const json::Value& run) {
  const std::string status = json::string_at(run.get_object(), "status").value_or("");
  return status == "SUCCEEDED" || status == "FAILED" || status == "CANCELED";
}

}  // namespace

Result<std::string> call_text(const ServerAddress& given, const Call& call) {
  TRY(const ServerAddress server, find_server(given));
  http::ClientRequest request;
  request.method = call.method;
  request.url = server.url + call.path;
  request.body = call.body;
  request.headers = {{"Authorization", "Bearer " + server.token},
                     {"Content-Type", "application/json"}};
  request.response_bytes_max = 64'000'000;
  request.ca_file = server.ca_file;
  // Our own server may well be on a private address.
  auto answer = http::send(request, {{"0.0.0.0/0", "::/0"}});
  if (!answer.has_value()) {
    Error error = std::move(answer).error();
    error.help = "is the server running? start it with `fermata dev`";
    return error;
  }
  if (answer->status >= 400) return refused(*answer);
  return std::move(answer->body);
}

Result<json::Value> call(const ServerAddress& given, const Call& asked) {
  TRY(const std::string text, call_text(given, asked));
  return json::parse(text, kParse);
}

Result<json::Array> all_items(const ServerAddress& server, const std::string& path) {
  json::Array items;
  std::string cursor;
  do {
    const std::string rest = cursor.empty() ? "" : "&cursor=" + percent_encode(cursor);
    TRY(json::Value page, call(server, {"GET", path + rest, ""}));
    for (json::Value& item : page.get_object()["items"].get_array())
      items.push_back(std::move(item));
    cursor = json::string_at(page.get_object(), "nextCursor").value_or("");
  } while (!cursor.empty());
  return items;
}

int print(const Result<json::Value>& result) {
  if (!result.has_value()) return report(result.error());
  std::puts(json::to_pretty_text(*result).c_str());
  return 0;
}

Result<json::Value> read_object(const std::string& file) {
  if (file.empty()) return json::Value(json::Object{});
  TRY(const std::string text, read_file(file, limits::kPayloadBytesMax));
  auto parsed = json::parse(text);
  if (!parsed.has_value()) return parsed.error().within(file);
  return parsed;
}

int run_publish(const PublishOptions& options) {
  const std::string& file = options.file;
  const auto text = read_file(file, limits::kDefinitionBytesMax);
  if (!text.has_value()) return report(text.error());
  const bool is_yaml = file.ends_with(".yaml") || file.ends_with(".yml");
  const auto document = definition::read_document(
      *text, is_yaml ? definition::TextFormat::Yaml : definition::TextFormat::Json);
  if (!document.has_value()) return report(document.error().within(file));
  return print(call(options.server, {"POST", "/api/v1/workflows", json::to_text(*document)}));
}

int run_launch(const LaunchOptions& options) {
  const auto payload = read_object(options.input);
  if (!payload.has_value()) return report(payload.error());
  const auto launched =
      call(options.server,
           {"POST", format("/api/v1/workflows/{}/runs", percent_encode(options.workflow)),
            json::to_text(json::Object{{"payload", *payload}})});
  if (!launched.has_value() || !options.waits) return print(launched);
  const std::string path =
      "/api/v1/runs/" + json::string_at(launched->get_object(), "runId").value_or("");
  while (true) {
    const auto run = call(options.server, {"GET", path, ""});
    if (!run.has_value() || is_terminal(*run)) {
      const int code = print(run);
      return code == 0 && json::string_at(run->get_object(), "status") != "SUCCEEDED" ? 1 : code;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

}  // namespace fermata::cli
