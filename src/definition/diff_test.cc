#include "definition/diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "foundation/format.h"
#include "json/parse.h"
#include "json/text.h"

namespace fermata::definition {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

json::Value document(std::string_view steps, std::string_view more = "") {
  return *json::parse(format(R"({{"id":"w","version":1,"name":"W","steps":[{}]{}}})", steps, more));
}

// One line a change.
std::vector<std::string> lines(const json::Value& before, const json::Value& after) {
  std::vector<std::string> out;
  const auto add = [&](const std::string& of, const std::vector<FieldChange>& fields) {
    for (const FieldChange& field : fields)
      out.push_back(format("{} {} {}>{}", of, field.pointer,
                           field.has_before ? json::to_text(field.before) : "-",
                           field.has_after ? json::to_text(field.after) : "-"));
  };
  const Diff made = diff(before, after);
  add("root", made.fields);
  for (const StepChange& step : made.steps) {
    if (step.kind == StepChange::Kind::Added)
      out.push_back("+ " + step.step_id + " " + step.path_after);
    if (step.kind == StepChange::Kind::Removed)
      out.push_back("- " + step.step_id + " " + step.path_before);
    if (step.has_moved)
      out.push_back("~ " + step.step_id + " " + step.path_before + ">" + step.path_after);
    add(step.step_id, step.fields);
  }
  return out;
}

constexpr std::string_view kA = R"({"id":"a","type":"log","config":{"x":1,"y":[1]}})";
constexpr std::string_view kB = R"({"id":"b","type":"log"})";
constexpr std::string_view kC = R"({"id":"c","type":"log"})";

TEST(Diff, SaysNothingAboutOrderAndVersion) {
  EXPECT_THAT(lines(*json::parse(R"({"version":1,"name":"W","steps":[{"id":"a","type":"t"}]})"),
                    *json::parse(R"({"steps":[{"type":"t","id":"a"}],"name":"W","version":7})")),
              IsEmpty());
}

TEST(Diff, TellsStepsByTheirIds) {
  EXPECT_THAT(lines(document(format("{},{}", kA, kB)), document(format("{},{},{}", kA, kC, kB))),
              ElementsAre("+ c root.steps[1]"));
  EXPECT_THAT(lines(document(format("{},{},{}", kA, kB, kC)), document(format("{},{}", kA, kC))),
              ElementsAre("- b root.steps[1]"));
  EXPECT_THAT(lines(document(format("{},{}", kA, kB)), document(format("{},{}", kB, kA))),
              ElementsAre("~ b root.steps[1]>root.steps[0]", "~ a root.steps[0]>root.steps[1]"));
}

TEST(Diff, FollowsAStepIntoAnotherBlock) {
  const json::Value before =
      document(format(R"({},{{"id":"i","type":"control.if","then":[]}})", kB));
  const json::Value after = document(format(R"({{"id":"i","type":"control.if","then":[{}]}})", kB));
  EXPECT_THAT(lines(before, after), ElementsAre("~ b root.steps[0]>root.steps[0].then[0]"));
}

TEST(Diff, ListsFieldsByPointer) {
  EXPECT_THAT(lines(document(kA, R"(,"trigger":{"type":"event","eventName":"E"})"),
                    document(R"({"id":"a","type":"log","config":{"x":2,"y":[1],"z/~":null}})",
                             R"(,"description":"d")")),
              ElementsAre(R"(root /description ->"d")",
                          R"(root /trigger {"type":"event","eventName":"E"}>-)", "a /config/x 1>2",
                          "a /config/z~1~0 ->null"));
}

TEST(Diff, TakesWhatIsNoDefinition) {
  EXPECT_TRUE(diff(json::Value(1), json::Value("x")).is_empty());
  EXPECT_THAT(lines(json::Value(nullptr), *json::parse(R"({"steps":[1,{"type":"t"}]})")),
              ElementsAre("+ root.steps[1] root.steps[1]"));
}

}  // namespace
}  // namespace fermata::definition
