// The simulator through its door: definitions, payloads and fixtures as text, reports out.
#include "simulate/simulate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "json/text.h"
#include "simulate/render.h"
#include "simulate/test_stage.h"

namespace fermata::simulate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Says no to everything that is not {"ok": true}.
class OkOnly final : public FormCheck {
 public:
  [[nodiscard]] std::vector<std::string> problems(const json::Value&,
                                                  const json::Value& answer) const override {
    if (json::equal(answer, json::Object{{"ok", true}})) return {};
    return {"`/ok` is not true"};
  }
};

Report play(const std::string& steps, const std::string& fixtures = "{}",
            const std::string& more = "", Faults faults = {}) {
  const TestOffers offers;
  const auto read = read_fixtures(json::parse(fixtures).value());
  EXPECT_TRUE(read.has_value()) << (read.has_value() ? "" : read.error().message);
  if (!read.has_value()) return {};
  const Prepared prepared =
      prepare(json::parse(definition_of(steps, more)).value(), *read, {offers, offers});
  for (const auto& finding : prepared.findings) {
    EXPECT_NE(finding.severity, definition::Severity::Error) << finding.path << finding.message;
  }
  if (prepared.program == nullptr) return {};
  const OkOnly forms;
  const Stage stage{.pure_actions = offers,
                    .children = prepared.children,
                    .form_check = &forms,
                    .faults = faults};
  return simulate(prepared.program, json::parse(R"({"n":1})").value(), *read, stage);
}

json::Value vars(const Report& report) {
  return report.root().scopes.at("vars");
}

const std::string kAct =
    R"j({"id":"a","type":"action.call","retry":{"maxAttempts":3,"backoffMs":100,"jitter":false},
        "config":{"actionId":"act","version":1,"inputMapping":{"n":{"$expr":"payload.n"}},"saveAs":"vars.a"}})j";
const std::string kWait =
    R"j({"id":"w","type":"event.wait","config":{"eventName":"E","correlationKey":{"$expr":"'k'"},"timeoutMs":1000}})j";
const std::string kTask =
    R"j({"id":"t","type":"human.task","config":{"taskType":"x","title":{"$expr":"'T'"},"formSchema":{"type":"object"}}})j";

TEST(Simulate, AnswersCallsInOrderAndRepeatsTheLast) {
  const Report report = play(
      kAct,
      R"({"actions":{"act@1":[{"error":{"category":"TransientError","code":"X","message":"no"}},
                     {"result":{"v":2},"delayMs":50}]}})");
  EXPECT_EQ(report.root().status, "SUCCEEDED");
  EXPECT_EQ(json::to_text(vars(report)), R"({"a":{"v":2}})");
  ASSERT_EQ(report.side_effects.size(), 2U);
  EXPECT_EQ(report.side_effects[1].attempt, 2U);
  EXPECT_EQ(report.root().steps[0].finished_at.value() - report.origin, 150);
}

TEST(Simulate, TimesOutAnActionThatIsTooSlow) {
  const Report report = play(kAct, R"({"actions":{"act@1":{"result":1,"delayMs":30001}}})");
  EXPECT_EQ(report.root().status, "FAILED");
  EXPECT_EQ(report.root().error->code, "ACTION_TIMEOUT");
  EXPECT_EQ(report.side_effects.size(), 3U);
}

TEST(Simulate, SaysWhichActionHasNoAnswerEvenInsideATry) {
  const Report report =
      play(R"j({"id":"g","type":"control.tryCatch","try":[)j" + kAct + R"j(],"catch":[]})j");
  EXPECT_EQ(report.root().status, "FAILED");
  EXPECT_EQ(report.root().error->code, "ACTION_NOT_MOCKED");
  EXPECT_EQ(report.root().error->node_path, "root.steps[0].try.steps[0]");
}

TEST(Simulate, TakesActionsThatOnlyTheFixturesKnow) {
  const Report report = play(
      R"j({"id":"a","type":"action.call","config":{"actionId":"crm.find","version":7,"inputMapping":{}}})j",
      R"({"actions":{"crm.find@7":[{"result":1}]}})");
  EXPECT_EQ(report.root().status, "SUCCEEDED");
}

TEST(Simulate, RunsPureActionsUnlessTheyAreMocked) {
  const std::string steps =
      R"j({"id":"p","type":"action.call","onError":{"policy":"continue"},"config":{"actionId":"transform.sha256","version":1,
          "inputMapping":{"text":"a"},"saveAs":"vars.p"}})j";
  EXPECT_EQ(json::to_text(vars(play(steps))),
            R"({"p":"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"})");
  const Report mocked = play(steps, R"({"actions":{"transform.sha256@1":{"result":"x"}}})");
  EXPECT_EQ(json::to_text(vars(mocked)), R"({"p":"x"})");
  EXPECT_THAT(mocked.side_effects, IsEmpty());
}

TEST(Simulate, RoutesAnEventByNameAndKey) {
  const Report report = play(
      kWait,
      R"({"events":[{"atMs":10,"eventId":"1","eventName":"E","correlationKey":"other","payload":{}},
                  {"atMs":20,"eventId":"2","eventName":"E","correlationKey":"k","payload":{"x":1}}]})");
  EXPECT_EQ(report.root().status, "SUCCEEDED");
  EXPECT_EQ(report.root().waits[0].matched_event_id, "2");
  EXPECT_EQ(report.root().waits[0].closed_at.value() - report.origin, 20);
}

TEST(Simulate, EndsAWaitAtItsTimeout) {
  const Report report = play(kWait);
  EXPECT_EQ(report.root().error->category, "TimeoutError");
  EXPECT_EQ(report.ended_at - report.origin, 1000);
}

TEST(Simulate, StaysWaitingWhenNothingCanWakeIt) {
  const Report report = play(kTask);
  EXPECT_EQ(report.root().status, "WAITING");
  EXPECT_FALSE(report.root().waits[0].outcome.has_value());
}

TEST(Simulate, RefusesAWrongAnswerAndTakesTheNext) {
  const Report report =
      play(kTask, R"({"answers":[{"atMs":5,"stepPath":"root.steps[0]","response":{}},
                  {"atMs":9,"stepPath":"root.steps[0]","response":{"ok":true}}]})");
  EXPECT_EQ(report.root().status, "SUCCEEDED");
  EXPECT_EQ(report.ended_at - report.origin, 9);
  EXPECT_THAT(report.warnings, ElementsAre(HasSubstr("answers[0]: refused")));
}

TEST(Simulate, HoldsAnAnswerUntilItsTaskOpens) {
  const Report report = play(
      R"j({"id":"p","type":"time.wait","config":{"mode":"duration","durationMs":50}},)j" + kTask,
      R"({"answers":[{"atMs":5,"stepPath":"root.steps[1]","response":{"ok":true}}]})");
  EXPECT_EQ(report.root().status, "SUCCEEDED");
  EXPECT_EQ(report.ended_at - report.origin, 50);
  EXPECT_THAT(report.warnings, IsEmpty());
}

TEST(Simulate, PlaysAChildOnTheSameClock) {
  const Report report = play(
      R"j({"id":"c","type":"control.callWorkflow","workflowId":"sub","workflowVersion":2,"inputMapping":{"x":{"$expr":"payload.n"}},
          "outputMapping":{"vars.y":{"$expr":"childRun.vars.z"}}})j",
      R"j({"children":{"sub@2":{"id":"sub","version":2,"name":"s","payloadSchemaRef":"payload.Any.v1","steps":[
          {"id":"w","type":"time.wait","config":{"mode":"duration","durationMs":70}},
          {"id":"s","type":"transform.assign","config":{"assign":{"vars.z":{"$expr":"payload.x + 1"}}}}]}}})j");
  EXPECT_EQ(report.root().status, "SUCCEEDED");
  EXPECT_EQ(json::to_text(vars(report)), R"({"y":2})");
  EXPECT_EQ(report.ended_at - report.origin, 70);
  ASSERT_EQ(report.runs.size(), 2U);
  EXPECT_EQ(report.runs[1].status, "SUCCEEDED");
}

TEST(Simulate, CancelsTheRunAndItsChild) {
  const Report report = play(
      R"j({"id":"c","type":"control.callWorkflow","workflowId":"sub","workflowVersion":2})j",
      R"j({"cancelAtMs":30,"children":{"sub@2":{"id":"sub","version":2,"name":"s","payloadSchemaRef":"payload.Any.v1","steps":[
          {"id":"w","type":"time.wait","config":{"mode":"duration","durationMs":70}}]}}})j");
  EXPECT_EQ(report.root().status, "CANCELED");
  EXPECT_EQ(report.runs[1].status, "CANCELED");
  EXPECT_EQ(report.ended_at - report.origin, 30);
}

TEST(Simulate, ContinuesAsNewWhenTheMachineAsks) {
  const Report report = play(
      R"j({"id":"l","type":"control.forEach","items":{"$expr":"[1..600]"},"itemVar":"i","body":[
          {"id":"s","type":"transform.assign","config":{"assign":{"vars.sum":{"$expr":"coalesce(vars.sum, 0) + i"}}}}]})j");
  EXPECT_EQ(report.root().status, "SUCCEEDED");
  EXPECT_EQ(json::to_text(vars(report)), R"({"sum":180300})");
  EXPECT_EQ(report.root().histories, 3U);
}

TEST(Simulate, GivesTheSameReportTwice) {
  const std::string fixtures = R"({"actions":{"act@1":{"error":{"message":"no"}}}})";
  EXPECT_EQ(json::to_text(to_json(play(kAct, fixtures))),
            json::to_text(to_json(play(kAct, fixtures))));
}

TEST(Fixtures, CountTimesFromTheStartOrAsInstants) {
  const auto from_text =
      read_fixtures(json::parse(R"({"startAt":"2026-03-01T00:00:00Z","cancelAtMs":5})").value());
  EXPECT_EQ(from_text->cancel_at, from_text->start_at + 5);
  EXPECT_EQ(from_text->origin, from_text->start_at);
  const auto instants =
      read_fixtures(json::parse(R"({"startAt":1700000000000,"cancelAtMs":1700000000005})").value());
  EXPECT_EQ(instants->cancel_at, 1'700'000'000'005);
  EXPECT_EQ(instants->origin, 0);
}

TEST(Fixtures, RefuseTimesThatNobodyCouldWrite) {
  const auto read = read_fixtures(json::parse(R"({"cancelAtMs":9000000000000000000})").value());
  ASSERT_FALSE(read.has_value());
  EXPECT_THAT(read.error().message, HasSubstr("fixtures.cancelAtMs"));
}

TEST(Fixtures, ReportEveryPlaceThatIsWrong) {
  const auto read = read_fixtures(
      json::parse(R"({"strat":1,"actions":{"act":[]},"events":[{"atMs":"x"}],"cancelAtMs":-1})")
          .value());
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, "FIXTURES_INVALID");
  for (const char* part :
       {"fixtures.strat: unknown field", "fixtures.actions.act", "fixtures.events[0].atMs",
        "fixtures.events[0].eventName: missing", "fixtures.cancelAtMs"}) {
    EXPECT_THAT(read.error().message, HasSubstr(part));
  }
}

TEST(Prepare, FindsWhatIsWrongInAChild) {
  const TestOffers offers;
  const auto read = read_fixtures(json::parse(R"({"children":{"sub@1":{"steps":[]}}})").value());
  const Prepared prepared =
      prepare(json::parse(definition_of(kAct)).value(), *read, {offers, offers});
  EXPECT_EQ(prepared.program, nullptr);
  EXPECT_THAT(prepared.findings.back().path, testing::StartsWith("children.sub@1: "));
}

}  // namespace
}  // namespace fermata::simulate
