#include "worker/repair_times.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fermata::worker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Spool::Entry kFirst{RunId("a"), 1};
const Spool::Entry kSecond{RunId("b"), 2};

std::vector<std::string> runs(const std::vector<Spool::Entry>& entries) {
  std::vector<std::string> names;
  for (const Spool::Entry& entry : entries) names.push_back(entry.run.text);
  return names;
}

TEST(RepairTimes, WhatFailsWaitsLongerEachTimeUpToABound) {
  RepairTimes times;
  TimeMs now = 0;
  std::vector<std::int64_t> pauses;
  for (int i = 0; i < 8; ++i) {
    EXPECT_THAT(runs(times.now_due({kFirst, kSecond}, now)), ElementsAre("a", "b"));
    times.put_off(kFirst, RepairTimes::Hope::Soon, now);
    const TimeMs failed_at = now;
    while (runs(times.now_due({kFirst, kSecond}, now)).size() < 2) now += 500;
    pauses.push_back(now - failed_at);
  }
  EXPECT_THAT(pauses, ElementsAre(1'000, 2'000, 4'000, 8'000, 16'000, 32'000, 60'000, 60'000));
}

TEST(RepairTimes, WhatTimeDoesNotMendIsTriedRarely) {
  RepairTimes times;
  times.put_off(kFirst, RepairTimes::Hope::Rarely, 0);
  EXPECT_THAT(times.now_due({kFirst}, RepairTimes::kRarelyMs - 1), IsEmpty());
  EXPECT_THAT(runs(times.now_due({kFirst}, RepairTimes::kRarelyMs)), ElementsAre("a"));
}

TEST(RepairTimes, ARunThatWasNotedAgainIsTriedAtOnce) {
  RepairTimes times;
  times.put_off(kFirst, RepairTimes::Hope::Rarely, 0);
  EXPECT_THAT(runs(times.now_due({{RunId("a"), 3}}, 1)), ElementsAre("a"));
  times.put_off({RunId("a"), 3}, RepairTimes::Hope::Soon, 1);
  EXPECT_THAT(runs(times.now_due({{RunId("a"), 3}}, 1'001)), ElementsAre("a"));
}

}  // namespace
}  // namespace fermata::worker
