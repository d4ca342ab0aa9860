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

TEST_F(HttpRequestInput, ARedirectThatIsRefusedIsNotTriedAgain) {
  const RawServer server(
      [](const std::string&) { return answer_text("302 Found", "Location: /login\r\n"); });
  EXPECT_EQ(verdict(server, R"({"method":"POST","body":"pay"})"),
            "ActionError HTTP_REDIRECT_REFUSED");
}

}  // namespace
}  // namespace fermata::actions
