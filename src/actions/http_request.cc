#include "actions/http_request.h"

#include <algorithm>
#include <charconv>

#include "actions/taint.h"
#include "foundation/beginning.h"
#include "foundation/format.h"
#include "foundation/limits.h"
#include "http/utf8.h"
#include "json/base64.h"
#include "json/parse.h"
#include "json/text.h"

namespace fermata::actions {
namespace {

constexpr std::string_view kInput =
    R"({"type":"object","required":["url"],"additionalProperties":false,"properties":{
  "method":{"type":"string","pattern":"^[A-Z]{1,20}$"},"url":{"type":"string"},
  "headers":{"type":"object","additionalProperties":{"type":"string"}},"body":true,
  "timeoutMs":{"type":"integer","minimum":1},
  "expectStatus":{"type":"array","minItems":1,"items":{"type":"integer","minimum":100,"maximum":599}}}})";
constexpr std::string_view kOutput =
    R"({"type":"object","required":["status","headers","body"],"properties":{
  "status":{"type":"number"},"headers":{"type":"object"},"body":true}})";

// A body goes on into outputs, scopes and checkpoints, each some levels deeper; all of them have to
// be read again.
constexpr std::size_t kBodyDepthMax = limits::kJsonDepthMax / 2;
// Of a body that is too long for the details of a failure; a byte may take six in JSON.
constexpr std::size_t kBeginningBytesMax = 3 * limits::kKiB;
constexpr std::size_t kFailureHeadersBytesMax = 6 * limits::kKiB;
constexpr std::size_t kHeaderBytesMax = 200;

ActionFailure invalid(std::string message) {
  return {"ValidationError", "INPUT_INVALID", std::move(message), nullptr, std::nullopt};
}

bool is_json(const http::ClientResponse& response) {
  const auto type = response.headers.find("content-type");
  return type != response.headers.end() && type->second.find("json") != std::string::npos;
}

// Bytes that are no text are told apart from all texts; secrets in them would be hidden from
// whoever takes them out later.
json::Value body_of(const http::ClientResponse& response, const ActionCall& call) {
  if (response.body.empty()) return nullptr;
  if (!http::is_clean_utf8(response.body))
    return json::Object{{"base64", json::to_base64(without(response.body, call.secrets))}};
  if (is_json(response)) {
    auto parsed = json::parse(response.body, {.depth_max = kBodyDepthMax,
                                              .duplicate_keys = json::DuplicateKeys::LastWins});
    if (parsed.has_value()) return *std::move(parsed);
  }
  return json::Value(response.body);
}

json::Value shortened_body(const json::Value& body) {
  const std::string text = body.is_string() ? json::to_std(body.get_string()) : json::to_text(body);
  return json::Object{{"truncated", true},
                      {"size", text.size()},
                      {"max", limits::kFailureDetailsBytesMax},
                      {"beginning", beginning_of(text, kBeginningBytesMax)}};
}

json::Value shortened_headers(const json::Object& headers) {
  json::Object kept{{"truncated", true}};
  for (const std::string_view name : {"content-type", "retry-after"}) {
    if (const auto value = json::string_at(headers, name))
      kept[name] = beginning_of(*value, kHeaderBytesMax);
  }
  return kept;
}

// An answer as the details of a failure, which stand in rows, histories and messages: all of it or,
// when it is long, its beginning. Secrets are taken out first: the half of one would not be found.
json::Value details_of(json::Object output, const ActionCall& call) {
  json::Value whole(std::move(output));
  if (json::text_bytes(whole) <= limits::kFailureDetailsBytesMax) return whole;
  json::Value kept = without(whole, call.secrets);
  json::Object& object = kept.get_object();
  object["body"] = shortened_body(object["body"]);
  if (json::text_bytes(object["headers"]) > kFailureHeadersBytesMax)
    object["headers"] = shortened_headers(object["headers"].get_object());
  return kept;
}

// Seconds, as most services write it; dates are left alone.
std::optional<std::int64_t> retry_after(const http::ClientResponse& response) {
  const auto header = response.headers.find("retry-after");
  if (header == response.headers.end()) return std::nullopt;
  std::int64_t seconds = 0;
  const std::string& text = header->second;
  if (std::from_chars(text.data(), text.data() + text.size(), seconds).ec != std::errc{} ||
      seconds < 0)
    return std::nullopt;
  return std::min(seconds, std::int64_t{86'400}) * 1'000;
}

class HttpRequest final : public Action {
 public:
  explicit HttpRequest(http::AddressPolicy policy) : policy_(std::move(policy)) {
    spec_.id = "http.request";
    spec_.title = "Call an HTTP service";
    spec_.input_schema = json::parse(kInput).value();
    spec_.output_schema = json::parse(kOutput).value();
    spec_.side_effects = definition::SideEffects::External;
    spec_.secret_pointers = {"/headers/authorization", "/headers/Authorization"};
  }
  [[nodiscard]] const definition::ActionSpec& spec() const override { return spec_; }

  ActionResult run(const ActionCall& call) override {
    http::ClientRequest request;
    if (auto wrong = read_input(call, request)) return *std::move(wrong);
    const auto answer = http::send(request, policy_);
    if (!answer.has_value()) return failure_of(answer.error());
    return result_of(call, *answer);
  }

 private:
  static std::optional<ActionFailure> read_input(const ActionCall& call,
                                                 http::ClientRequest& request) {
    if (!call.input.is_object()) return invalid("input must be an object");
    const json::Object& input = call.input.get_object();
    const auto url = json::string_at(input, "url");
    if (!url) return invalid("`url` must be text");
    request.url = *url;
    if (input.contains("method")) {
      const auto method = json::string_at(input, "method");
      if (!method) return invalid("`method` must be text");
      request.method = *method;
    }
    request.response_bytes_max = limits::kActionOutputBytesMax;
    if (auto wrong = read_timeout(call, request)) return wrong;
    if (auto wrong = read_headers(input, request)) return wrong;
    if (auto wrong = check_expected(input)) return wrong;
    if (const json::Value* body = json::find(input, "body"); body != nullptr && !body->is_null()) {
      request.body = body->is_string() ? json::to_std(body->get_string()) : json::to_text(*body);
      if (!body->is_string()) request.headers.emplace("Content-Type", "application/json");
    }
    request.headers.emplace("Idempotency-Key", call.idempotency_key);
    return std::nullopt;
  }

  // Never longer than the step waits: what is done after the run has heard that it was not would
  // be done behind its back.
  static std::optional<ActionFailure> read_timeout(const ActionCall& call,
                                                   http::ClientRequest& request) {
    if (call.timeout_ms > 0) request.timeout_ms = call.timeout_ms;
    const json::Object& input = call.input.get_object();
    if (!input.contains("timeoutMs")) return std::nullopt;
    const auto asked = json::int_at(input, "timeoutMs");
    if (!asked || *asked < 1) return invalid("`timeoutMs` must be a whole number of at least 1");
    request.timeout_ms = std::min(request.timeout_ms, *asked);
    return std::nullopt;
  }

  static std::optional<ActionFailure> read_headers(const json::Object& input,
                                                   http::ClientRequest& request) {
    const json::Value* headers = json::find(input, "headers");
    if (headers == nullptr) return std::nullopt;
    if (!headers->is_object()) return invalid("`headers` must be an object");
    for (const auto& member : headers->get_object()) {
      const std::string name(beginning_of(std::string_view(member.key()), kHeaderBytesMax));
      if (!member.value().is_string()) return invalid(format("header `{}` must be text", name));
      const bool is_new = request.headers
                              .emplace(std::string(std::string_view(member.key())),
                                       json::to_std(member.value().get_string()))
                              .second;
      if (!is_new) return invalid(format("header `{}` stands there twice", name));
    }
    return std::nullopt;
  }

  static std::optional<ActionFailure> check_expected(const json::Object& input) {
    const json::Value* expected = json::find(input, "expectStatus");
    if (expected == nullptr) return std::nullopt;
    const bool is_list = expected->is_array() && !expected->get_array().empty() &&
                         std::ranges::all_of(expected->get_array(), [](const json::Value& status) {
                           return status.is_number() && json::as_double(status) >= 100 &&
                                  json::as_double(status) <= 599;
                         });
    if (is_list) return std::nullopt;
    return invalid("`expectStatus` must be a list of numbers from 100 to 599");
  }

  static ActionFailure failure_of(const Error& error) {
    if (error.code == "HTTP_REQUEST_INVALID") return invalid(error.message);
    if (error.code == "HTTP_TIMEOUT")
      return {"TimeoutError", error.code, error.message, nullptr, std::nullopt};
    const bool is_passing = error.kind == ErrorKind::Unavailable;
    return {is_passing ? "TransientError" : "ActionError", error.code, error.message, nullptr,
            std::nullopt};
  }

  static bool is_expected(const ActionCall& call, int status) {
    const json::Value* expected = json::find(call.input, "expectStatus");
    if (expected == nullptr) return status >= 200 && status < 300;
    return std::ranges::any_of(expected->get_array(), [&](const json::Value& one) {
      return json::as_double(one) == status;
    });
  }

  static ActionResult result_of(const ActionCall& call, const http::ClientResponse& answer) {
    json::Object headers;
    for (const auto& [name, value] : answer.headers) headers[name] = value;
    json::Object output{{"status", answer.status},
                        {"headers", std::move(headers)},
                        {"body", body_of(answer, call)}};
    if (is_expected(call, answer.status)) return json::Value(std::move(output));
    const bool is_passing = answer.status >= 500 || answer.status == 429 || answer.status == 408;
    return ActionFailure{is_passing ? "TransientError" : "ActionError",
                         format("HTTP_{}", answer.status),
                         format("the service answered {}", answer.status),
                         details_of(std::move(output), call), retry_after(answer)};
  }

  http::AddressPolicy policy_;
  definition::ActionSpec spec_;
};

}  // namespace

std::unique_ptr<Action> make_http_request(http::AddressPolicy policy) {
  return std::make_unique<HttpRequest>(std::move(policy));
}

}  // namespace fermata::actions
