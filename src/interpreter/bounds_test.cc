// What has no end by itself: depth, size, work and time of a run. Each is said to the author, and a
// run of the first semantics version does as it did.
#include "foundation/limits.h"
#include "interpreter/machine.h"
#include "interpreter/retry.h"
#include "interpreter/test_scenario.h"

namespace fermata::interpreter {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string guarded(const std::string& steps) {
  return R"j({"id":"t","type":"control.tryCatch","try":[)j" + steps + R"j(],"catch":[)j" +
         assign("c", "vars.why", "error.category & ' ' & error.code") + "]}";
}
std::string loop(const std::string& items, const std::string& body) {
  return R"j({"id":"l","type":"control.forEach","items":{"$expr":")j" + items +
         R"j("},"itemVar":"n","body":[)j" + body + "]}";
}
// As many levels of objects.
std::string nested(int levels) {
  return format("$reduce([1..{}], function($a, $b) {{ {{'a': $a}} }}, 0)", levels);
}
json::Value text_of(std::size_t bytes) {
  return json::Value(std::string(bytes, 'x'));
}

TEST(Bounds, AValueIsNoDeeperThanWhoeverReadsItReads) {
  const std::string chain =
      loop("[1..220]", assign("a", "vars.chain", "{'next': coalesce(vars.chain, 0)}"));
  EXPECT_THAT(Scenario(chain).input(),
              Contains(StartsWith("fail ExpressionError VALUE_TOO_DEEP at root.steps[0].body")));
  EXPECT_THAT(Scenario(guarded(chain)).input(),
              Contains(HasSubstr(R"("why":"ExpressionError VALUE_TOO_DEEP")")));
  EXPECT_THAT(Scenario(chain, "{}", Semantics::First).input(), Contains(StartsWith("complete")));
}

TEST(Bounds, AnAssignmentCountsTheLevelsOfItsPath) {
  EXPECT_THAT(Scenario(assign("a", "vars.x", nested(199))).input(),
              Contains(StartsWith("complete")));
  EXPECT_THAT(Scenario(assign("a", "vars.x.y", nested(199))).input(),
              Contains(StartsWith("fail ExpressionError VALUE_TOO_DEEP")));
}

TEST(Bounds, WhatComesFromOutsideIsNoDeeperEither) {
  json::Value deep = json::Object{};
  for (int i = 0; i < 230; ++i) deep = json::Object{{"a", std::move(deep)}};
  Scenario action(call("c"));
  action.input();
  EXPECT_THAT(action.input({ActionCompleted{1, deep}}),
              Contains(StartsWith("fail ExpressionError VALUE_TOO_DEEP")));
  Scenario wait(
      R"j({"id":"e","type":"event.wait","config":{"eventName":"E","correlationKey":{"$expr":"null"}}})j");
  wait.input();
  EXPECT_THAT(wait.input({EventArrived{EventId("e"), "E", std::nullopt, deep, kStart, {}}}),
              Contains(StartsWith("fail ExpressionError VALUE_TOO_DEEP")));
}

TEST(Bounds, NoCharacterLeavesAnExpressionThatNoReaderTakes) {
  for (const char* expr : {"$decodeUrlComponent('%00')", "$base64decode('AA==')", "'\\\\u0000'"}) {
    EXPECT_THAT(Scenario(assign("a", "vars.x", expr)).input(),
                Contains("complete {\"x\":\"\xEF\xBF\xBD\"}"))
        << expr;
    EXPECT_THAT(Scenario(assign("a", "vars.x", expr), "{}", Semantics::First).input(),
                Contains(R"(complete {"x":"\u0000"})"))
        << expr;
  }
  EXPECT_THAT(Scenario(assign("a", "vars.x", "{'\\\\u0000': 1}")).input(),
              Contains("complete {\"x\":{\"\xEF\xBF\xBD\":1}}"));
}

TEST(Bounds, AnAssignmentSaysThatTheStateIsFull) {
  const std::string two = call("a") + "," + guarded(call("b"));
  Scenario again(two);
  again.input();
  again.input({ActionCompleted{1, text_of(limits::kMiB)}});
  // The same place again: what was there goes.
  EXPECT_THAT(again.input({ActionCompleted{2, text_of(limits::kMiB)}}),
              Contains(StartsWith("complete")));
  Scenario other(two, json::to_text(json::Object{{"text", text_of(limits::kMiB)}}));
  other.input();
  EXPECT_THAT(other.input({ActionCompleted{1, text_of(limits::kMiB)}}),
              Contains(StartsWith("fail ValidationError STATE_TOO_LARGE at root.steps[0]")));
  Scenario caught(guarded(call("b")), json::to_text(json::Object{{"text", text_of(limits::kMiB)}}));
  caught.input();
  EXPECT_THAT(caught.input({ActionCompleted{1, text_of(limits::kMiB)}}),
              Contains(HasSubstr(R"("why":"ValidationError STATE_TOO_LARGE")")));
}

TEST(Bounds, AResultThatTemporalWouldRefuseFailsTheRun) {
  const std::string steps =
      R"j({"id":"t","type":"control.tryCatch","captureErrorAs":"e","try":[)j" + call("b") +
      R"j(],"catch":[]})j";
  const std::string payload = json::to_text(json::Object{{"text", text_of(limits::kMiB)}});
  RunError large = error("ActionError");
  large.details = text_of(limits::kMiB);
  Scenario s(steps, payload);
  s.input();
  EXPECT_THAT(s.input({ActionFailed{1, large, std::nullopt}}),
              ElementsAre("step b failed", "step t succeeded",
                          "fail ValidationError RESULT_TOO_LARGE at root"));
  Scenario first(steps, payload, Semantics::First);
  first.input();
  EXPECT_THAT(first.input({ActionFailed{1, large, std::nullopt}}),
              Contains(StartsWith("complete")));
}

TEST(Bounds, AnErrorThatTemporalWouldRefuseLosesItsDetails) {
  RunError large = error("ActionError");
  large.details = text_of(2 * limits::kMiB);
  Scenario s(call("b"));
  s.input();
  std::vector<Input> inputs = {{kStart, ActionFailed{1, large, std::nullopt}}};
  const auto ended = advance(s.host(), *load(s.host(), s.checkpoint()), inputs, {kStart});
  const auto& failed = std::get<Fail>(ended->effects.back());
  EXPECT_EQ(failed.error.message, "it failed");
  EXPECT_EQ(failed.error.details.at("truncated"), true);
}

TEST(Bounds, AnInputThatTemporalWouldRefuseIsTheAuthorsError) {
  std::string fields;
  for (int i = 0; i < 7; ++i)
    fields += (i > 0 ? "," : "") + format(R"j("f{}":{{"$expr":"payload.text"}})j", i);
  const std::string payload = json::to_text(json::Object{{"text", text_of(250 * limits::kKiB)}});
  const std::string action =
      R"j({"id":"a","type":"action.call","config":{"actionId":"do","version":1,"inputMapping":{)j" +
      fields + "}}}";
  const std::string child =
      R"j({"id":"s","type":"control.callWorkflow","workflowId":"sub","workflowVersion":3,"inputMapping":{)j" +
      fields + "}}";
  for (const std::string& step : {action, child}) {
    EXPECT_THAT(Scenario(guarded(step), payload).input(),
                Contains(HasSubstr(R"("why":"ValidationError INPUT_TOO_LARGE")")));
    EXPECT_THAT(Scenario(guarded(step), payload, Semantics::First).input(),
                Not(Contains(HasSubstr("INPUT_TOO_LARGE"))));
  }
}

constexpr const char* kRetry =
    R"j(,"timeoutMs":1000,"retry":{"maxAttempts":5,"backoffMs":100,"jitter":false})j";

TEST(Bounds, ARetryThatComesBehindTheStepsTimeIsItsTimeout) {
  Scenario s(call("c", kRetry));
  s.input();
  s.input({ActionFailed{1, error("TransientError"), std::nullopt}});
  EXPECT_THAT(s.input({TimerFired{2}}, 1'000),
              ElementsAre("close_wait 0", "step c failed",
                          "fail TimeoutError STEP_TIMEOUT at root.steps[0]"));
  Scenario child(
      R"j({"id":"s","type":"control.callWorkflow","workflowId":"sub","workflowVersion":3)j" +
      std::string(kRetry) + "}");
  child.input();
  child.input({ChildFailed{1, error("TransientError")}});
  EXPECT_THAT(child.input({TimerFired{3}}, 120'000),
              ElementsAre("close_wait 0", "step s failed",
                          "fail TimeoutError STEP_TIMEOUT at root.steps[0]"));
}

TEST(Bounds, TheFirstSemanticsVersionAskedWhileItCould) {
  for (const auto& [late_ms, is_asked] : {std::pair(15'000, true), std::pair(15'001, false)}) {
    Scenario s(call("c", kRetry), "{}", Semantics::First);
    s.input();
    s.input({ActionFailed{1, error("TransientError"), std::nullopt}});
    EXPECT_THAT(s.input({TimerFired{2}}, 1'000 + late_ms),
                Contains(StartsWith(is_asked ? "run_action 3" : "fail TimeoutError")));
  }
}

TEST(Bounds, AnInstantThatNoClockShowsIsTooFarAway) {
  for (const char* until : {"1e300", "-1e300", "9.3e18"}) {
    Scenario s(R"j({"id":"w","type":"time.wait","config":{"mode":"until","until":{"$expr":")j" +
               std::string(until) + R"j("}}})j");
    EXPECT_THAT(s.input(), Contains(StartsWith("fail ValidationError WAIT_TOO_LONG"))) << until;
  }
}

TEST(Bounds, NoBackoffStaysNoneHoweverOftenItIsMultiplied) {
  definition::RetryPolicy policy;
  policy.attempts_max = 1'000;
  policy.backoff_ms = 0;
  policy.backoff_multiplier = 1e300;
  EXPECT_EQ(next_delay(policy, error("TransientError"), 3, "seed"), 0);
}

// Work of more than a million steps, most of it for the text.
constexpr const char* kHeavy = "$contains($pad('', 4000000, 'y'), 'x')";

TEST(Bounds, AHistoryEndsWhenItsWorkIsDone) {
  const std::string steps = loop("[1..14]", assign("a", "vars.x", kHeavy));
  Scenario s(steps);
  auto lines = s.input();
  EXPECT_EQ(lines.back(), "continue_as_new");
  EXPECT_GT(lines.size(), 5U);
  EXPECT_LT(lines.size(), 14U);
  EXPECT_EQ(s.checkpoint().get_object().contains("workInHistory"), false);
  EXPECT_THAT(s.input(), Contains(StartsWith("complete")));
  EXPECT_THAT(Scenario(steps, "{}", Semantics::First).input(), Contains(StartsWith("complete")));
}

TEST(Bounds, AStepHasAnEndOfItsWork) {
  std::string many;
  for (int i = 0; i < 30; ++i)
    many += (i > 0 ? "," : "") + format(R"j("vars.x{}":{{"$expr":"{}"}})j", i, kHeavy);
  const std::string step =
      R"j({"id":"a","type":"transform.assign","config":{"assign":{)j" + many + "}}}";
  EXPECT_THAT(Scenario(step).input(), Contains(StartsWith("fail ExpressionError U1002")));
}

}  // namespace
}  // namespace fermata::interpreter
