#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>

#include "actions/email_send.h"
#include "actions/http_request.h"
#include "actions/key_value.h"
#include "actions/registry.h"
#include "actions/taint.h"
#include "http/raw_server.h"
#include "http/server.h"
#include "json/parse.h"
#include "json/text.h"
#include "store/sqlite.h"

namespace fermata::actions {
namespace {

class HttpRequestTest : public testing::Test {
 protected:
  void SetUp() override {
    http::Router router;
    router.add("POST", "/orders", [this](const http::Request& r) {
      key_ = r.headers.at("idempotency-key");
      return http::json_response(201, json::Object{{"got", *json::parse(r.body)}});
    });
    router.add("GET", "/busy", [](const http::Request&) {
      return http::Response{429, {{"Retry-After", "2"}}, "slow down"};
    });
    router.add("GET", "/gone", [](const http::Request&) {
      return http::json_response(410, json::Object{{"why", "old"}});
    });
    auto started = http::Server::start({}, std::move(router));
    ASSERT_TRUE(started.has_value());
    server_ = *std::move(started);
    action_ = make_http_request({{"127.0.0.1/32"}});
  }
  ActionResult run(const std::string& method, const std::string& path, json::Value body = nullptr) {
    ActionCall call;
    call.idempotency_key = "key-1";
    call.timeout_ms = 5'000;
    call.input = json::Object{{"method", method},
                              {"url", "http://127.0.0.1:" + std::to_string(server_->port()) + path},
                              {"body", std::move(body)}};
    return action_->run(call);
  }
  std::string key_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<Action> action_;
};

TEST_F(HttpRequestTest, SendsJsonWithTheInvocationsKey) {
  const auto result = run("POST", "/orders", json::Object{{"a", 1}});
  const auto& output = std::get<json::Value>(result);
  EXPECT_EQ(output.at("status").get_int64(), 201);
  EXPECT_EQ(json::to_text(output.at("body")), R"({"got":{"a":1}})");
  EXPECT_EQ(key_, "key-1");
}

TEST_F(HttpRequestTest, TellsPassingTroubleFromARefusal) {
  const auto busy = run("GET", "/busy");
  EXPECT_EQ(std::get<ActionFailure>(busy).category, "TransientError");
  EXPECT_EQ(std::get<ActionFailure>(busy).retry_after_ms, 2'000);
  const auto gone = run("GET", "/gone");
  EXPECT_EQ(std::get<ActionFailure>(gone).category, "ActionError");
  EXPECT_EQ(std::get<ActionFailure>(gone).code, "HTTP_410");
  server_->stop();
  EXPECT_EQ(std::get<ActionFailure>(run("GET", "/gone")).category, "TransientError");
}

class OneSecret final : public SecretResolver {
 public:
  Result<std::string> resolve(const TenantId&, const std::string& name) override {
    if (name == "CRM") return std::string("s3cret");
    return make_error(ErrorKind::NotFound, "SECRET_UNKNOWN", "there is no secret `" + name + "`");
  }
};

Result<Opened> open_at(std::string_view input, const std::vector<std::string>& places) {
  OneSecret secrets;
  return open_secrets(*json::parse(input), places, TenantId("t"), secrets);
}

TEST(Secrets, AreOpenedInTheirPlacesAndNowhereElse) {
  const auto opened = open_at(
      R"({"a/b":[1,{"$secret":"CRM"}],"data":[{"$secret":"CRM"},{"$secret":"NO"}]})", {"/a~1b/1"});
  EXPECT_EQ(json::to_text(opened->input),
            R"({"a/b":[1,"s3cret"],"data":[{"$secret":"CRM"},{"$secret":"NO"}]})");
  EXPECT_EQ(opened->secrets, std::vector<std::string>{"s3cret"});
  EXPECT_TRUE(open_at(R"({"$secret":"CRM"})", {})->secrets.empty());
}

TEST(Secrets, ThatAreNotThereFailTheAction) {
  EXPECT_EQ(open_at(R"({"$secret":"NO"})", {""}).error().code, "SECRET_UNKNOWN");
  EXPECT_EQ(open_at(R"({"a":"CRM"})", {"/a"}).error().code, "RUN_ARGUMENTS_INVALID");
  EXPECT_EQ(open_at(R"({"a":1})", {"/b"}).error().code, "RUN_ARGUMENTS_INVALID");
}

TEST(Secrets, AreFoundWhereTheyStandForThoseWhoSayNoPlaces) {
  const auto places = secret_references(*json::parse(
      R"({"a/b":[{"$secret":"CRM"}],"c":{"$secret":"CRM","x":1},"d":{"$secret":5},"e":1})"));
  EXPECT_EQ(places, std::vector<std::string>{"/a~1b/0"});
  EXPECT_EQ(secret_references(*json::parse(R"({"$secret":"CRM"})")), std::vector<std::string>{""});
}

TEST(Secrets, DoNotComeOutOfAnAction) {
  const std::vector<std::string> used = open_at(R"({"a":{"$secret":"CRM"}})", {"/a"})->secrets;
  const auto output = without(
      ActionResult(*json::parse(R"({"s3cret":["s3crets3cret", 7, {"b":"no s3cre t"}]})")), used);
  EXPECT_EQ(json::to_text(std::get<json::Value>(output)),
            R"({"[REDACTED]":["[REDACTED][REDACTED]",7,{"b":"no s3cre t"}]})");
  const auto failure = std::get<ActionFailure>(without(
      ActionFailure{"ActionError", "X", "it said s3cret", *json::parse(R"(["s3cret"])"), {}},
      used));
  EXPECT_EQ(failure.message, "it said [REDACTED]");
  EXPECT_EQ(json::to_text(failure.details), R"(["[REDACTED]"])");
}

TEST(Secrets, AreTakenOutWhole) {
  class Two final : public SecretResolver {
    Result<std::string> resolve(const TenantId&, const std::string& name) override {
      return name == "LONG" ? std::string("s3cret and more") : std::string("s3cret");
    }
  };
  Two secrets;
  const std::vector<std::string> places{"/0", "/1"};
  const auto opened = open_secrets(*json::parse(R"([{"$secret":"SHORT"},{"$secret":"LONG"}])"),
                                   places, TenantId("t"), secrets);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(without(std::string_view("it is s3cret and more, s3cret"), opened->secrets),
            "it is [REDACTED], [REDACTED]");
}

class StoppedClock final : public Clock {
 public:
  [[nodiscard]] TimeMs now() const override { return 1; }
};

TEST(KeyValue, TakesAWrongTypeForNothingElse) {
  std::string folder = testing::TempDir() + "pairs-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::unique_ptr<store::Store> store = *store::open_sqlite({.file = folder + "/db"});
  const StoppedClock clock;
  const auto actions = make_key_value(store.get(), &clock);
  const auto verdict = [&](std::size_t at, const char* input) {
    ActionCall call;
    call.tenant = TenantId("t");
    call.idempotency_key = input;
    call.input = *json::parse(input);
    const auto result = actions[at]->run(call);
    const auto* failure = std::get_if<ActionFailure>(&result);
    return failure == nullptr ? std::string("done") : failure->code;
  };
  EXPECT_EQ(verdict(1, R"({"key":"a","value":1,"expectedRevision":0})"), "done");
  // Each would have been done over any revision, or in another space.
  for (const char* input :
       {R"({"key":"a","value":2,"expectedRevision":"0"})",
        R"({"key":"a","value":2,"expectedRevision":0.5})",
        R"({"key":"a","value":2,"expectedRevision":null})", R"({"key":"a","value":2,"space":7})"})
    EXPECT_EQ(verdict(1, input), "INPUT_INVALID") << input;
  EXPECT_EQ(verdict(1, R"({"key":"a","value":2,"expectedRevision":0})"), "KEY_CONFLICT");
  EXPECT_EQ(verdict(2, R"({"key":"a","expectedRevision":"1"})"), "INPUT_INVALID");
  EXPECT_EQ(verdict(3, R"({"limit":"5"})"), "INPUT_INVALID");
  std::filesystem::remove_all(folder);
}

TEST(EmailSend, WaitsNoLongerThanItWasTold) {
  const http::RawServer silent([](const std::string&) { return std::string(); });
  const StoppedClock clock;
  EmailOptions options;
  options.policy = {{"127.0.0.1/32"}};
  options.clock = &clock;
  ActionCall call;
  call.timeout_ms = 0;
  call.input = json::Object{
      {"server",
       json::Object{{"url", "smtp://127.0.0.1:" + std::to_string(silent.port())}, {"tls", "none"}}},
      {"from", "a@example.com"},
      {"to", json::Array{"b@example.com"}},
      {"subject", "s"},
      {"text", "t"}};
  EXPECT_EQ(std::get<ActionFailure>(make_email_send(std::move(options))->run(call)).code,
            "EMAIL_TIMEOUT");
}

TEST(Registry, KnowsPureActionsFromTheStart) {
  const ActionRegistry registry;
  ASSERT_NE(registry.find("transform.merge", 1), nullptr);
  EXPECT_EQ(registry.find("transform.merge", 2), nullptr);
  EXPECT_EQ(std::get<interpreter::RunError>(registry.run("nothing", 1, nullptr)).code,
            "ACTION_UNKNOWN");
}

}  // namespace
}  // namespace fermata::actions
