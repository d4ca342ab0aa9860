#include "service/rate_limit.h"

#include <gtest/gtest.h>

#include "foundation/limits.h"

namespace fermata::service {
namespace {

class HandClock final : public Clock {
 public:
  [[nodiscard]] TimeMs now() const override { return time; }
  TimeMs time = 1'000'000;
};

TEST(RateLimits, ABurstIsLetInAndThenOneForEachTokenThatCame) {
  HandClock clock;
  RateLimits rates({.per_second = 10, .burst = 3}, clock);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(rates.take("a"), std::nullopt);
  EXPECT_EQ(rates.take("a"), 100);
  clock.time += 99;
  EXPECT_EQ(rates.take("a"), 1);
  clock.time += 1;
  EXPECT_EQ(rates.take("a"), std::nullopt);
  EXPECT_EQ(rates.take("a"), 100);
}

TEST(RateLimits, ABucketDoesNotFillBeyondItsBurst) {
  HandClock clock;
  RateLimits rates({.per_second = 10, .burst = 2}, clock);
  EXPECT_EQ(rates.take("a"), std::nullopt);
  clock.time += 86'400'000;
  EXPECT_EQ(rates.take("a"), std::nullopt);
  EXPECT_EQ(rates.take("a"), std::nullopt);
  EXPECT_NE(rates.take("a"), std::nullopt);
}

TEST(RateLimits, OneCallersThirstIsNotAnothers) {
  HandClock clock;
  RateLimits rates({.per_second = 1, .burst = 1}, clock);
  EXPECT_EQ(rates.take("a"), std::nullopt);
  EXPECT_EQ(rates.take("a"), 1'000);
  EXPECT_EQ(rates.take("b"), std::nullopt);
}

TEST(RateLimits, AClockThatGoesBackGivesNothing) {
  HandClock clock;
  RateLimits rates({.per_second = 1, .burst = 1}, clock);
  EXPECT_EQ(rates.take("a"), std::nullopt);
  clock.time -= 500'000;
  EXPECT_EQ(rates.take("a"), 1'000);
}

TEST(RateLimits, WithoutARateNobodyWaits) {
  HandClock clock;
  RateLimits rates({}, clock);
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(rates.take("a"), std::nullopt);
  EXPECT_EQ(rates.buckets(), 0U);
}

TEST(RateLimits, FullBucketsAreDroppedAndEmptyOnesKept) {
  HandClock clock;
  RateLimits rates({.per_second = 1, .burst = 1}, clock);
  for (std::size_t i = 0; i + 1 < limits::kRateBucketsMax; ++i) rates.take(std::to_string(i));
  clock.time += 1'000;
  rates.take("late");
  EXPECT_EQ(rates.buckets(), limits::kRateBucketsMax);
  rates.take("one more");
  EXPECT_EQ(rates.buckets(), 2U);
  EXPECT_EQ(rates.take("late"), 1'000);
}

}  // namespace
}  // namespace fermata::service
