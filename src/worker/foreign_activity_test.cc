#include "worker/foreign_activity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "json/parse.h"
#include "json/text.h"
#include "service/contract.h"

namespace fermata::worker {
namespace {

interpreter::RunAction action(std::string_view input) {
  interpreter::RunAction made;
  made.seq = 7;
  made.action_id = "temporal.activity";
  made.execution = definition::ExecutionClass::Durable;
  made.idempotency_key = "k";
  made.timeout_ms = 1'000;
  made.input = *json::parse(input);
  return made;
}

TEST(ForeignActivity, IsScheduledOnceUnderItsKeyOnTheOthersQueue) {
  const auto made = schedule_foreign(
      action(R"({"taskQueue": "q", "activityType": "resize", "arguments": [1, null]})"));
  const auto& command = std::get<temporal::ScheduleActivity>(made);
  EXPECT_EQ(command.task_queue, "q");
  EXPECT_EQ(command.activity_type, "resize");
  EXPECT_EQ(command.activity_id, "k");
  EXPECT_EQ(command.arguments.size(), 2U);
  EXPECT_EQ(command.schedule_to_close_timeout_ms, 1'000);
  EXPECT_EQ(command.retry.maximum_attempts, 1);
}

TEST(ForeignActivity, RefusesWhatNoWorkerCouldRun) {
  const auto code_of = [](std::string_view input) {
    return std::get<interpreter::RunError>(schedule_foreign(action(input))).code;
  };
  EXPECT_EQ(code_of(R"({"taskQueue": "q"})"), "INPUT_INVALID");
  EXPECT_EQ(code_of(R"({"taskQueue": "", "activityType": "a"})"), "INPUT_INVALID");
  EXPECT_EQ(code_of(R"({"taskQueue": "q", "activityType": "a", "arguments": {}})"),
            "INPUT_INVALID");
  EXPECT_EQ(code_of(R"({"taskQueue": "workflow-runtime-v2", "activityType": "a"})"),
            "QUEUE_RESERVED");
}

TEST(ForeignActivity, EachArgumentSaysWhereItsSecretsStand) {
  interpreter::RunAction made = action(
      R"({"taskQueue": "q", "activityType": "a",
          "arguments": [{"key": {"$secret": "K"}, "data": {"$secret": "K"}}, {"$secret": "K"}, 3]})");
  made.secret_places = {"/arguments/0/key", "/arguments/1"};
  const auto command = std::get<temporal::ScheduleActivity>(schedule_foreign(made));
  std::vector<std::string> told;
  for (const temporal::Payload& argument : command.arguments)
    told.push_back(json::to_text(marked_secret_places(argument).value()));
  EXPECT_THAT(told, testing::ElementsAre(R"(["/key"])", R"([""])", "[]"));
  EXPECT_EQ(marked_secret_places(temporal::to_payload(json::Value(1))), std::nullopt);
}

TEST(ForeignActivity, IsTriedMoreAndMoreSeldomWhileNoKeyOpensIt) {
  EXPECT_EQ(sealed_delay_ms(1), 1'000);
  EXPECT_EQ(sealed_delay_ms(2), 2'000);
  EXPECT_EQ(sealed_delay_ms(11), 600'000);
  EXPECT_EQ(sealed_delay_ms(4'000'000'000), 600'000);
}

TEST(ForeignActivity, TheOthersErrorTypeIsTheCode) {
  temporal::Failure failure;
  failure.type = "ValueError";
  failure.message = "no such picture";
  failure.details = {temporal::to_payload(*json::parse(R"({"id": 3})"))};
  const interpreter::RunError error = foreign_error_of(failure);
  EXPECT_EQ(error.category, "ActionError");
  EXPECT_EQ(error.code, "ValueError");
  EXPECT_EQ(error.message, "no such picture");
  EXPECT_EQ(error.details, *json::parse(R"({"id": 3})"));
}

}  // namespace
}  // namespace fermata::worker
