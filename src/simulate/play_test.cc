// Simulations up to a place, and within limits.
#include "simulate/play.h"

#include <gtest/gtest.h>

#include "json/parse.h"
#include "json/text.h"
#include "simulate/render.h"
#include "simulate/test_stage.h"

namespace fermata::simulate {
namespace {

class NamesOnly final : public FormCheck {
 public:
  [[nodiscard]] std::vector<std::string> problems(const json::Value& schema,
                                                  const json::Value& answer) const override {
    const json::Value* name = json::find(schema, "required");
    if (name == nullptr || json::find(answer, name->get_array()[0].get_string()) != nullptr)
      return {};
    return {"a member is missing"};
  }
};

constexpr std::string_view kDocument =
    R"j({"id":"w","version":1,"name":"w","payloadSchemaRef":"payload.Any.v1","steps":[
      {"id":"a","type":"transform.assign","config":{"assign":{"vars.x":{"$expr":"payload.n"}}}},
      {"id":"l","type":"control.forEach","items":{"$expr":"[1..3]"},"itemVar":"i","body":[
        {"id":"b","type":"transform.assign","config":{"assign":{"vars.x":{"$expr":"x + i"}}}},
        {"id":"c","type":"time.wait","config":{"mode":"duration","durationMs":10}}]},
      {"id":"d","type":"action.call","config":{"actionId":"act","version":1,"inputMapping":{"n":{"$expr":"x"}}}}]})j";

Result<Played> ask(const std::optional<std::string>& up_to, const PlayLimits& limits = {},
                   const std::string& fixtures = R"({"actions":{"act@1":[{"result":1}]}})") {
  const TestOffers offers;
  const NamesOnly forms;
  return play(
      {json::parse(kDocument).value(), json::parse(R"({"n":1})").value(),
       json::parse(fixtures).value(), up_to},
      {.offers = {offers, offers}, .pure_actions = offers, .form_check = forms, .limits = limits});
}

// Status, the last step begun, x.
std::string end_of(const Result<Played>& played) {
  const RunReport& run = played->report->root();
  return run.status + " " + run.steps.back().id + " " +
         json::to_text(run.scopes.at("vars").at("x"));
}

TEST(Play, StopsBeforeAStepTheFirstTimeItIsThere) {
  EXPECT_EQ(end_of(ask("root.steps[1].body.steps[1]")), "STOPPED b 2");
  EXPECT_EQ(end_of(ask("root.steps[2]")), "STOPPED c 7");
  EXPECT_EQ(end_of(ask(std::nullopt)), "SUCCEEDED d 7");
  const auto first = ask("root.steps[0]");
  EXPECT_EQ(first->report->root().status, "STOPPED");
  EXPECT_TRUE(first->report->root().steps.empty());
}

TEST(Play, AStoppedRunShowsWhatTheStepSees) {
  const json::Value shown = to_json(*ask("root.steps[1].body.steps[1]")->report);
  EXPECT_EQ(shown.at("scopes").at("local").at("item"), 1);
  EXPECT_EQ(shown.at("scopes").at("layers").at(1).at("x"), 2);
  EXPECT_EQ(shown.at("scopes").at("system").at("workflowId"), "w");
}

TEST(Play, AStepThatIsNotThereIsAnError) {
  EXPECT_EQ(ask("root.steps[7]").error().code, "NOT_FOUND");
}

TEST(Play, LimitsEndIt) {
  const auto code_of = [](const PlayLimits& limits) {
    const auto played = ask(std::nullopt, limits);
    const auto& error = played->report->root().error;
    return error ? error->code + " " + error->message : std::string();
  };
  EXPECT_EQ(code_of({.steps = 4}), "SIMULATION_TOO_LONG more than 4 steps");
  EXPECT_EQ(code_of({.activations = 2}), "SIMULATION_TOO_LONG more than 2 activations");
  EXPECT_EQ(code_of({.bytes = 3}), "SIMULATION_TOO_LONG more than 3 bytes of inputs");
  EXPECT_EQ(code_of({.activations = 5, .steps = 9, .bytes = 7}), "");
}

TEST(Play, TheSumOfWhatExpressionsTakeIsBoundedWhateverIsCaught) {
  constexpr std::string_view kCostly =
      R"j({"id":"w","version":1,"name":"w","payloadSchemaRef":"payload.Any.v1","steps":[
        {"id":"l","type":"control.forEach","items":{"$expr":"[1..100]"},"itemVar":"i","body":[
          {"id":"t","type":"control.tryCatch","try":[{"id":"b","type":"transform.assign","config":{"assign":{
            "vars.x":{"$expr":"$sum($map([1..1000], function($n) { $n * i }))"}}}}],"catch":[]}]}]})j";
  const auto play_within = [&](std::uint64_t expression_steps) {
    const TestOffers offers;
    const NamesOnly forms;
    return play({json::parse(kCostly).value(), json::Object{}, nullptr, std::nullopt},
                {.offers = {offers, offers},
                 .pure_actions = offers,
                 .form_check = forms,
                 .limits = {.expression_steps = expression_steps}});
  };
  EXPECT_EQ(play_within(UINT64_MAX)->report->root().status, "SUCCEEDED");
  EXPECT_EQ(play_within(10'000'000)->report->root().status, "SUCCEEDED");
  const auto stopped = play_within(20'000);
  const auto& error = stopped->report->root().error;
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code + " " + error->message,
            "SIMULATION_TOO_LONG more than 20000 steps inside of expressions");
}

TEST(Play, WhatTheActionsAnsweredIsInTheReport) {
  const json::Value shown = to_json(*ask(std::nullopt)->report);
  EXPECT_EQ(shown.at("sideEffects").at(0).at("output"), 1);
  const auto failed =
      ask(std::nullopt, {},
          R"({"actions":{"act@1":[{"error":{"category":"ActionError","code":"NO"}}]}})");
  EXPECT_EQ(to_json(*failed->report).at("sideEffects").at(0).at("error").at("code"), "NO");
}

}  // namespace
}  // namespace fermata::simulate
