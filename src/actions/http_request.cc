#include "actions/http_request.h"

#include <algorithm>
#include <charconv>

#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/parse.h"
#include "json/text.h"

namespace fermata::actions {
namespace {

constexpr std::string_view kInput =
    R"({"type":"object","required":["url"],"additionalProperties":false,"properties":{
  "method":{"type":"string"},"url":{"type":"string"},"headers":{"type":"object"},"body":true,
  "timeoutMs":{"type":"integer","minimum":1},"expectStatus":{"type":"array","items":{"type":"number"}}}})";
constexpr std::string_view kOutput =
    R"({"type":"object","required":["status","headers","body"],"properties":{
  "status":{"type":"number"},"headers":{"type":"object"},"body":true}})";

ActionFailure invalid(std::string message) {
  return {"ValidationError", "INPUT_INVALID", std::move(message), nullptr, std::nullopt};
}

bool is_json(const http::ClientResponse& response) {
  const auto type = response.headers.find("content-type");
  return type != response.headers.end() && type->second.find("json") != std::string::npos;
}

json::Value body_of(const http::ClientResponse& response) {
  if (response.body.empty()) return nullptr;
  if (is_json(response)) {
    auto parsed = json::parse(response.body, {.duplicate_keys = json::DuplicateKeys::LastWins});
    if (parsed.has_value()) return *std::move(parsed);
  }
  return json::Value(response.body);
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
    request.method = json::string_at(input, "method").value_or("GET");
    if (auto wrong = read_timeout(call, request)) return wrong;
    request.response_bytes_max = limits::kActionOutputBytesMax;
    if (const json::Value* headers = json::find(input, "headers");
        headers != nullptr && headers->is_object()) {
      for (const auto& member : headers->get_object()) {
        if (!member.value().is_string())
          return invalid(format("header `{}` must be text", std::string_view(member.key())));
        const bool is_new = request.headers
                                .emplace(std::string(std::string_view(member.key())),
                                         json::to_std(member.value().get_string()))
                                .second;
        if (!is_new)
          return invalid(format("header `{}` stands there twice", std::string_view(member.key())));
      }
    }
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

  static ActionFailure failure_of(const Error& error) {
    if (error.code == "HTTP_REQUEST_INVALID") return invalid(error.message);
    if (error.code == "HTTP_TIMEOUT")
      return {"TimeoutError", error.code, error.message, nullptr, std::nullopt};
    const bool is_passing = error.kind == ErrorKind::Unavailable;
    return {is_passing ? "TransientError" : "ActionError", error.code, error.message, nullptr,
            std::nullopt};
  }

  static ActionResult result_of(const ActionCall& call, const http::ClientResponse& answer) {
    json::Object headers;
    for (const auto& [name, value] : answer.headers) headers[name] = value;
    json::Object output{
        {"status", answer.status}, {"headers", std::move(headers)}, {"body", body_of(answer)}};
    const json::Value* expected = json::find(call.input, "expectStatus");
    const bool is_expected = expected != nullptr && expected->is_array() &&
                             std::ranges::any_of(expected->get_array(), [&](const json::Value& s) {
                               return s.is_number() && json::as_double(s) == answer.status;
                             });
    if (is_expected || answer.status < 400) return json::Value(std::move(output));
    const bool is_passing = answer.status >= 500 || answer.status == 429 || answer.status == 408;
    return ActionFailure{is_passing ? "TransientError" : "ActionError",
                         format("HTTP_{}", answer.status),
                         format("the service answered {}", answer.status),
                         json::Value(std::move(output)), retry_after(answer)};
  }

  http::AddressPolicy policy_;
  definition::ActionSpec spec_;
};

}  // namespace

std::unique_ptr<Action> make_http_request(http::AddressPolicy policy) {
  return std::make_unique<HttpRequest>(std::move(policy));
}

}  // namespace fermata::actions
