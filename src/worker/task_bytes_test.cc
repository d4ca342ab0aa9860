#include "worker/task_bytes.h"

#include <gtest/gtest.h>

#include <string>

#include "foundation/limits.h"
#include "worker/stamps.h"

namespace fermata::worker {
namespace {

temporal::Payload text(std::size_t bytes) {
  return temporal::to_payload(json::Value(std::string(bytes - 2, 'x')));
}

std::size_t counted(temporal::ActivityCompletion completion) {
  stamp_bytes(completion);
  temporal::ResolveActivity resolved;
  if (auto* payload = std::get_if<temporal::Payload>(&completion.result)) {
    resolved.outcome = temporal::ActivityCompleted{std::move(*payload)};
  } else {
    resolved.outcome =
        temporal::ActivityFailed{std::get<temporal::Failure>(std::move(completion.result))};
  }
  return stamped_bytes(resolved);
}

TEST(TaskBytes, TravelWithEachEnd) {
  EXPECT_EQ(counted({"token", text(1'000)}), 1'000);
  temporal::Failure failure;
  failure.message = "no";
  failure.details = {text(30), text(12)};
  EXPECT_EQ(counted({"token", failure}), 44);
}

TEST(TaskBytes, AreNoneOfWhatEndedBeforeTheyWereKept) {
  temporal::ResolveActivity resolved;
  resolved.outcome = temporal::ActivityCompleted{text(2'000'000)};
  EXPECT_EQ(stamped_bytes(resolved), 0);
  EXPECT_EQ(counted({"token", temporal::Failure{}}), 0);
}

temporal::Activation with(temporal::Job job) {
  temporal::Activation activation;
  activation.jobs.push_back(std::move(job));
  return activation;
}

temporal::Activation ended(std::size_t bytes) {
  temporal::ActivityCompletion completion{"token", text(bytes)};
  stamp_bytes(completion);
  temporal::ResolveActivity resolved;
  resolved.is_local = true;
  resolved.outcome =
      temporal::ActivityCompleted{std::get<temporal::Payload>(std::move(completion.result))};
  return with(std::move(resolved));
}

TEST(TaskBytes, BreakATaskWhenTheyAreTooMany) {
  TaskBytes bytes;
  EXPECT_FALSE(bytes.add(ended(kTaskBytesMax)));
  EXPECT_TRUE(bytes.add(ended(3)));
  const temporal::StartTimer first = bytes.take_break();
  EXPECT_TRUE(TaskBytes::is_break(first.seq));
  EXPECT_FALSE(bytes.add(ended(kTaskBytesMax)));
  bytes.sent();
  EXPECT_FALSE(bytes.add(ended(kTaskBytesMax)));
  EXPECT_NE(bytes.take_break().seq, first.seq);
}

TEST(TaskBytes, LeaveNoTimerBehindWhenAnotherTaskComesFirst) {
  TaskBytes bytes;
  EXPECT_FALSE(bytes.go_on(with(temporal::CancelWorkflow{})).has_value());
  const temporal::StartTimer first = bytes.take_break();
  EXPECT_FALSE(bytes.go_on(with(temporal::FireTimer{first.seq})).has_value());
  const temporal::StartTimer second = bytes.take_break();
  EXPECT_EQ(bytes.go_on(with(temporal::CancelWorkflow{}))->seq, second.seq);
  EXPECT_FALSE(bytes.go_on(with(temporal::CancelWorkflow{})).has_value());
}

}  // namespace
}  // namespace fermata::worker
