// What events, clocks and people need of the store, on both databases.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "store/notices.h"
#include "store/open.h"
#include "store/test_database.h"

namespace fermata::store {
namespace {

using testing::ElementsAre;
const TenantId kTenant("t");

class TriggersTest : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<TestDatabase> database_ = make_test_database(GetParam());
  std::unique_ptr<Store> store_ = *open(database_->location());

  void publish(const std::string& id) {
    DefinitionRow draft;
    draft.tenant = kTenant;
    draft.workflow_id = WorkflowId(id);
    draft.draft = json::Object{};
    ASSERT_TRUE(store_
                    ->publish({{kTenant, draft.workflow_id, 1, json::Object{}, "h", 1},
                               {"recurring", ""},
                               draft,
                               {}})
                    .has_value());
  }
  static LaunchRow launch(const std::string& run, const std::string& workflow) {
    LaunchRow row;
    row.tenant = kTenant;
    row.run_id = RunId(run);
    row.workflow_id = WorkflowId(workflow);
    row.input = json::Object{};
    row.trigger_type = "event";
    row.root_run_id = run;
    row.temporal_workflow_id = run;
    return row;
  }
};

INSTANTIATE_TEST_SUITE_P(On, TriggersTest, testing::Values("sqlite", "postgres"),
                         [](const auto& chosen) { return chosen.param; });

TEST_P(TriggersTest, NoMoreRunsThanTheLimitAreLaunchedAtOnce) {
  publish("w");
  std::vector<std::thread> threads;
  std::atomic<int> launched = 0;
  std::atomic<int> refused = 0;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&, i] {
      const auto made = store_->insert_launch(launch("r" + std::to_string(i), "w"), 2);
      if (made.has_value()) ++launched;
      if (!made.has_value() && made.error().code == "WORKFLOW_AT_LIMIT") ++refused;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(launched, 2);
  EXPECT_EQ(refused, 4);
  EXPECT_EQ(*store_->active_runs(kTenant, WorkflowId("w")), 2);
  EXPECT_TRUE(store_->insert_launch(launch("other", "other"), 2).has_value());
}

TEST_P(TriggersTest, AHeldLaunchIsListedUntilItIsDoneAndNotWhilePaused) {
  publish("w");
  publish("paused");
  ASSERT_TRUE(store_->put_settings(kTenant, WorkflowId("paused"), {.paused_at = 7}).has_value());
  std::vector<DeliveryRow> rows;
  for (const char* workflow : {"w", "paused"}) {
    for (int i = 0; i < 3; ++i)
      rows.push_back({kTenant, EventId("e" + std::to_string(i)), "launch", workflow, "HELD",
                      json::Object{}, 10 - i});
  }
  ASSERT_TRUE(store_->put_routing(rows, {}).has_value());
  const auto held = [&] {
    std::vector<std::string> ids;
    const auto found = store_->held_launches(2);
    for (const DeliveryRow& row : *found) ids.push_back(row.target + " " + row.event_id.text);
    return ids;
  };
  EXPECT_THAT(held(), ElementsAre("w e2", "w e1"));
  rows[2].outcome = "LAUNCHED";
  ASSERT_TRUE(store_->put_routing(std::span(&rows[2], 1), {}).has_value());
  EXPECT_THAT(held(), ElementsAre("w e1", "w e0"));
  rows[2].outcome = "HELD";
  ASSERT_TRUE(store_->put_routing(std::span(&rows[2], 1), {}).has_value());
  EXPECT_THAT(held(), ElementsAre("w e1", "w e0"));
  ASSERT_TRUE(store_->put_settings(kTenant, WorkflowId("paused"), {}).has_value());
  EXPECT_EQ(held().size(), 4U);
}

TEST_P(TriggersTest, AFireIsOneRowAndOnlyWhatWaitsOrWasMissedChanges) {
  publish("w");
  FireRow fire{kTenant, "k", WorkflowId("w"), 100, "HELD", "busy", std::nullopt, 1, 101, 102};
  const auto outcome = [&] {
    const auto rows = store_->fires(kTenant, WorkflowId("w"), 10);
    return rows->size() == 1 ? rows->front().outcome : "rows: " + std::to_string(rows->size());
  };
  ASSERT_TRUE(store_->put_fires(std::span(&fire, 1)).has_value());
  EXPECT_EQ(store_->held_fires(10)->size(), 1U);
  for (const auto& [put, left] : std::vector<std::pair<std::string, std::string>>{
           {"MISSED", "MISSED"}, {"LAUNCHED", "LAUNCHED"}, {"MISSED", "LAUNCHED"}}) {
    fire.outcome = put;
    ASSERT_TRUE(store_->put_fires(std::vector{fire, fire}).has_value());
    EXPECT_EQ(outcome(), left);
  }
  EXPECT_TRUE(store_->held_fires(10)->empty());
  EXPECT_EQ((*store_->fire(kTenant, "k"))->outcome, "LAUNCHED");
  EXPECT_FALSE(store_->fire(kTenant, "other")->has_value());
  EXPECT_FALSE(store_->fire(TenantId("x"), "k")->has_value());
}

TEST_P(TriggersTest, AFireThatFailedChangesUntilItHasARun) {
  publish("w");
  const WorkflowId id("w");
  std::vector<FireRow> rows;
  for (const TimeMs time : {300, 100, 200})
    rows.push_back({kTenant, std::to_string(time), id, time, "FAILED", "no calendar", std::nullopt,
                    1, time, time});
  ASSERT_TRUE(store_->put_fires(rows).has_value());
  const auto failed = [&](TimeMs since) {
    std::vector<TimeMs> times;
    const auto found = store_->failed_fires({kTenant, id, since}, 2);
    for (const FireRow& row : *found) times.push_back(row.scheduled_for);
    return times;
  };
  EXPECT_THAT(failed(0), ElementsAre(100, 200));
  EXPECT_THAT(failed(200), ElementsAre(200, 300));
  EXPECT_TRUE(store_->failed_fires({TenantId("x"), id, 0}, 2)->empty());
  rows[2].run_id = "r";
  ASSERT_TRUE(store_->put_fires(std::span(&rows[2], 1)).has_value());
  EXPECT_THAT(failed(0), ElementsAre(100, 300));
  rows[2].outcome = "MISSED";
  rows[1].outcome = "LAUNCHED";
  ASSERT_TRUE(store_->put_fires(rows).has_value());
  EXPECT_THAT(failed(0), ElementsAre(300));
  EXPECT_EQ((*store_->fire(kTenant, "200"))->outcome, "FAILED");
}

TEST_P(TriggersTest, ANoticeWaitsUntilItIsTaken) {
  Notices& notices = store_->notices();
  NoticeRow row{kTenant, "n", json::Object{{"a", 1}}, 0, 10, 5};
  ASSERT_TRUE(notices.put(row).has_value());
  EXPECT_TRUE(notices.due(9, 5)->empty());
  row.tries = 3;
  row.next_at = 20;
  ASSERT_TRUE(notices.put_off(row).has_value());
  // The same again is no other one, and does not bring it forward.
  ASSERT_TRUE(notices.put({kTenant, "n", json::Object{}, 0, 1, 1}).has_value());
  ASSERT_TRUE(notices.put({TenantId("x"), "n", json::Object{}, 0, 15, 1}).has_value());
  EXPECT_EQ(notices.due(19, 5)->size(), 1U);
  const auto due = *notices.due(20, 5);
  ASSERT_EQ(due.size(), 2U);
  EXPECT_EQ(due[1].tries, 3);
  EXPECT_EQ(due[1].message, json::Value(json::Object{{"a", 1}}));
  ASSERT_TRUE(notices.remove(due[1]).has_value());
  EXPECT_EQ(notices.due(99, 5)->size(), 1U);
}

TEST_P(TriggersTest, ALetterKeepsItsFieldsUntilItIsReprocessed) {
  LetterRow letter;
  letter.tenant = kTenant;
  letter.letter_id = "s:1-1";
  letter.source = "redis:s";
  letter.fields = json::Array{json::Array{"event", "{broken \xc3\xbc"}};
  letter.code = "JSON_INVALID";
  letter.message = "m";
  letter.created_at = 5;
  ASSERT_TRUE(store_->put_letters(std::vector{letter, letter}).has_value());
  ASSERT_TRUE(store_->put_letters(std::span(&letter, 1)).has_value());
  const auto open_letters = store_->letters(kTenant, {});
  ASSERT_EQ(open_letters->size(), 1U);
  EXPECT_EQ(open_letters->front().fields, letter.fields);
  EXPECT_EQ(*store_->count_letters(5), 1U);
  ASSERT_TRUE(store_->mark_reprocessed(kTenant, "s:1-1", EventId("e"), 9).has_value());
  EXPECT_EQ(*store_->count_letters(5), 0U);
  EXPECT_TRUE(store_->letters(kTenant, {})->empty());
  EXPECT_EQ(store_->letters(kTenant, {.is_open = false})->size(), 1U);
  EXPECT_EQ(store_->letter(kTenant, "s:1-1")->event_id, "e");
  EXPECT_EQ(store_->letter(TenantId("x"), "s:1-1").error().code, "NOT_FOUND");
}

TEST_P(TriggersTest, ATaskIsOfOnePersonAtATime) {
  projection::RowBatch batch;
  projection::WaitRow wait;
  wait.tenant = kTenant;
  wait.run_id = RunId("r");
  wait.wait_id = WaitId("w");
  wait.task_id = "task";
  wait.wait_type = "human";
  wait.status = "WAITING";
  wait.created_at = 3;
  batch.waits.push_back(wait);
  ASSERT_TRUE(store_->write(std::span(&batch, 1), {}).has_value());
  const TaskId task("task");
  EXPECT_EQ(store_->unannounced_tasks(5)->size(), 1U);
  EXPECT_TRUE(*store_->claim(kTenant, task, "ada", 10));
  EXPECT_TRUE(*store_->claim(kTenant, task, "ada", 11));
  EXPECT_FALSE(*store_->claim(kTenant, task, "bob", 12));
  EXPECT_EQ(store_->task(kTenant, task)->claimed_by, "ada");
  EXPECT_TRUE(store_->tasks(kTenant, {.is_unclaimed = true})->empty());
  EXPECT_EQ(store_->tasks(kTenant, {.claimed_by = "ada"})->size(), 1U);
  ASSERT_TRUE(store_->mark_announced(kTenant, task, 50, 20).has_value());
  EXPECT_TRUE(store_->unannounced_tasks(5)->empty());
  EXPECT_EQ(store_->task(kTenant, task)->claimed_by, "ada");
  EXPECT_TRUE(store_->overdue_tasks(49, 5)->empty());
  EXPECT_EQ(store_->overdue_tasks(50, 5)->size(), 1U);
  ASSERT_TRUE(store_->release(kTenant, task).has_value());
  EXPECT_TRUE(*store_->claim(kTenant, task, "bob", 12));
  ASSERT_TRUE(store_->mark_escalated(kTenant, task, 60).has_value());
  EXPECT_TRUE(store_->overdue_tasks(99, 5)->empty());
}

TEST_P(TriggersTest, SettingsMakeTheScheduleStaleAndAnErrorIsKept) {
  publish("w");
  const WorkflowId id("w");
  ASSERT_TRUE(store_->mark_schedule(*store_->definition(kTenant, id)).has_value());
  EXPECT_TRUE(store_->unsynced_schedules(5)->empty());
  ASSERT_TRUE(
      store_->put_settings(kTenant, id, {.paused_at = 5, .concurrency_limit = 3}).has_value());
  ASSERT_EQ(store_->unsynced_schedules(5)->size(), 1U);
  const auto row = store_->definition(kTenant, id);
  EXPECT_EQ(row->settings.paused_at, 5);
  EXPECT_EQ(row->settings.concurrency_limit, 3);
  ASSERT_TRUE(store_->set_schedule_error(kTenant, id, json::Object{{"code", "X"}}).has_value());
  EXPECT_TRUE(store_->definition(kTenant, id)->schedule_error.has_value());
  ASSERT_TRUE(store_->set_schedule_error(kTenant, id, std::nullopt).has_value());
  EXPECT_FALSE(store_->definition(kTenant, id)->schedule_error.has_value());
  EXPECT_EQ(store_->put_settings(kTenant, WorkflowId("x"), {}).error().code, "NOT_FOUND");
}

TEST_P(TriggersTest, WebhooksAndCalendarsAreReplacedUnderTheirNames) {
  for (const char* event : {"A", "B"})
    ASSERT_TRUE(store_->put_webhook({kTenant, "shop", event, "KEY", 1000, 5}).has_value());
  EXPECT_EQ(store_->webhook(kTenant, "shop")->event_name, "B");
  EXPECT_EQ(store_->webhooks(kTenant)->size(), 1U);
  ASSERT_TRUE(store_->delete_webhook(kTenant, "shop").has_value());
  EXPECT_EQ(store_->webhook(kTenant, "shop").error().code, "NOT_FOUND");
  for (int i = 0; i < 2; ++i)
    ASSERT_TRUE(store_->put_calendar({kTenant, "de", json::Object{{"n", i}}, 5}).has_value());
  ASSERT_EQ(store_->calendars(kTenant)->size(), 1U);
  EXPECT_EQ(store_->calendars(kTenant)->front().calendar, json::Value(json::Object{{"n", 1}}));
}

}  // namespace
}  // namespace fermata::store
