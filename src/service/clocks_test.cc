#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "calendar/cron.h"
#include "calendar/instant.h"
#include "json/parse.h"
#include "service/fire_decision.h"
#include "service/zones.h"

namespace fermata::service {
namespace {

using definition::DayFilter;
using definition::OverlapPolicy;
using definition::RecurringTrigger;

TimeMs at(const char* text) {
  return *calendar::parse_instant(text);
}

FireDecision decided(const RecurringTrigger& trigger, const char* time, std::int64_t active = 0,
                     bool is_paused = false) {
  const definition::Trigger any = trigger;
  const auto zone = *system_zone("Europe/Berlin");
  const auto calendar = *read_calendar(*json::parse(R"({"holidays":["2026-12-25"]})"));
  return decide_fire({any, at(time), is_paused, active, *zone, calendar});
}

TEST(FireDecision, FollowsDaysAsTheZoneCountsThem) {
  RecurringTrigger business;
  business.day_filter = DayFilter::Business;
  // Friday the 25th in Berlin, though Thursday in UTC; a holiday.
  EXPECT_EQ(decided(business, "2026-12-24T23:30:00Z").reason, "the day is a holiday");
  EXPECT_EQ(decided(business, "2026-12-24T22:30:00Z").verdict, FireVerdict::Launch);
  EXPECT_EQ(decided(business, "2026-12-26T10:00:00Z").reason, "the day is of a weekend");
  RecurringTrigger others;
  others.day_filter = DayFilter::NonBusiness;
  EXPECT_EQ(decided(others, "2026-12-25T10:00:00Z").verdict, FireVerdict::Launch);
  EXPECT_EQ(decided(others, "2026-12-23T10:00:00Z").reason, "the day is a business day");
}

TEST(FireDecision, FollowsThePolicyWhileARunHasNotEnded) {
  RecurringTrigger trigger;
  const char* const now = "2026-12-23T10:00:00Z";
  EXPECT_EQ(decided(trigger, now, 1).verdict, FireVerdict::Launch);
  trigger.overlap = OverlapPolicy::Skip;
  EXPECT_EQ(decided(trigger, now, 1).verdict, FireVerdict::Skip);
  EXPECT_EQ(decided(trigger, now, 0).verdict, FireVerdict::Launch);
  trigger.overlap = OverlapPolicy::Queue;
  EXPECT_EQ(decided(trigger, now, 1).verdict, FireVerdict::Hold);
  EXPECT_EQ(decided(trigger, now, 0, true).reason, "the workflow is paused");
}

TEST(Calendar, IsReadOrRefused) {
  const auto calendar = read_calendar(*json::parse(R"({"weekend":[5,6]})"));
  ASSERT_TRUE(calendar.has_value());
  EXPECT_THAT(calendar->weekend, testing::ElementsAre(5, 6));
  for (const char* text : {"[]", R"({"holidays":"x"})", R"({"holidays":["25.12.2026"]})",
                           R"({"weekend":[7]})", R"({"holidays":["2026-12-25T00:00Z"]})"}) {
    const auto refused = read_calendar(*json::parse(text));
    ASSERT_FALSE(refused.has_value()) << text;
    EXPECT_EQ(refused.error().code, "CALENDAR_INVALID");
  }
}

// 02:30 is left out on 2026-03-29 and comes twice on 2026-10-25.
TEST(SystemZone, ShowsFiresOverDaylightSavingChanges) {
  const auto zone = *system_zone("Europe/Berlin");
  const auto cron = *calendar::parse_cron("30 2 * * *").cron;
  const auto fires = [&](const char* after) {
    std::vector<std::string> texts;
    for (const TimeMs fire : calendar::next_fires(cron, *zone, at(after), 3))
      texts.push_back(calendar::format_instant(fire));
    return texts;
  };
  EXPECT_THAT(fires("2026-03-28T00:00:00Z"),
              testing::ElementsAre("2026-03-28T01:30:00.000Z", "2026-03-30T00:30:00.000Z",
                                   "2026-03-31T00:30:00.000Z"));
  EXPECT_THAT(fires("2026-10-24T12:00:00Z"),
              testing::ElementsAre("2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z",
                                   "2026-10-26T01:30:00.000Z"));
  EXPECT_EQ(system_zone("Mars/Olympus").error().code, "ZONE_UNKNOWN");
}

}  // namespace
}  // namespace fermata::service
