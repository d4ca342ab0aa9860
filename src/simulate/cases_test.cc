// Test files: reading, playing, comparing, counting what was reached.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulate/coverage.h"
#include "simulate/test_case.h"
#include "simulate/test_stage.h"

namespace fermata::simulate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kSteps = R"j(
  {"id":"ask","type":"action.call","config":{"actionId":"act","version":1,"inputMapping":{},"saveAs":"vars.n"}},
  {"id":"big","type":"control.if","condition":{"$expr":"vars.n > payload.limit"},
   "then":[{"id":"many","type":"state.set","config":{"state":"MANY"}}]})j";

Result<TestFile> read(std::string_view text) {
  return read_test_file(json::parse(text).value(), [](const std::string& file) {
    return file == "input.json"
               ? Result<json::Value>(json::Value(json::Object{{"limit", 5}}))
               : Result<json::Value>(make_error(ErrorKind::NotFound, "NO_FILE", file));
  });
}

class Cases : public testing::Test {
 protected:
  Prepared prepare_for(const TestCase& test) {
    return prepare(json::parse(definition_of(kSteps)).value(), test.fixtures, {offers_, offers_});
  }
  std::vector<std::string> problems(std::string_view expect, std::string_view more = "") {
    const auto file = read(format(
        R"({{"input":"input.json","actions":{{"act@1":{{"result":7,"delayMs":20}}}},"cases":[{{"name":"x",{}"expect":{}}}]}})",
        more, expect));
    EXPECT_TRUE(file.has_value()) << (file.has_value() ? "" : file.error().message);
    if (!file.has_value()) return {"no file"};
    const TestCase& test = file->cases.front();
    return play_case(test, prepare_for(test), {offers_, nullptr}).problems;
  }
  TestOffers offers_;
};

TEST_F(Cases, PassWhenAllIsAsExpected) {
  EXPECT_THAT(
      problems(
          R"({"status":"SUCCEEDED","path":["ask","root.steps[1]","many"],"outputs":{"vars":{"n":7},"meta":{"state":"MANY"}},
              "sideEffects":[{"action":"act@1","attempt":1}],"times":{"ask":20,"big":{"startedAtMs":20,"durationMs":0}},"endedAtMs":20})"),
      IsEmpty());
}

TEST_F(Cases, SayEverythingThatIsNotAsExpected) {
  EXPECT_THAT(
      problems(
          R"({"status":"FAILED","path":["ask","many"],"outputs":{"vars":{"n":8,"m":1}},"sideEffects":[],"times":{"ask":21,"gone":1}})"),
      ElementsAre("status is SUCCEEDED, expected FAILED", "path: step 2 is `big`, expected `many`",
                  "outputs.vars.n is 7, expected 8", "outputs.vars.m is missing",
                  HasSubstr("sideEffects is ["), "times: ask.finishedAtMs is 20, expected 21",
                  "times: step `gone` never ran"));
}

TEST_F(Cases, ExpectAnErrorOfARunThatFails) {
  EXPECT_THAT(problems(R"({"error":{"code":"X"},"status":"FAILED"})",
                       R"("actions":{"act@1":{"error":{"code":"X","message":"no"}}},)"),
              IsEmpty());
  EXPECT_THAT(problems(R"({"error":{"code":"X"}})"), ElementsAre(HasSubstr("error is null")));
}

TEST_F(Cases, AddFaultsToTheFixtures) {
  EXPECT_THAT(problems(R"({"endedAtMs":120})", R"("faults":{"slowActionsMs":100},)"), IsEmpty());
  EXPECT_THAT(problems(R"({"error":{"code":"INJECTED"}})", R"("faults":{"failingAttempts":1},)"),
              IsEmpty());
  EXPECT_THAT(problems(R"({"status":"SUCCEEDED","endedAtMs":20})",
                       R"("faults":{"duplicates":true,"newHistories":true},)"),
              IsEmpty());
}

TEST(TestFiles, ReportEveryPlaceThatIsWrong) {
  const auto file = read(
      R"([{"name":"a","expct":{}},{"name":"a","expect":{"times":{"x":{"startMs":1}}}},{"faults":{"crash":1}}])");
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().code, "TEST_FILE_INVALID");
  for (const char* part :
       {"cases[0].expct: unknown field", "cases[1].name: another case has this name",
        "cases[1].expect.times.x.startMs: unknown field", "cases[2].name: missing",
        "cases[2].faults.crash: unknown field"}) {
    EXPECT_THAT(file.error().message, HasSubstr(part));
  }
}

TEST(TestFiles, NameTheFileThatCannotBeRead) {
  const auto file = read(R"([{"name":"a","children":{"x@1":"gone.json"}}])");
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().message, "gone.json");
}

TEST_F(Cases, CountStepsAndBranches) {
  const auto file = read(R"([{"name":"few","input":{"limit":9},"actions":{"act@1":{"result":7}}},
               {"name":"many","input":{"limit":1},"actions":{"act@1":{"result":7}}}])");
  const Prepared prepared = prepare_for(file->cases[0]);
  Coverage coverage(*prepared.program);
  coverage.take(play_case(file->cases[0], prepared, {offers_, nullptr}).report.root());
  EXPECT_EQ(
      coverage.text(),
      "2 of 3 steps, 1 of 2 branches\n  never ran: many\n  never taken: root.steps[1].then\n");
  coverage.take(play_case(file->cases[1], prepared, {offers_, nullptr}).report.root());
  EXPECT_EQ(coverage.text(), "3 of 3 steps, 2 of 2 branches\n");
}

}  // namespace
}  // namespace fermata::simulate
