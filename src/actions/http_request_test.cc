// http.request against a server that answers whatever the test says.
#include "actions/http_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "foundation/limits.h"
#include "http/raw_server.h"
#include "json/parse.h"
#include "json/text.h"

namespace fermata::actions {
namespace {

using http::answer_text;
using http::RawServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class HttpRequestInput : public testing::Test {
 protected:
  // `more` is JSON: members of the input beside the address.
  ActionResult run(const RawServer& server, const std::string& more = "{}") {
    ActionCall call;
    call.idempotency_key = "key-1";
    call.timeout_ms = timeout_ms_;
    call.secrets = {"s3cret"};
    call.input = *json::parse(more);
    call.input.get_object()["url"] = server.url("/");
    return make_http_request({{"127.0.0.1/32"}})->run(call);
  }
  // The failure's code, or the status of the answer.
  std::string verdict(const RawServer& server, const std::string& more = "{}") {
    const auto result = run(server, more);
    if (const auto* failure = std::get_if<ActionFailure>(&result))
      return failure->category + " " + failure->code;
    return std::to_string(std::get<json::Value>(result).at("status").get_int64());
  }
  std::string body_of(const std::string& headers, const std::string& body) {
    const RawServer server(
        [&](const std::string&) { return answer_text("200 OK", headers, body); });
    return json::to_text(std::get<json::Value>(run(server)).at("body"));
  }

  std::int64_t timeout_ms_ = 5'000;
};

TEST_F(HttpRequestInput, NeverWaitsLongerThanTheStep) {
  const RawServer silent([](const std::string&) { return std::string(); });
  timeout_ms_ = 100;
  const auto begun = std::chrono::steady_clock::now();
  for (const char* more : {"{}", R"({"timeoutMs":60000})", R"({"timeoutMs":9007199254740991})",
                           R"({"timeoutMs":50.0})"})
    EXPECT_EQ(verdict(silent, more), "TimeoutError HTTP_TIMEOUT") << more;
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
}

TEST_F(HttpRequestInput, IsRefusedWhenItIsWrong) {
  RawServer server([](const std::string&) { return answer_text("200 OK"); });
  for (const char* more : {R"({"timeoutMs":0})",
                           R"({"timeoutMs":-1})",
                           R"({"timeoutMs":1.5})",
                           R"({"timeoutMs":"9"})",
                           R"({"timeoutMs":null})",
                           R"({"headers":"X-Api-Key: k3y"})",
                           R"({"headers":null})",
                           R"({"headers":[]})",
                           R"({"headers":{"A":1}})",
                           R"({"headers":{"A":"x\r\nB: y"}})",
                           R"({"headers":{"A B":"x"}})",
                           R"({"headers":{"A":"1","a":"2"}})",
                           R"({"headers":{"Content-Length":"0"}})",
                           R"({"method":7})",
                           R"({"method":null})",
                           R"({"method":"get"})",
                           R"({"method":"GET / HTTP/1.1\r\nX: y\r\n\r\nGET"})",
                           R"({"expectStatus":200})",
                           R"({"expectStatus":[]})",
                           R"({"expectStatus":["200"]})",
                           R"({"expectStatus":[20]})",
                           R"({"expectStatus":null})"})
    EXPECT_EQ(verdict(server, more), "ValidationError INPUT_INVALID") << more;
  EXPECT_EQ(verdict(server), "200");
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpRequestInput, SendsAHeaderOnceHoweverItIsWritten) {
  RawServer server([](const std::string&) { return answer_text("200 OK"); });
  EXPECT_EQ(verdict(server, R"({"method":"POST","body":{"a":1},
                        "headers":{"content-type":"application/vnd.a+json","idempotency-key":"mine"}})"),
            "200");
  EXPECT_THAT(server.requests().at(0),
              AllOf(HasSubstr("content-type: application/vnd.a+json\r\n"),
                    HasSubstr("idempotency-key: mine\r\n"), Not(HasSubstr("Content-Type")),
                    Not(HasSubstr("Idempotency-Key"))));
}

TEST_F(HttpRequestInput, TakesTheStatusesThatAreExpected) {
  const auto answered = [this](const std::string& status, const std::string& expected) {
    const RawServer server([&](const std::string&) { return answer_text(status + " -"); });
    return verdict(server, expected.empty() ? "{}" : R"({"expectStatus":)" + expected + "}");
  };
  EXPECT_EQ(answered("200", ""), "200");
  EXPECT_EQ(answered("299", ""), "299");
  EXPECT_EQ(answered("304", ""), "ActionError HTTP_304");
  EXPECT_EQ(answered("300", ""), "ActionError HTTP_300");
  EXPECT_EQ(answered("202", "[200]"), "ActionError HTTP_202");
  EXPECT_EQ(answered("200", "[201]"), "ActionError HTTP_200");
  EXPECT_EQ(answered("304", "[200,304]"), "304");
  EXPECT_EQ(answered("404", "[404.0]"), "404");
  EXPECT_EQ(answered("503", "[200]"), "TransientError HTTP_503");
}

TEST_F(HttpRequestInput, ABodyThatIsNoTextComesAsBase64) {
  EXPECT_EQ(body_of("", "plain \xC3\xA4"), "\"plain \xC3\xA4\"");
  EXPECT_EQ(body_of("", "Zo\xEB"), R"({"base64":"Wm/r"})");
  EXPECT_EQ(body_of("", std::string("a\0b", 3)), R"({"base64":"YQBi"})");
  const std::string type = "Content-Type: application/json\r\n";
  EXPECT_EQ(body_of(type, "{\"a\":\"\xFF\"}"), R"({"base64":"eyJhIjoi/yJ9"})");
  EXPECT_EQ(body_of(type, R"({"a":"\u0000"})"), R"("{\"a\":\"\\u0000\"}")");
  EXPECT_EQ(body_of(type, "{}"), "{}");
  EXPECT_EQ(body_of("", ""), "null");
  // What is taken out of texts later is taken out of bytes here.
  EXPECT_EQ(body_of("", std::string("s3cret\0", 7)), R"({"base64":"W1JFREFDVEVEXQA="})");
}

TEST_F(HttpRequestInput, ABodyThatIsTooDeepToBeReadAgainComesAsText) {
  const std::string type = "Content-Type: application/json\r\n";
  const std::string flat = body_of(type, std::string(100, '[') + std::string(100, ']'));
  EXPECT_EQ(flat.front(), '[');
  const std::string deep = body_of(type, std::string(250, '[') + std::string(250, ']'));
  EXPECT_EQ(deep.front(), '"');
}

TEST_F(HttpRequestInput, TheDetailsOfAFailureAreBounded) {
  std::string headers = "Retry-After: 7\r\nContent-Type: text/plain\r\n";
  for (int i = 0; i < 50; ++i)
    headers += "X-" + std::to_string(i) + ": " + std::string(900, 'x') + "\r\n";
  const RawServer server([&](const std::string&) {
    return answer_text("500 -", headers, "it said s3cret" + std::string(400'000, '\x01'));
  });
  const auto failure = std::get<ActionFailure>(run(server));
  EXPECT_EQ(failure.category + " " + failure.code, "TransientError HTTP_500");
  EXPECT_EQ(failure.retry_after_ms, 7'000);
  EXPECT_LE(json::text_bytes(failure.details), 32 * limits::kKiB);
  EXPECT_EQ(failure.details.at("status").get_int64(), 500);
  EXPECT_EQ(failure.details.at("headers").at("retry-after").as_string(), "7");
  const auto& body = failure.details.at("body").get_object();
  EXPECT_TRUE(body.at("truncated").get_bool());
  EXPECT_GT(body.at("size").as_uint64(), 400'000U);
  EXPECT_TRUE(body.at("beginning").as_string().starts_with("it said [REDACTED]"));
}

TEST_F(HttpRequestInput, AShortFailureIsToldWhole) {
  const RawServer server([](const std::string&) {
    return answer_text("410 Gone", "Content-Type: application/json\r\n", R"({"why":"old"})");
  });
  const auto failure = std::get<ActionFailure>(run(server));
  EXPECT_EQ(json::to_text(failure.details.at("body")), R"({"why":"old"})");
}

TEST_F(HttpRequestInput, ARedirectThatIsRefusedIsNotTriedAgain) {
  const RawServer server(
      [](const std::string&) { return answer_text("302 Found", "Location: /login\r\n"); });
  EXPECT_EQ(verdict(server, R"({"method":"POST","body":"pay"})"),
            "ActionError HTTP_REDIRECT_REFUSED");
}

}  // namespace
}  // namespace fermata::actions
