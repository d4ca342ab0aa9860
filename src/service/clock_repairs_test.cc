// What stands in Temporal and the database while Temporal is away or refuses, and how it is made up
// for.
#include <algorithm>
#include <set>

#include "service/bundle.h"
#include "service/clocks_fixture.h"

namespace fermata::service {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ClocksTest : public ClocksFixture {};

TEST_F(ClocksTest, MakesUpForWhatNobodyFiredOnceUnderItsKey) {
  publish(each_hour("5,6"));
  ASSERT_EQ(synced(), 1U);
  clock_.set("2030-01-07T10:05:10Z");
  EXPECT_EQ(*clocks_->catch_up(), 0U);  // Temporal's, for now
  EXPECT_TRUE(is_launched(fire("2030-01-07T10:05:00Z")));
  clock_.set("2030-01-07T10:07:30Z");
  EXPECT_EQ(*clocks_->catch_up(), 1U);
  EXPECT_THAT(fires(), ElementsAre("10:05 LAUNCHED ", "10:06 LAUNCHED 90000 ms late"));
  EXPECT_EQ(runs(), 2);
  // Whoever comes late finds it done.
  EXPECT_EQ(*clocks_->catch_up(), 0U);
  const auto again = fire("2030-01-07T10:06:00Z");
  EXPECT_EQ(text(again, "outcome"), "LAUNCHED");
  EXPECT_EQ(text(again, "runId"), store_->fires(kTenant, kId, 1)->front().run_id);
  EXPECT_EQ(runs(), 2);
}

TEST_F(ClocksTest, WritesDownWhatIsMissedWhenItsCatchUpTimeIsOver) {
  publish(each_hour("5,6", R"(,"catchUpMs":600000)"));
  clock_.set("2030-01-07T12:07:30Z");
  EXPECT_EQ(*clocks_->catch_up(), 6U);
  const std::string missed = "MISSED nothing could fire it within the catch-up time";
  EXPECT_THAT(fires(), ElementsAre("10:05 " + missed, "10:06 " + missed, "11:05 " + missed,
                                   "11:06 " + missed, "12:05 LAUNCHED 150000 ms late",
                                   "12:06 LAUNCHED 90000 ms late"));
  // Its own workflow comes when it is too late for a run, too.
  EXPECT_FALSE(is_launched(fire("2030-01-07T11:05:00Z")));
  EXPECT_THAT(fires()[2], HasSubstr("11:05 MISSED it came 3750000 ms late"));
  EXPECT_EQ(runs(), 2);
}

TEST_F(ClocksTest, ReadsPastHundredsOfFiresThatNobodyMade) {
  publish(each_hour("*/5", R"(,"catchUpMs":10000)"));
  clock_.set("2030-01-09T10:00:30Z");  // 576 fires later
  for (int round = 0; round < 12; ++round) ASSERT_TRUE(clocks_->catch_up().has_value());
  EXPECT_EQ(store_->fires(kTenant, kId, 1'000)->size(), 575U);  // the newest is Temporal's
  EXPECT_EQ(runs(), 0);
}

TEST_F(ClocksTest, SkipsWhatFallsIntoAPauseAndLaunchesNothingOfItAfterwards) {
  publish(each_hour("5,35"));
  ASSERT_EQ(synced(), 1U);
  clock_.set("2030-01-07T10:10:00Z");
  EXPECT_EQ(*clocks_->catch_up(), 1U);
  set(clock_.now());
  ASSERT_EQ(synced(), 1U);
  EXPECT_EQ(schedule(), "paused, workflow `w` version 1");
  clock_.set("2030-01-07T11:30:00Z");
  EXPECT_EQ(*clocks_->catch_up(), 2U);
  clock_.set("2030-01-07T11:35:20Z");
  EXPECT_EQ(*clocks_->catch_up(), 0U);
  ASSERT_TRUE(clocks_->note_skipped(row(), *row().settings.paused_at, "the workflow is paused")
                  .has_value());
  set(std::nullopt);
  ASSERT_EQ(synced(), 1U);
  EXPECT_EQ(schedule(), "workflow `w` version 1");
  clock_.set("2030-01-07T11:45:00Z");
  EXPECT_EQ(*clocks_->catch_up(), 0U);
  EXPECT_THAT(
      fires(),
      ElementsAre("10:05 LAUNCHED 300000 ms late", "10:35 SKIPPED the workflow is paused",
                  "11:05 SKIPPED the workflow is paused", "11:35 SKIPPED the workflow is paused"));
  // A fire that was under way all the time changes nothing of it.
  EXPECT_EQ(text(fire("2030-01-07T11:35:00Z"), "outcome"), "SKIPPED");
  EXPECT_EQ(runs(), 1);
}

TEST_F(ClocksTest, AMarkOfWhatWasSeenDoesNotHideALaterSetting) {
  publish(each_hour("5"));
  set(clock_.now());
  const store::DefinitionRow seen = row();
  set(std::nullopt);
  ASSERT_TRUE(store_->mark_schedule(seen).has_value());
  EXPECT_EQ(store_->unsynced_schedules(5)->size(), 1U);
}

// What each change leaves behind while Temporal is away, and what heals it.
TEST_F(ClocksTest, ChangesStandInTheDatabaseAndReachATemporalThatWasAway) {
  const auto gone = [&](const std::string& before, const auto& change) {
    ASSERT_EQ(synced(), store_->unsynced_schedules(5)->size());
    ASSERT_EQ(schedule(), before);
    kill_temporal();
    change();
    EXPECT_EQ(clocks_->sync().error().code, "TEMPORAL_UNAVAILABLE");
    // To be brought over, and no error of the workflow's.
    EXPECT_EQ(store_->unsynced_schedules(5)->size(), 1U);
    EXPECT_FALSE(row().schedule_error);
    start_temporal();
    EXPECT_EQ(synced(), 1U);
    EXPECT_TRUE(store_->unsynced_schedules(5)->empty());
  };
  gone("TEMPORAL_NOT_FOUND", [&] { publish(each_hour("5")); });
  gone("workflow `w` version 1", [&] { publish(each_hour("6")); });
  gone("workflow `w` version 2", [&] { set(clock_.now()); });
  gone("paused, workflow `w` version 2", [&] { set(std::nullopt); });
  gone("workflow `w` version 2",
       [&] { ASSERT_TRUE(catalog_->set_archived(kTenant, kId, true).has_value()); });
  gone("TEMPORAL_NOT_FOUND",
       [&] { ASSERT_TRUE(catalog_->set_archived(kTenant, kId, false).has_value()); });
  gone("workflow `w` version 2", [&] { publish(""); });
  EXPECT_EQ(schedule(), "TEMPORAL_NOT_FOUND");
}

TEST_F(ClocksTest, AWorkflowIsDeletedOnlyWhenItsScheduleIsGone) {
  publish(each_hour("5"));
  ASSERT_EQ(synced(), 1U);
  kill_temporal();
  ASSERT_TRUE(catalog_->set_archived(kTenant, kId, true).has_value());
  EXPECT_EQ(catalog_->remove(kTenant, kId).error().code, "WORKFLOW_IN_USE");
  start_temporal();
  ASSERT_EQ(synced(), 1U);
  EXPECT_EQ(schedule(), "TEMPORAL_NOT_FOUND");
  EXPECT_TRUE(catalog_->remove(kTenant, kId).has_value());
  // One that was on its way all the same.
  const auto late = clocks_->fire({kTenant, kId, "2030-01-07T10:05:00Z"});
  EXPECT_EQ(text(*late, "reason"), "there is no such workflow");
}

TEST_F(ClocksTest, ARefusedScheduleIsSaidTriedAgainAndHoldsUpNoOther) {
  kill_temporal();
  start_temporal("120");
  const std::string id(115, 'x');
  publish(each_hour("5", R"(,"catchUpMs":600000)"), id);
  publish(each_hour("5"));
  EXPECT_EQ(synced(), 1U);
  EXPECT_EQ(schedule(), "workflow `w` version 1");
  const auto refused = *store_->definition(kTenant, WorkflowId(id));
  ASSERT_TRUE(refused.schedule_error.has_value());
  EXPECT_EQ(text(*refused.schedule_error, "code"), "TEMPORAL_REFUSED");
  EXPECT_EQ(store_->unsynced_schedules(5)->size(), 1U);
  clock_.set("2030-01-07T11:30:00Z");
  ASSERT_TRUE(clocks_->catch_up().has_value());
  EXPECT_THAT(fires(WorkflowId(id)),
              ElementsAre(HasSubstr("10:05 MISSED its schedule was refused"),
                          HasSubstr("11:05 MISSED its schedule was refused")));
  kill_temporal();
  start_temporal();
  EXPECT_EQ(synced(), 1U);
  EXPECT_EQ(schedule(id), format("workflow `{}` version 1", id));
  EXPECT_FALSE(store_->definition(kTenant, WorkflowId(id))->schedule_error);
}

TEST_F(ClocksTest, AScheduleThatSomebodyRemovedIsMadeAgain) {
  publish(each_hour("5"));
  ASSERT_EQ(synced(), 1U);
  ASSERT_TRUE(client_->delete_schedule(schedule_id(kTenant, kId)).has_value());
  clock_.set("2030-01-07T10:06:30Z");
  EXPECT_EQ(*clocks_->catch_up(), 1U);
  EXPECT_THAT(fires(), ElementsAre("10:05 LAUNCHED 90000 ms late"));
  EXPECT_EQ(schedule(), "workflow `w` version 1");
}

TEST_F(ClocksTest, OneTimeFiresLateWhenItsScheduleCameTooLate) {
  publish(once("2030-01-07T10:01:00.500Z"));
  clock_.set("2030-01-09T10:01:00Z");
  EXPECT_EQ(synced(), 1U);
  EXPECT_THAT(fires(), ElementsAre("10:01 LAUNCHED 172800000 ms late"));
  EXPECT_EQ(schedule(), "TEMPORAL_NOT_FOUND");
  EXPECT_EQ(*clocks_->catch_up(), 0U);
  EXPECT_EQ(runs(), 1);
}

TEST_F(ClocksTest, OneTimeThatFindsNoRoomIsHeldUntilThereIsSomeAndThenDisablesItself) {
  publish(once("2030-01-07T10:05:00Z"));
  ASSERT_EQ(synced(), 1U);
  const auto other = *json::parse(
      R"({"triggerType":"schedule","scheduleId":"s","scheduledFor":"2030-01-07T10:00:00Z","firedAt":"2030-01-07T10:00:00Z",
          "timezone":"UTC","workflowId":"w","workflowVersion":1})");
  const auto launched =
      launcher_->launch({kTenant, kId, std::nullopt, other, "api", nullptr, std::nullopt});
  ASSERT_TRUE(launched.has_value()) << launched.error().message;
  ASSERT_TRUE(store_->put_settings(kTenant, kId, {{}, 1}).has_value());
  clock_.set("2030-01-07T10:05:01Z");
  EXPECT_EQ(text(fire("2030-01-07T10:05:00Z"), "outcome"), "HELD");
  EXPECT_EQ(*clocks_->fire_held(), 0U);
  EXPECT_EQ(schedule(), "workflow `w` version 1");
  ASSERT_TRUE(store_->put_settings(kTenant, kId, {{}, 2}).has_value());
  clock_.set("2030-03-07T10:05:01Z");
  EXPECT_EQ(*clocks_->fire_held(), 1U);
  EXPECT_THAT(fires(), ElementsAre(HasSubstr("10:05 LAUNCHED")));
  EXPECT_EQ(schedule(), "TEMPORAL_NOT_FOUND");
  // Its settings are synchronised, and make no schedule with nothing in it.
  EXPECT_EQ(synced(), 1U);
  EXPECT_EQ(schedule(), "TEMPORAL_NOT_FOUND");
  EXPECT_EQ(runs(), 2);
}

TEST_F(ClocksTest, FiresWhileTemporalIsAwayAreTriedUntilItIsBack) {
  publish(each_hour("5"));
  ASSERT_EQ(synced(), 1U);
  kill_temporal();
  clock_.set("2030-01-07T10:10:00Z");
  // The run is written down and started when that is possible: the launch is settled.
  EXPECT_EQ(clocks_->catch_up().error().code, "TEMPORAL_UNAVAILABLE");
  EXPECT_THAT(fires(), ElementsAre("10:05 LAUNCHED 300000 ms late"));
  start_temporal();
  EXPECT_EQ(synced(), 0U);
  for (int tries = 0; tries < 100 && !launcher_->repair(clock_.now() + 1).has_value(); ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_TRUE(store_->unconfirmed_launches(clock_.now() + 1, 5)->empty());
}

TEST_F(ClocksTest, ARunWhoseFireWasNotWrittenDownIsFoundAndStandsInNobodysWay) {
  publish(each_hour("5", R"(,"overlap":"skip")"));
  clock_.set("2030-01-07T10:05:01Z");
  ASSERT_TRUE(is_launched(fire("2030-01-07T10:05:00Z")));
  const auto run = store_->fires(kTenant, kId, 1)->front().run_id;
  // As a crash between the launch and its row leaves it.
  ASSERT_EQ(sqlite3_exec(raw(), "DELETE FROM workflow_clock_fires", nullptr, nullptr, nullptr), 0);
  const json::Value again = fire("2030-01-07T10:05:00Z");
  EXPECT_EQ(text(again, "outcome"), "LAUNCHED");
  EXPECT_EQ(text(again, "runId"), run);
  EXPECT_EQ(text(fire("2030-01-07T11:05:00Z"), "outcome"), "SKIPPED");
  EXPECT_EQ(runs(), 1);
}

TEST_F(ClocksTest, WhatComesInABundleCountsFromThen) {
  publish(each_hour("5"));
  publish(once("2030-01-07T10:05:00Z"), "o");
  Bundles from(*store_, actions_, clock_);
  const json::Value bundle = *from.write(kTenant, {});
  const TenantId other("other");
  clock_.set("2030-01-07T12:00:30Z");
  const auto imported = from.read(other, bundle);
  ASSERT_TRUE(imported.has_value()) << imported.error().message;
  ASSERT_TRUE(catalog_->set_archived(kTenant, kId, true).has_value());
  ASSERT_TRUE(catalog_->set_archived(kTenant, WorkflowId("o"), true).has_value());
  synced();
  clock_.set("2030-01-07T12:10:00Z");
  EXPECT_EQ(*clocks_->catch_up(), 1U);
  const auto recurring = *store_->fires(other, kId, 10);
  ASSERT_EQ(recurring.size(), 1U);
  EXPECT_EQ(recurring[0].scheduled_for, at("2030-01-07T12:05:00Z"));
  const auto once_over = *store_->fires(other, WorkflowId("o"), 10);
  ASSERT_EQ(once_over.size(), 1U);
  EXPECT_EQ(once_over[0].outcome, "MISSED");
  EXPECT_EQ(once_over[0].reason, "its time was over when the workflow came here");
}

// Times that a change leaves out, times that it repeats, changes by half an hour and at midnight.
TEST_F(ClocksTest, PreviewsWhatTemporalSaysOverDaylightSavingChanges) {
  for (const auto& [zone, cron] :
       std::vector<std::pair<const char*, const char*>>{{"Europe/Berlin", "30 2 26-31 3 *"},
                                                        {"Europe/Berlin", "15,45 1-3 24-31 10 *"},
                                                        {"America/New_York", "30 2 8-14 3 *"},
                                                        {"America/New_York", "30 1 1-8 11 *"},
                                                        {"Asia/Beirut", "0 0 25-31 3 *"},
                                                        {"America/Santiago", "10 0 2-9 9 *"},
                                                        {"America/Santiago", "30 23 1-8 4 *"},
                                                        {"Asia/Kathmandu", "0 12 * * *"},
                                                        {"America/St_Johns", "1 0 8-14 3 *"}}) {
    const auto [ours, theirs] = both(zone, cron);
    ASSERT_GE(theirs.size(), 10U) << zone;
    EXPECT_EQ(ours, theirs) << zone << " " << cron;
  }
}

// East of Greenwich Temporal knows some repeated readings once: the sweep makes the other fire.
TEST_F(ClocksTest, WhatTemporalLeavesOutOfARepeatedHourIsItsFirstReading) {
  for (const auto& [zone, cron] :
       std::vector<std::pair<const char*, const char*>>{{"Asia/Beirut", "30 23 24-31 10 *"},
                                                        {"Africa/Casablanca", "30 2 * 2,3 0"},
                                                        {"Australia/Lord_Howe", "45 1 1-7 4 *"}}) {
    const auto [ours, theirs] = both(zone, cron);
    const std::set<std::string> temporal(theirs.begin(), theirs.end());
    for (std::size_t i = 0; i < ours.size(); ++i) {
      if (temporal.contains(ours[i])) continue;
      if (i + 1 == ours.size()) continue;  // cut between the two
      EXPECT_TRUE(temporal.contains(ours[i + 1])) << zone;
      EXPECT_LE(at(ours[i + 1]) - at(ours[i]), 3'600'000) << zone << " " << ours[i];
    }
    const std::set<std::string> mine(ours.begin(), ours.end());
    for (const std::string& fire : theirs)
      EXPECT_TRUE(fire > ours.back() || mine.contains(fire)) << zone << " " << fire;
  }
}

TEST_F(ClocksTest, TheReadingThatTemporalLeavesOutIsMadeOnceAndTheOtherOneToo) {
  for (const auto& [zone, cron] :
       std::vector<std::pair<const char*, const char*>>{{"Asia/Beirut", "30 23 24-31 10 *"},
                                                        {"Africa/Casablanca", "30 2 * 2,3 0"},
                                                        {"Australia/Lord_Howe", "45 1 1-7 4 *"}}) {
    const auto [ours, theirs] = both(zone, cron);
    std::size_t left_out = 0;
    while (left_out + 1 < ours.size() && std::ranges::find(theirs, ours[left_out]) != theirs.end())
      ++left_out;
    ASSERT_LT(left_out + 1, ours.size()) << zone;
    const WorkflowId id(random_.uuid());
    const TimeMs first = at(ours[left_out]);
    const TimeMs second = at(ours[left_out + 1]);
    clock_.set(calendar::format_instant(first - 1'000));
    publish(format(R"({{"type":"recurring","cron":"{}","timezone":"{}"}})", cron, zone), id.text);
    ASSERT_EQ(synced(), 1U);
    const auto keys = [&] {
      std::vector<std::pair<std::string, std::string>> found;
      const auto rows = *store_->fires(kTenant, id, 10);
      for (const store::FireRow& row : rows) found.emplace_back(row.fire_key, row.outcome);
      return found;
    };
    const auto key = [&](TimeMs time) { return fire_key({kTenant, id, fire_time_text(time)}); };
    // Temporal's, until a minute has passed; the sweep's from then on.
    clock_.set(calendar::format_instant(first + kLateMs - 1'000));
    EXPECT_EQ(*clocks_->catch_up(), 0U) << zone;
    clock_.set(calendar::format_instant(first + kLateMs));
    EXPECT_EQ(*clocks_->catch_up(), 1U) << zone;
    EXPECT_EQ(*clocks_->catch_up(), 0U) << zone;
    EXPECT_THAT(keys(), ElementsAre(std::pair(key(first), std::string("LAUNCHED")))) << zone;
    // What Temporal fires: the other reading, and by a later version perhaps this one, too.
    clock_.set(calendar::format_instant(second));
    for (const TimeMs time : {second, first, second})
      EXPECT_TRUE(clocks_->fire({kTenant, id, fire_time_text(time)}).has_value());
    clock_.set(calendar::format_instant(second + 2 * kLateMs));
    EXPECT_EQ(*clocks_->catch_up(), 0U) << zone;
    EXPECT_THAT(keys(), ElementsAre(std::pair(key(second), std::string("LAUNCHED")),
                                    std::pair(key(first), std::string("LAUNCHED"))));
    EXPECT_EQ(*store_->active_runs(kTenant, id), 2) << zone;
    ASSERT_TRUE(catalog_->set_archived(kTenant, id, true).has_value());
    ASSERT_EQ(synced(), 1U);
  }
}

}  // namespace
}  // namespace fermata::service
