// The machine through its one door.
#include "interpreter/machine.h"

#include "interpreter/test_scenario.h"

namespace fermata::interpreter {
namespace {

TEST(Machine, RunsPureStepsToTheEndInOneGo) {
  Scenario s(assign("a", "vars.x", "payload.n + 1") + "," +
                 R"j({"id":"i","type":"control.if","condition":{"$expr":"x > 1"},"then":[)j" +
                 assign("t", "vars.y", "'big'") + "]}",
             R"j({"n":1})j");
  EXPECT_THAT(s.input(), ElementsAre("step a succeeded", "step i succeeded", "step t succeeded",
                                     R"(complete {"x":2,"y":"big"})"));
}

TEST(Machine, LoopsRestoreTheItemVariableAndSeeOuterNames) {
  Scenario s(
      assign("v", "vars.n", "'before'") + "," +
      R"j({"id":"l","type":"control.forEach","items":{"$expr":"[1,2]"},"itemVar":"n","body":[)j" +
      assign("a", "vars.seen", "append(vars.seen ? vars.seen : [], n * 10 + index)") + "]}");
  EXPECT_THAT(s.input(),
              ElementsAre("step v succeeded", "step a succeeded [0]", "step a succeeded [1]",
                          "step l succeeded", R"(complete {"n":"before","seen":[10,21]})"));
}

TEST(Machine, GoesThroughAHundredThousandItems) {
  Scenario s(
      R"j({"id":"l","type":"control.forEach","items":{"$expr":"[1..100000]"},"itemVar":"n","body":[)j" +
      call("c") + "]}");
  EXPECT_THAT(s.input(), ElementsAre(testing::HasSubstr("run_action 1")));
}

TEST(Machine, ActionsParkAndSaveTheirOutput) {
  Scenario s(call("c"));
  EXPECT_THAT(s.input(), ElementsAre(R"(run_action 1 do attempt=1 {"n":0})"));
  EXPECT_THAT(s.input({ActionCompleted{1, json::Value(7)}}),
              ElementsAre("step c succeeded", R"(complete {"out":7})"));
}

TEST(Machine, RetriesAfterADurableTimerUnderOnePolicy) {
  Scenario s(call(
      "c",
      R"j(,"retry":{"maxAttempts":2,"backoffMs":100,"jitter":false,"retryOn":["TransientError"]})j"));
  s.input();
  EXPECT_THAT(
      s.input({ActionFailed{1, error("TransientError"), std::nullopt}}),
      ElementsAre("start_timer 2 100ms", "step c retry_scheduled", "open_wait root.steps[0]"));
  EXPECT_THAT(s.input({TimerFired{2}}, 100),
              ElementsAre("close_wait 0", R"(run_action 3 do attempt=2 {"n":0})"));
  EXPECT_THAT(s.input({ActionFailed{3, error("TransientError"), std::nullopt}}),
              ElementsAre("step c failed", "fail TransientError  at root.steps[0]"));
}

// What the action is asked for with each attempt, each time behind a checkpoint.
TEST(Machine, SecretsStandWhereTheDefinitionSaysThemAlsoInARetry) {
  Scenario s(
      R"j({"id":"c","type":"action.call","config":{"actionId":"do","version":1,"inputMapping":{
            "a/b":{"k":{"$secret":"KEY"}},"l":[{"$expr":"payload.card"},{"$secret":"KEY"}],"data":{"$expr":"payload"}}},
          "retry":{"maxAttempts":2,"backoffMs":100,"jitter":false}})j",
      R"j({"card":{"$secret":"KEY"}})j");
  const std::string asked =
      R"({"a/b":{"k":{"$secret":"KEY"}},"l":[{"$secret":"KEY"},{"$secret":"KEY"}],)"
      R"("data":{"card":{"$secret":"KEY"}}} secrets=/a~1b/k,/l/1)";
  EXPECT_THAT(s.input(), ElementsAre("run_action 1 do attempt=1 " + asked));
  s.input({ActionFailed{1, error("TransientError"), std::nullopt}});
  EXPECT_THAT(s.input({TimerFired{2}}, 100), Contains("run_action 3 do attempt=2 " + asked));
}

TEST(Machine, DoesNotRetryOtherCategories) {
  Scenario s(
      call("c", R"j(,"retry":{"maxAttempts":5,"backoffMs":1,"retryOn":["TransientError"]})j"));
  s.input();
  EXPECT_THAT(s.input({ActionFailed{1, error("ActionError"), std::nullopt}}),
              Contains(StartsWith("fail ActionError")));
}

TEST(Machine, OnErrorContinueKeepsTheErrorInScope) {
  Scenario s(call("c", R"j(,"onError":{"policy":"continue"})j") + "," +
             assign("a", "vars.why", "error.category"));
  s.input();
  EXPECT_THAT(
      s.input({ActionFailed{1, error("TimeoutError"), std::nullopt}}),
      ElementsAre("step c handled", "step a succeeded", R"(complete {"why":"TimeoutError"})"));
}

TEST(Machine, TheInnermostHandlerCatches) {  // D9
  Scenario s(R"j({"id":"t","type":"control.tryCatch","captureErrorAs":"why","try":[
      {"id":"l","type":"control.forEach","items":{"$expr":"[1,2]"},"itemVar":"n","onItemError":"continue","body":[)j" +
             fail("f") + R"j(]}],"catch":[)j" + assign("c", "vars.caught", "true") + "]}");
  EXPECT_THAT(s.input(), ElementsAre("step f failed [0]", "step f failed [1]", "step l succeeded",
                                     "step t succeeded", "complete {}"));
}

TEST(Machine, ACaughtErrorLeavesNoLoopNamesBehind) {  // D8
  Scenario s(R"j({"id":"t","type":"control.tryCatch","captureErrorAs":"why","try":[
      {"id":"l","type":"control.forEach","items":{"$expr":"[1,2]"},"itemVar":"n","body":[)j" +
             fail("f") + R"j(]}],"catch":[)j" + assign("c", "vars.code", "why.code & error.code") +
             "]}");
  EXPECT_THAT(s.input(), ElementsAre("step f failed [0]", "step l failed", "step c succeeded",
                                     "step t succeeded", testing::HasSubstr(R"("code":"BADBAD")")));
}

TEST(Machine, FinallyRunsOnErrorAndOnReturn) {
  Scenario failing(R"j({"id":"t","type":"control.tryCatch","catchOn":["TimeoutError"],"try":[)j" +
                   fail("f") + R"j(],"catch":[],"finally":[)j" + assign("z", "vars.z", "1") + "]}");
  EXPECT_THAT(failing.input(), ElementsAre("step f failed", "step z succeeded", "step t failed",
                                           "fail ActionError BAD at root.steps[0].try.steps[0]"));
  Scenario returning(
      R"j({"id":"t","type":"control.tryCatch","try":[{"id":"r","type":"control.return"}],"catch":[],"finally":[)j" +
      assign("z", "vars.z", "1") + "]}," + assign("never", "vars.never", "1"));
  EXPECT_THAT(returning.input(), ElementsAre("step r succeeded", "step z succeeded",
                                             "step t succeeded", R"(complete {"z":1})"));
}

TEST(Machine, CancellationIsUncatchableAndClosesWhatIsOpen) {
  Scenario s(
      R"j({"id":"t","type":"control.tryCatch","try":[{"id":"w","type":"time.wait","config":{"mode":"duration","durationMs":50}}],"catch":[]})j");
  EXPECT_THAT(s.input(),
              ElementsAre("start_timer 1 50ms", "open_wait root.steps[0].try.steps[0]", "run 1"));
  EXPECT_THAT(s.input({CancelRequested{"stop"}}),
              ElementsAre("cancel_timer 1", "close_wait 2", "step w canceled", "step t canceled",
                          "cancel_run"));
}

TEST(Machine, ACanceledActionIsAwaited) {
  Scenario s(call("c"));
  s.input();
  EXPECT_THAT(s.input({CancelRequested{"stop"}}), ElementsAre("cancel_action 1"));
  EXPECT_THAT(s.input({ActionFailed{1, error("Cancellation"), std::nullopt}}),
              ElementsAre("step c canceled", "cancel_run"));
}

TEST(Machine, AWaitThatIsDueNeedsNoTimer) {
  Scenario s(
      R"j({"id":"w","type":"time.wait","config":{"mode":"until","until":{"$expr":"'2000-01-01T00:00:00Z'"}}})j");
  EXPECT_THAT(s.input(), ElementsAre("step w succeeded", StartsWith("complete")));
}

const std::string kEvent =
    R"j({"id":"e","type":"event.wait","config":{"eventName":"PAID","correlationKey":{"$expr":"payload.id"},"filters":[{"path":"amount","op":">","value":5}],"timeoutMs":1000,"assign":{"vars.amount":{"$expr":"vars.event.amount"}}}})j";
EventArrived paid(const std::string& id, int amount) {
  return {EventId(id), "PAID", "k", json::Value(json::Object{{"amount", amount}}), kStart + 1};
}

TEST(Machine, AnEventResumesOnceAndOnlyWhenItMatches) {  // D2, D21
  Scenario s(kEvent + "," + assign("a", "vars.done", "true"), R"j({"id":"k"})j");
  EXPECT_THAT(s.input(), ElementsAre("start_timer 1 1000ms", "open_wait root.steps[0]", "run 1"));
  EXPECT_THAT(s.input({paid("e1", 3)}), ElementsAre());
  EXPECT_THAT(s.input({paid("e2", 9), paid("e2", 9)}),
              ElementsAre("run 0", "cancel_timer 1", "close_wait 0", "step e succeeded",
                          "step a succeeded", testing::HasSubstr(R"("amount":9)")));
}

TEST(Machine, AnEventWaitTimesOutAsACatchableError) {
  Scenario s(R"j({"id":"t","type":"control.tryCatch","captureErrorAs":"why","try":[)j" + kEvent +
                 R"j(],"catch":[]})j",
             R"j({"id":"k"})j");
  s.input();
  EXPECT_THAT(s.input({TimerFired{1}}, 1000),
              ElementsAre("run 0", "close_wait 1", "step e failed", "step t succeeded",
                          testing::HasSubstr("EVENT_TIMEOUT")));
}

TEST(Machine, ChildrenMapTheirResultAndWrapTheirFailure) {
  const std::string child =
      R"j({"id":"s","type":"control.callWorkflow","workflowId":"sub","workflowVersion":3,"inputMapping":{"x":{"$expr":"1"}},"outputMapping":{"vars.y":{"$expr":"childRun.vars.y"}}})j";
  Scenario done(child);
  EXPECT_THAT(done.input(), ElementsAre(R"(start_child 1 sub {"x":1})"));
  EXPECT_THAT(done.input({ChildCompleted{1, *json::parse(R"j({"vars":{"y":5}})j")}}),
              ElementsAre("step s succeeded", R"(complete {"y":5})"));
  Scenario failed(child);
  failed.input();
  EXPECT_THAT(failed.input({ChildFailed{1, error("ActionError")}}),
              Contains(StartsWith("fail ChildWorkflowError")));
}

// A workflow task that a crash repeats is given what came since its rows were seen.
TEST(Machine, AnAnswerThatIsThereBeforeItsTaskIsNotLost) {
  const std::string ask =
      R"j({"id":"q","type":"human.task","config":{"taskType":"t","title":{"$expr":"'?'"},"assign":{"vars.ok":{"$expr":"vars.event.ok"}}}})j";
  Scenario before(ask);
  before.input();
  const TaskId task(
      before.checkpoint().at_pointer("/branches/0/parked/await/taskId").as_string().c_str());
  const TaskAnswered answer{task, "answer-1", json::Object{{"ok", true}}, false};
  Scenario again(ask);
  EXPECT_THAT(again.input({answer, answer}), Contains(testing::HasSubstr(R"("ok":true)")));
}

TEST(Machine, AnEventSentForAWaitCountsHoweverLateTheWaitIsOpenedAgain) {
  const std::string wait =
      R"j({"id":"e","type":"event.wait","config":{"eventName":"E","correlationKey":{"$expr":"null"}}})j";
  Scenario before(wait);
  before.input();
  EventArrived event{EventId("event-1"), "E", std::nullopt, json::Object{}, kStart, {}};
  Scenario late(wait);
  EXPECT_THAT(late.input({event}, 3'000), testing::Not(Contains(StartsWith("complete"))));
  event.wait_id =
      WaitId(before.checkpoint().at_pointer("/branches/0/parked/await/waitId").as_string().c_str());
  Scenario again(wait);
  EXPECT_THAT(again.input({event}, 3'000), Contains(StartsWith("complete")));
}

// What is buffered travels in every checkpoint.
TEST(Machine, KeepsNoMoreEventsThanTheirBytesAllow) {
  const auto arrived = [](int n) {
    return EventArrived{EventId("event-" + std::to_string(n)),
                        "E",
                        "k",
                        json::Object{{"n", n}, {"text", std::string(200 * 1024, 'x')}},
                        kStart,
                        {}};
  };
  const auto left = [&](Semantics semantics) {
    Scenario s(call("c"), "{}", semantics);
    s.input();
    for (int n = 1; n <= 4; ++n) s.input({arrived(n)});
    std::vector<std::string> ids;
    const json::Value checkpoint = s.checkpoint();
    for (const json::Value& event : checkpoint.at("buffered").get_array())
      ids.push_back(json::to_std(event.at("eventId").get_string()));
    return ids;
  };
  EXPECT_THAT(left(Semantics::First), ElementsAre("event-1", "event-2", "event-3", "event-4"));
  EXPECT_THAT(left(Semantics::Second), ElementsAre("event-3", "event-4"));
}

TEST(Machine, PausesBetweenStepsAndResumes) {
  Scenario s(call("c") + "," + assign("a", "vars.x", "1"));
  s.input();
  EXPECT_THAT(s.input({PauseRequested{"quota"}}), ElementsAre());
  EXPECT_THAT(s.input({ActionCompleted{1, json::Value(1)}}),
              ElementsAre("step c succeeded", "open_wait root", "run 2"));
  EXPECT_THAT(s.input({ResumeRequested{"quota"}}),
              ElementsAre("close_wait 0", "run 0", "step a succeeded", StartsWith("complete")));
}

TEST(Machine, KeepsTheReasonOfAPauseOverItsCheckpoint) {
  Scenario s(call("c") + "," + assign("a", "vars.x", "1"));
  s.input();
  s.input({PauseRequested{"quota"}});
  s.input({ActionCompleted{1, json::Value(1)}});
  const RunState state = *load(s.host(), s.checkpoint());
  EXPECT_EQ(*json::string_at(query_current_wait(s.host(), state).get_object(), "reason"), "quota");
}

TEST(Machine, GivesEachPauseBetweenTwoStepsAWaitOfItsOwn) {
  Scenario s(call("c") + "," + assign("a", "vars.x", "1"));
  s.input();
  s.input({PauseRequested{"quota"}});
  s.input({ActionCompleted{1, json::Value(1)}});
  const std::string first = json::to_text(s.checkpoint().at("pauseWait"));
  EXPECT_THAT(s.input({ResumeRequested{"quota"}, PauseRequested{"again"}}),
              ElementsAre("close_wait 0", "open_wait root"));
  EXPECT_NE(json::to_text(s.checkpoint().at("pauseWait")), first);
}

TEST(Machine, TakesAnEventThatComesBeforeTheTimeoutOfTheSameActivation) {
  Scenario first(kEvent, R"j({"id":"k"})j");
  first.input();
  EXPECT_THAT(first.input({paid("e1", 9), TimerFired{1}}), Contains("step e succeeded"));
  Scenario late(kEvent, R"j({"id":"k"})j");
  late.input();
  EXPECT_THAT(late.input({TimerFired{1}, paid("e1", 9)}), Contains("step e failed"));
}

TEST(Machine, CountsEffectsOnOverANewHistory) {
  Scenario s(
      R"j({"id":"l","type":"control.forEach","items":{"$expr":"[1..300]"},"itemVar":"n","body":[)j" +
      assign("a", "vars.x", "n") + "]}");
  auto asked = advance(s.host(), *load(s.host(), s.checkpoint()), {}, {kStart});
  const auto& checkpoint = std::get<ContinueAsNew>(asked->effects.back()).checkpoint;
  const auto next = advance(s.host(), *load(s.host(), checkpoint), {}, {kStart});
  EXPECT_EQ(next->first_effect_number, asked->first_effect_number + asked->effects.size());
}

TEST(Machine, ContinuesAsNewFromTheDepthOfALoop) {  // D1
  Scenario s(
      R"j({"id":"l","type":"control.forEach","items":{"$expr":"[1..300]"},"itemVar":"n","body":[)j" +
      assign("a", "vars.sum", "coalesce(vars.sum, 0) + n") + "]}");
  auto lines = s.input();
  EXPECT_EQ(lines.back(), "continue_as_new");
  EXPECT_EQ(lines.size(), 251U);
  lines = s.input();
  EXPECT_EQ(lines.back(), R"(complete {"sum":45150})");
}

TEST(Machine, ANumberThatWasNeverGivenIsNondeterminism) {
  Scenario s(call("c"));
  s.input();
  auto state = load(s.host(), s.checkpoint());
  const std::vector<Input> inputs = {{kStart, TimerFired{9}}};
  const auto advanced = advance(s.host(), *std::move(state), inputs, {kStart});
  ASSERT_FALSE(advanced.has_value());
  EXPECT_EQ(advanced.error().code, "NONDETERMINISM");
}

TEST(Machine, ANumberThatIsSettledAsSomethingElseIsNondeterminism) {
  for (const InputKind& wrong :
       {InputKind(TimerFired{1}), InputKind(ChildCompleted{1, json::Value(1)})}) {
    Scenario s(call("c"));
    s.input();
    const std::vector<Input> inputs = {{kStart, wrong}};
    const auto advanced = advance(s.host(), *load(s.host(), s.checkpoint()), inputs, {kStart});
    ASSERT_FALSE(advanced.has_value());
    EXPECT_EQ(advanced.error().code, "NONDETERMINISM");
  }
}

}  // namespace
}  // namespace fermata::interpreter
