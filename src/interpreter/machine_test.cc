// The machine through its one door: definitions in, effects out. Every scenario runs twice,
// straight and with the state saved and loaded after each input, and must give the same effects.
#include "interpreter/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "definition/definition.h"
#include "foundation/format.h"
#include "foundation/match.h"
#include "interpreter/semantics.h"
#include "json/parse.h"
#include "json/text.h"

namespace fermata::interpreter {
namespace {

class NoActions final : public definition::ActionCatalog {
 public:
  NoActions() {
    fail_.id = "fail";
    fail_.execution = definition::ExecutionClass::Pure;
  }
  [[nodiscard]] const definition::ActionSpec* find(std::string_view id, int) const override {
    return id == "fail" ? &fail_ : nullptr;
  }
  [[nodiscard]] std::vector<const definition::ActionSpec*> all() const override { return {}; }

 private:
  definition::ActionSpec fail_;
};

class FailingPure final : public PureActions {
 public:
  [[nodiscard]] std::variant<json::Value, RunError> run(std::string_view, int,
                                                        const json::Value& input) const override {
    RunError error;
    error.category = json::string_at(input.get_object(), "category").value_or("ActionError");
    error.code = "BAD";
    error.message = "raised";
    return error;
  }
};

std::string line_of(const Effect& effect) {
  const auto status = [](StepStatus s) {
    constexpr std::string_view kNames[] = {"started", "retry_scheduled", "succeeded",
                                           "failed",  "handled",         "canceled"};
    return std::string(kNames[static_cast<std::size_t>(s)]);
  };
  return std::visit(
      match{[](const RunAction& e) {
              return format("run_action {} {} attempt={} {}", e.seq, e.action_id, e.attempt,
                            json::to_text(e.input));
            },
            [](const CancelAction& e) { return format("cancel_action {}", e.seq); },
            [](const StartTimer& e) { return format("start_timer {} {}ms", e.seq, e.delay_ms); },
            [](const CancelTimer& e) { return format("cancel_timer {}", e.seq); },
            [](const StartChild& e) {
              return format("start_child {} {} {}", e.seq, e.workflow_id.text,
                            json::to_text(e.payload));
            },
            [](const CancelChild& e) { return format("cancel_child {}", e.seq); },
            [](const OpenWait& e) { return format("open_wait {}", e.path.text); },
            [](const CloseWait& e) { return format("close_wait {}", static_cast<int>(e.outcome)); },
            [&](const RecordStep& e) {
              return format("step {} {}{}", e.step_id, status(e.status),
                            e.iteration.empty() ? "" : " [" + e.iteration + "]");
            },
            [](const RecordRun& e) { return format("run {}", static_cast<int>(e.phase)); },
            [](const Complete& e) { return "complete " + json::to_text(e.result.at("vars")); },
            [](const Fail& e) {
              return format("fail {} {} at {}", e.error.category, e.error.code, e.error.node_path);
            },
            [](const CancelRun&) { return std::string("cancel_run"); },
            [](const ContinueAsNew&) { return std::string("continue_as_new"); }},
      effect);
}

constexpr TimeMs kStart = 1'700'000'000'000;

class Scenario {
 public:
  explicit Scenario(const std::string& steps, const std::string& payload = "{}") {
    const std::string text =
        R"j({"id":"w","version":1,"name":"w","payloadSchemaRef":"p","steps":[)j" + steps + "]}";
    auto compiled = definition::compile(*json::parse(text), actions_);
    EXPECT_TRUE(compiled.has_value()) << (compiled.has_value() ? "" : compiled.error().message);
    program_ = *compiled;
    identity_.run_id = RunId("run-1");
    identity_.semantics = kCurrentSemantics;
    straight_ = initial_state(host(), *json::parse(payload), nullptr);
    reloaded_ = straight_;
  }

  // The lines of what this input asks for. Step starts are left out: each end names its step.
  std::vector<std::string> input(std::vector<InputKind> kinds = {}, TimeMs after = 0) {
    now_ += after;
    std::vector<Input> inputs;
    for (InputKind& kind : kinds) inputs.push_back({now_, std::move(kind)});
    auto first = step(straight_, inputs);
    auto again = load(host(), save(host(), reloaded_));
    EXPECT_TRUE(again.has_value()) << (again.has_value() ? "" : again.error().message);
    reloaded_ = *std::move(again);
    const auto second = step(reloaded_, inputs);
    EXPECT_EQ(first, second);
    return first;
  }
  json::Value checkpoint() const { return save(host(), straight_); }
  [[nodiscard]] Host host() const { return {*program_, identity_, pure_}; }

 private:
  std::vector<std::string> step(RunState& state, const std::vector<Input>& inputs) {
    auto advanced = advance(host(), std::move(state), inputs, {now_});
    EXPECT_TRUE(advanced.has_value()) << (advanced.has_value() ? "" : advanced.error().message);
    state = std::move(advanced->state);
    std::vector<std::string> lines;
    for (const Effect& effect : advanced->effects) {
      const auto* record = std::get_if<RecordStep>(&effect);
      if (record != nullptr && record->status == StepStatus::Started) continue;
      lines.push_back(line_of(effect));
    }
    return lines;
  }

  NoActions actions_;
  FailingPure pure_;
  definition::ProgramPtr program_;
  RunIdentity identity_;
  RunState straight_;
  RunState reloaded_;
  TimeMs now_ = kStart;
};

using testing::Contains;
using testing::ElementsAre;
using testing::StartsWith;

std::string assign(std::string id, std::string path, std::string expr) {
  return R"j({"id":")j" + id + R"j(","type":"transform.assign","config":{"assign":{")j" + path +
         R"j(":{"$expr":")j" + expr + R"j("}}}})j";
}
std::string call(const std::string& id, const std::string& more = "") {
  return R"j({"id":")j" + id +
         R"j(","type":"action.call","config":{"actionId":"do","version":1,"inputMapping":{"n":{"$expr":"coalesce(n, 0)"}},"saveAs":"vars.out"})j" +
         more + "}";
}
std::string fail(const std::string& id, const std::string& category = "ActionError") {
  return R"j({"id":")j" + id +
         R"j(","type":"action.call","config":{"actionId":"fail","version":1,"inputMapping":{"category":")j" +
         category + R"j("}}})j";
}

RunError error(std::string_view category) {
  RunError made;
  made.category = category;
  made.message = "it failed";
  return made;
}

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

TEST(Machine, PausesBetweenStepsAndResumes) {
  Scenario s(call("c") + "," + assign("a", "vars.x", "1"));
  s.input();
  EXPECT_THAT(s.input({PauseRequested{"quota"}}), ElementsAre());
  EXPECT_THAT(s.input({ActionCompleted{1, json::Value(1)}}),
              ElementsAre("step c succeeded", "open_wait root", "run 2"));
  EXPECT_THAT(s.input({ResumeRequested{"quota"}}),
              ElementsAre("close_wait 0", "run 0", "step a succeeded", StartsWith("complete")));
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

const char* const kLoop =
    R"j({"id":"l","type":"control.forEach","items":{"$expr":"ITEMS"},"itemVar":"n","body":[%]})j";

std::string loop_over(const std::string& items, const std::string& body) {
  std::string text = kLoop;
  text.replace(text.find("ITEMS"), 5, items);
  return text.replace(text.find('%'), 1, body);
}

const json::Object& loop_of(const json::Value& checkpoint) {
  for (const json::Value& frame : checkpoint.at("branches").at(0).at("frames").as_array()) {
    if (frame.at("kind") == "loop") return frame.as_object();
  }
  ADD_FAILURE() << "no loop";
  static const json::Object none;
  return none;
}

TEST(Checkpoint, LeavesOutALongListThatItsExpressionStillGives) {
  for (const std::string& items : {std::string("[1..100000]"), std::string("payload.list")}) {
    const json::Value payload = json::Object{{"list", json::Array(2'000, json::Value("an item"))}};
    Scenario s(loop_over(items, call("c")), json::to_text(payload));
    s.input();
    s.input({ActionCompleted{1, json::Value(7)}});
    const json::Value saved = s.checkpoint();
    EXPECT_FALSE(loop_of(saved).contains("items"));
    EXPECT_LT(json::text_bytes(saved), 2'000 + json::text_bytes(saved.at("payload")));
  }
}

TEST(Checkpoint, CarriesOnlyWhatIsToComeOfAListThatIsGone) {
  const std::string steps =
      assign("a", "vars.list", "[1..5000]") + "," +
      loop_over("vars.list", assign("b", "vars.list", "[]") + "," + call("c"));
  Scenario s(steps);
  s.input();
  EXPECT_EQ(loop_of(s.checkpoint()).at("items").as_array().size(), 5'000U);
  Seq seq = 0;
  for (int i = 0; i < 100; ++i) s.input({ActionCompleted{++seq, json::Value(7)}});
  EXPECT_EQ(loop_of(s.checkpoint()).at("items").as_array().size(), 4'900U);
  EXPECT_EQ(loop_of(s.checkpoint()).at("lexical").at("length"), 5'000);
}

TEST(Checkpoint, AListThatCameOutDifferentIsNondeterminism) {
  Scenario s(loop_over("[1..5000]", call("c")));
  s.input();
  json::Value other = s.checkpoint();
  const_cast<json::Object&>(loop_of(other))["itemsHash"] = "another";
  const auto loaded = load(s.host(), other);
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().code, "NONDETERMINISM");
}

TEST(Checkpoint, LoadsTheFormatBefore) {
  Scenario s(loop_over("[1..3]", call("c")));
  s.input();
  s.input({ActionCompleted{1, json::Value(7)}});
  json::Value old = s.checkpoint();
  old.as_object()["format"] = 1;
  auto& loop = const_cast<json::Object&>(loop_of(old));
  loop["items"] = *json::parse("[1,2,3]");
  loop.erase("first");
  EXPECT_TRUE(json::equal(save(s.host(), *load(s.host(), old)), s.checkpoint()));
}

TEST(Checkpoint, RefusesWhatDoesNotFitTheProgram) {
  Scenario s(call("c"));
  s.input();
  json::Value broken = s.checkpoint();
  broken.get_object()["definitionHash"] = "other";
  EXPECT_FALSE(load(s.host(), broken).has_value());
  EXPECT_FALSE(load(s.host(), json::Value(7)).has_value());
}

}  // namespace
}  // namespace fermata::interpreter
