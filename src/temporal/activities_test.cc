// Activities against a real dev server: remote and local ones, tried again, canceled, fallen mute.
#include "temporal/scripted_worker.h"

#include <gmock/gmock.h>

namespace fermata::temporal {
namespace {

ScheduleActivity remote(const std::string& queue, const std::string& input) {
  ScheduleActivity activity;
  activity.seq = 1;
  activity.activity_id = "1";
  activity.activity_type = "echo";
  activity.task_queue = queue;
  activity.arguments = {to_payload(json::Value(input))};
  activity.start_to_close_timeout_ms = 30'000;
  activity.retry.initial_interval_ms = 10;
  return activity;
}

ScheduleLocalActivity local(const std::string& input) {
  ScheduleLocalActivity activity;
  activity.seq = 1;
  activity.activity_id = "1";
  activity.activity_type = "echo";
  activity.arguments = {to_payload(json::Value(input))};
  activity.start_to_close_timeout_ms = 30'000;
  activity.retry.initial_interval_ms = 10;
  activity.local_retry_threshold_ms = 10'000;
  return activity;
}

// Asks for one activity, and ends as it does. A signal asks for its cancel.
Script asks_for(const Command& activity) {
  return [activity](const Job& job) -> std::vector<Command> {
    if (as<InitializeWorkflow>(job) != nullptr) return {activity};
    if (const auto* done = as<ResolveActivity>(job)) return finish_with(*done);
    if (as<SignalWorkflow>(job) == nullptr) return {};
    if (std::holds_alternative<ScheduleActivity>(activity)) return {RequestCancelActivity{1}};
    return {RequestCancelLocalActivity{1}};
  };
}

TEST(TemporalActivities, RemoteOnesRetryUntilTheySucceed) {
  ScriptedWorker worker(asks_for(remote("RemoteOnesRetryUntilTheySucceed", "fail")));
  EXPECT_EQ(worker.outcome(worker.start()), "\"fail\"");
  EXPECT_EQ(worker.attempts, 3);
}

TEST(TemporalActivities, AFailureKeepsTypeAndDetails) {
  ScriptedWorker worker(asks_for(local("refuse")));
  const auto result = worker.result(worker.start());
  EXPECT_EQ(std::get<ResultFailed>(result).failure.type, "Refused");
  EXPECT_EQ(std::get<ResultFailed>(result).failure.details.front().data, R"({"code":7})");
}

TEST(TemporalActivities, ThatFallMuteAreTriedAgainAndToldWhatWasShown) {
  ScheduleActivity activity = remote("ThatFallMuteAreTriedAgainAndToldWhatWasShown", "fall mute");
  activity.heartbeat_timeout_ms = 500;
  ScriptedWorker worker(asks_for(activity));
  const WorkflowRef run = worker.start();
  EXPECT_EQ(worker.outcome(run), "\"half\"");
  EXPECT_EQ(worker.attempts, 2);
  EXPECT_THAT(history_text(run), testing::HasSubstr("TIMEOUT_TYPE_HEARTBEAT"));
}

TEST(TemporalActivities, ThatShowTheyLiveAreNotGivenUpAndHearOfTheirCancel) {
  ScheduleActivity activity = remote("ThatShowTheyLiveAreNotGivenUpAndHearOfTheirCancel", "hang");
  activity.heartbeat_timeout_ms = 1'000;
  activity.retry.maximum_attempts = 1;
  ScriptedWorker worker(asks_for(activity));
  const WorkflowRef run = worker.start();
  ASSERT_TRUE(comes_about([&] { return worker.attempts == 1; }));
  // Longer than it may be mute.
  std::this_thread::sleep_for(std::chrono::milliseconds(2'500));
  EXPECT_EQ(world().client->describe(run)->pending_activities, 1);
  worker.signal(run, "cancel");
  EXPECT_EQ(worker.outcome(run), "failed: canceled");
  EXPECT_EQ(worker.cancels, 1);
  EXPECT_THAT(history_text(run), testing::HasSubstr("EVENT_TYPE_ACTIVITY_TASK_CANCELED"));
}

TEST(TemporalActivities, TimeOutForGoodWhenNoAttemptIsLeft) {
  ScheduleActivity activity = remote("nobody", "never");
  activity.schedule_to_start_timeout_ms = 200;
  ScriptedWorker worker(asks_for(activity));
  const WorkflowRef run = worker.start();
  EXPECT_TRUE(std::holds_alternative<ResultFailed>(worker.result(run)));
  EXPECT_THAT(history_text(run), testing::HasSubstr("TIMEOUT_TYPE_SCHEDULE_TO_START"));
}

TEST(TemporalLocalActivities, CostOneEventAndRetryLocally) {
  ScriptedWorker worker(asks_for(local("fail")));
  const WorkflowRef run = worker.start();
  EXPECT_EQ(worker.outcome(run), "\"fail\"");
  EXPECT_EQ(worker.attempts, 3);
  EXPECT_EQ(world().client->describe(run)->history_length, 6);
}

TEST(TemporalLocalActivities, HearOfTheirCancel) {
  ScriptedWorker worker(asks_for(local("hang")));
  StartWorkflow request = worker.start_request();
  // A signal is seen when Core sends an empty task to keep the one that waits: at 80 % of this.
  request.task_timeout_ms = 1'000;
  const WorkflowRef run = worker.start(request);
  ASSERT_TRUE(comes_about([&] { return worker.attempts == 1; }));
  worker.signal(run, "cancel");
  EXPECT_EQ(worker.outcome(run), "failed: canceled");
  EXPECT_EQ(worker.attempts, 1);
  EXPECT_EQ(worker.cancels, 1);
  const std::string history = history_text(run);
  EXPECT_THAT(history, testing::HasSubstr("EVENT_TYPE_MARKER_RECORDED"));
  EXPECT_THAT(history, testing::Not(testing::HasSubstr("EVENT_TYPE_ACTIVITY_TASK")));
}

}  // namespace
}  // namespace fermata::temporal
