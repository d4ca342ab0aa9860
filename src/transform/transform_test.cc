#include "transform/transform.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "json/parse.h"
#include "json/text.h"

namespace fermata::transform {
namespace {

std::string run(std::string_view id, std::string_view input) {
  const auto all = pure_actions();
  const auto action = std::ranges::find(all, id, &PureAction::id);
  const Output output = action->run(*json::parse(input));
  if (const auto* failure = std::get_if<Failure>(&output))
    return failure->category + " " + failure->code;
  return json::to_text(std::get<json::Value>(output));
}

TEST(Transform, DoesWhatEachNameSays) {
  EXPECT_EQ(run("transform.merge", R"({"objects":[{"a":1,"b":1},{"b":2}]})"), R"({"a":1,"b":2})");
  EXPECT_EQ(run("transform.pick", R"({"object":{"a":1,"b":2},"keys":["b"]})"), R"({"b":2})");
  EXPECT_EQ(run("transform.omit", R"({"object":{"a":1,"b":2},"keys":["b"]})"), R"({"a":1})");
  EXPECT_EQ(run("transform.parse_json", R"({"text":"[1]"})"), "[1]");
  EXPECT_EQ(run("transform.stringify_json", R"({"value":{"a":[1]}})"), R"("{\"a\":[1]}")");
  EXPECT_EQ(run("transform.sha256", R"({"text":""})").substr(0, 9), "\"e3b0c442");
  EXPECT_EQ(run("workflow.fail", R"({"code":"NO","message":"m"})"), "ActionError NO");
}

TEST(Transform, RefusesInputOfTheWrongForm) {
  EXPECT_EQ(run("transform.merge", R"({"objects":[1]})"), "ValidationError INPUT_INVALID");
  EXPECT_EQ(run("transform.pick", R"({"object":1})"), "ValidationError INPUT_INVALID");
  EXPECT_EQ(run("transform.parse_json", R"({"text":"{"})"), "ValidationError JSON_INVALID");
}

TEST(Transform, ActionsStandInOrderAndTheirSchemasAreJson) {
  const auto all = pure_actions();
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &PureAction::id));
  for (const PureAction& action : all) {
    EXPECT_TRUE(json::parse(action.input_schema).has_value()) << action.id;
    EXPECT_TRUE(json::parse(action.output_schema).has_value()) << action.id;
  }
}

}  // namespace
}  // namespace fermata::transform
