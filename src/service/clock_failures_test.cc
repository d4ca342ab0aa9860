// Fires that cannot be launched: each is one row with the reason, and is launched once what was
// wrong is mended, as long as its catch-up time lasts.
#include "service/clocks_fixture.h"
#include "store/run_views.h"

namespace fermata::service {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kFirst = "2030-01-07T10:05:00Z";

class ClockFailuresTest : public ClocksFixture {
 protected:
  void execute(const std::string& sql) {
    ASSERT_EQ(sqlite3_exec(raw(), sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(raw());
  }
  void break_definition() {
    execute(
        "UPDATE workflow_definition_versions SET definition_json = replace(definition_json, "
        "'\"W\"', '\"V\"')");
  }
  void mend_definition() {
    execute(
        "UPDATE workflow_definition_versions SET definition_json = replace(definition_json, "
        "'\"V\"', '\"W\"')");
  }
  store::FireRow newest() { return store_->fires(kTenant, kId, 1)->front(); }
  std::string status_of_run() {
    return store_->run(kTenant, RunId(newest().run_id.value_or("none")))->run.status;
  }
};

TEST_F(ClockFailuresTest, ABrokenDefinitionIsSaidAndItsFiresAreMadeWhenItIsMended) {
  publish(each_hour("5,6"));
  break_definition();
  clock_.set("2030-01-07T10:06:01Z");
  for (const char* time : {"2030-01-07T10:05:00Z", "2030-01-07T10:06:00Z", "2030-01-07T10:05:00Z"})
    EXPECT_EQ(text(fire(time), "outcome"), "FAILED");
  const std::string broken =
      " FAILED version 1 of workflow `w` is not the definition that was published "
      "(DEFINITION_HASH_MISMATCH)";
  EXPECT_THAT(fires(), ElementsAre("10:05" + broken, "10:06" + broken));
  EXPECT_EQ(synced(), 0U);
  EXPECT_EQ(text(*row().schedule_error, "code"), "DEFINITION_HASH_MISMATCH");
  EXPECT_EQ(*clocks_->catch_up(), 0U);
  mend_definition();
  EXPECT_EQ(synced(), 1U);
  clock_.set("2030-01-07T10:30:00Z");
  EXPECT_EQ(*clocks_->catch_up(), 2U);
  EXPECT_THAT(fires(),
              ElementsAre("10:05 LAUNCHED 1500000 ms late", "10:06 LAUNCHED 1440000 ms late"));
  EXPECT_EQ(*clocks_->catch_up(), 0U);
  EXPECT_EQ(runs(), 2);
}

TEST_F(ClockFailuresTest, AMissingCalendarFailsFiresUntilItIsThere) {
  publish(each_hour("5,35", R"(,"dayFilter":"business","calendar":"ours","catchUpMs":3600000)"));
  const std::string missing = " FAILED there is no calendar `ours` (CALENDAR_INVALID)";
  for (const char* time :
       {"2030-01-07T10:05:00Z", "2030-01-07T10:35:00Z", "2030-01-07T11:05:00Z"}) {
    clock_.set(time);
    EXPECT_EQ(text(fire(time), "outcome"), "FAILED");
    EXPECT_EQ(*clocks_->catch_up(), 0U);
  }
  EXPECT_THAT(fires(), ElementsAre("10:05" + missing, "10:35" + missing, "11:05" + missing));
  ASSERT_TRUE(
      store_->put_calendar({kTenant, "ours", *json::parse("{}"), clock_.now()}).has_value());
  // Nothing is launched while the workflow is paused, and a pause does not take the fires away.
  set(clock_.now());
  EXPECT_EQ(*clocks_->catch_up(), 0U);
  set(std::nullopt);
  // The catch-up time of the first is over.
  clock_.set("2030-01-07T11:20:00Z");
  EXPECT_EQ(*clocks_->catch_up(), 2U);
  EXPECT_THAT(fires(), ElementsAre("10:05" + missing, "10:35 LAUNCHED 2700000 ms late",
                                   "11:05 LAUNCHED 900000 ms late"));
  EXPECT_EQ(*clocks_->catch_up(), 0U);
  EXPECT_EQ(runs(), 2);
}

TEST_F(ClockFailuresTest, WhatTemporalRefusesIsOneFailedRun) {
  publish(each_hour("5"));
  ASSERT_EQ(synced(), 1U);
  kill_temporal();
  // Shorter than a run's id.
  start_temporal("50");
  for (int tries = 0; tries < 300 && schedule() == "TEMPORAL_UNAVAILABLE"; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  clock_.set("2030-01-07T10:05:01Z");
  const json::Value fired = fire(std::string(kFirst));
  EXPECT_EQ(status_of_run(), "FAILED");
  EXPECT_EQ(text(fired, "outcome"), "FAILED");
  EXPECT_THAT(fires(), ElementsAre(HasSubstr("(TEMPORAL_REFUSED)")));
  const auto run = newest().run_id;
  // Asked again, also after a crash before the row: the same run, which has failed.
  for (const char* crash : {"SELECT 1", "DELETE FROM workflow_clock_fires"}) {
    execute(crash);
    EXPECT_EQ(text(fire(std::string(kFirst)), "outcome"), "FAILED") << crash;
    EXPECT_EQ(newest().run_id, run);
    EXPECT_FALSE(newest().reason.empty());
  }
  clock_.set("2030-01-07T10:09:00Z");
  EXPECT_EQ(*clocks_->catch_up(), 0U);
  EXPECT_EQ(*store_->views().count_runs(kTenant, {}), 1);
}

TEST_F(ClockFailuresTest, AnArchivedWorkflowOrOneWithoutItsClockSkipsWhatWasUnderWay) {
  publish(each_hour("5"));
  ASSERT_TRUE(catalog_->set_archived(kTenant, kId, true).has_value());
  break_definition();
  EXPECT_EQ(text(fire(std::string(kFirst)), "outcome"), "SKIPPED");
  mend_definition();
  ASSERT_TRUE(catalog_->set_archived(kTenant, kId, false).has_value());
  publish("");
  EXPECT_EQ(text(fire("2030-01-07T10:06:00Z"), "outcome"), "SKIPPED");
  EXPECT_THAT(fires(), ElementsAre("10:05 SKIPPED the workflow is archived",
                                   "10:06 SKIPPED the workflow has no clock any more"));
  EXPECT_EQ(runs(), 0);
}

TEST_F(ClockFailuresTest, OneTimeThatFailedIsMadeWhenItCanBe) {
  publish(once("2030-01-07T10:05:00Z"));
  break_definition();
  clock_.set(std::string(kFirst));
  EXPECT_EQ(text(fire(std::string(kFirst)), "outcome"), "FAILED");
  mend_definition();
  clock_.set("2030-03-07T10:05:00Z");
  EXPECT_EQ(*clocks_->catch_up(), 1U);
  EXPECT_THAT(fires(), ElementsAre(HasSubstr("10:05 LAUNCHED")));
  synced();
  EXPECT_EQ(*clocks_->catch_up(), 0U);
  EXPECT_EQ(schedule(), "TEMPORAL_NOT_FOUND");
  EXPECT_EQ(runs(), 1);
}

}  // namespace
}  // namespace fermata::service
