#include "api/contract_check.h"

#include <gtest/gtest.h>

#include "json/parse.h"

namespace fermata::api {
namespace {

// The code that the check answers with, or "taken".
std::string answer_to(const std::string& method, const std::string& pattern,
                      http::Request request) {
  static const ContractCheck check;
  const auto handler = check.wrap(
      method, pattern, [](http::Request&) { return http::json_response(200, json::Object{}); });
  const http::Response response = handler(request);
  if (response.status == 200) return "taken";
  return json::string_at(json::parse(response.body).value().get_object(), "code").value_or("");
}

std::string draft(const std::string& body) {
  http::Request request;
  request.body = body;
  return answer_to("PUT", "/api/v1/workflows/{id}/draft", std::move(request));
}

std::string steps(const std::string& name, const std::string& text) {
  http::Request request;
  request.query[name] = text;
  return answer_to("GET", "/api/v1/runs/{id}/steps", std::move(request));
}

TEST(ContractCheck, TakesAGuardOfAnotherTypeForWrongAndNotForMissing) {
  EXPECT_EQ(draft(R"({"definition": {}, "expectedDraftVersion": 3})"), "taken");
  EXPECT_EQ(draft(R"({"definition": {}, "expectedDraftVersion": "3"})"), "BODY_INVALID");
  EXPECT_EQ(draft(R"({"definition": {}, "expectedDraftVersion": -1})"), "BODY_INVALID");
  EXPECT_EQ(draft(R"({"definition": {}, "expectedDraftVersion": 9223372036854775808})"),
            "BODY_INVALID");
  EXPECT_EQ(draft(R"({"definition": []})"), "BODY_INVALID");
}

std::string launch(const std::string& key) {
  http::Request request;
  request.body = R"({"payload": {}, "idempotencyKey": ")" + key + R"("})";
  return answer_to("POST", "/api/v1/workflows/{id}/runs", std::move(request));
}

TEST(ContractCheck, CountsCharactersAndItems) {
  EXPECT_EQ(launch(""), "BODY_INVALID");
  EXPECT_EQ(launch(std::string(128, 'k')), "taken");
  EXPECT_EQ(launch(std::string(129, 'k')), "BODY_INVALID");
  std::string umlauts;
  for (int i = 0; i < 128; ++i) umlauts += "ü";
  EXPECT_EQ(launch(umlauts), "taken");
  http::Request request;
  request.body = R"({"action": "cancel", "runIds": []})";
  EXPECT_EQ(answer_to("POST", "/api/v1/bulk-jobs", std::move(request)), "BODY_INVALID");
  http::Request other;
  other.body = R"({"action": "destroy", "runIds": ["a"]})";
  EXPECT_EQ(answer_to("POST", "/api/v1/bulk-jobs", std::move(other)), "BODY_INVALID");
}

TEST(ContractCheck, LeavesToTheHandlerWhatIsMissingUnknownOrNoJson) {
  EXPECT_EQ(draft(R"({})"), "taken");
  EXPECT_EQ(draft(R"({"something": 1})"), "taken");
  EXPECT_EQ(draft(R"({"something")"), "taken");
}

TEST(ContractCheck, LeavesTheBodyReadForTheHandler) {
  const ContractCheck check;
  std::optional<json::Value> seen;
  const auto handler = check.wrap("POST", "/api/v1/events", [&](http::Request& request) {
    seen = request.document;
    return http::json_response(200, json::Object{});
  });
  http::Request request;
  request.body = R"({"eventName": "PAID"})";
  handler(request);
  EXPECT_EQ(seen, json::Value(json::Object{{"eventName", "PAID"}}));
}

TEST(ContractCheck, ReadsParametersByTheirTypes) {
  EXPECT_EQ(steps("limit", "500"), "taken");
  EXPECT_EQ(steps("limit", "501"), "QUERY_INVALID");
  EXPECT_EQ(steps("after", "9223372036854775808"), "QUERY_INVALID");
  EXPECT_EQ(steps("after", "7x"), "QUERY_INVALID");
  http::Request request;
  request.query["from"] = "";
  EXPECT_EQ(answer_to("GET", "/api/v1/runs", std::move(request)), "QUERY_INVALID");
}

}  // namespace
}  // namespace fermata::api
