// What nearly met, on both databases.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/open.h"
#include "store/run_views.h"
#include "store/test_database.h"
#include "store/test_rows.h"

namespace fermata::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
const TenantId kTenant("t");

class RunNearTest : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<TestDatabase> database_ = make_test_database(GetParam());
  std::unique_ptr<Store> store_ = *open(database_->location());

  static projection::WaitRow wait(const std::string& id, std::optional<std::string> key) {
    projection::WaitRow row;
    row.tenant = kTenant;
    row.run_id = RunId("run");
    row.wait_id = WaitId(id);
    row.wait_type = "event";
    row.status = "WAITING";
    row.created_at = 1;
    row.event_name = "PAID";
    row.correlation_key = std::move(key);
    return row;
  }
  void put(const projection::RowBatch& batch, const std::vector<InvocationPut>& puts = {}) {
    ASSERT_TRUE(store_->write(std::span(&batch, 1), puts).has_value());
  }
  std::vector<std::string> events_near(const projection::WaitRow& row) {
    std::vector<std::string> ids;
    const auto near = store_->views().events_near(row).value();
    for (const EventRow& event : near) ids.push_back(event.event_id.text);
    return ids;
  }
  std::vector<std::string> waits_near(const EventRow& row) {
    std::vector<std::string> ids;
    const auto near = store_->views().waits_near(row).value();
    for (const projection::WaitRow& wait : near) ids.push_back(wait.wait_id.text);
    return ids;
  }
};

INSTANTIATE_TEST_SUITE_P(On, RunNearTest, testing::Values("sqlite", "postgres"),
                         [](const auto& chosen) { return chosen.param; });

TEST_P(RunNearTest, EventsOfTheKeyAreFoundHoweverOldAndOthersAmongTheNewest) {
  std::vector<EventRow> rows = {event_row("mine", "a", 1), event_row("old-other", "b", 2)};
  EventRow noise = event_row("", "x", 0);
  noise.event_name = "NOISE";
  for (int i = 0; i < kNearWindow; ++i) {
    noise.event_id = EventId("noise-" + std::to_string(i));
    noise.received_at = 10 + i;
    rows.push_back(noise);
  }
  rows.push_back(event_row("new-other", "b", 5'000));
  rows.push_back(event_row("none", std::nullopt, 5'001));
  ASSERT_TRUE(store_->insert_events(rows).has_value());
  EXPECT_THAT(events_near(wait("w", "a")), ElementsAre("none", "new-other", "mine"));
  projection::WaitRow elsewhere = wait("w", "a");
  elsewhere.tenant = TenantId("other");
  EXPECT_THAT(events_near(elsewhere), IsEmpty());
}

TEST_P(RunNearTest, EventsLongAfterTheEndOfAWaitAreNotNear) {
  ASSERT_TRUE(
      store_->insert_events(std::vector{event_row("in", "b", 100), event_row("late", "b", 900'000)})
          .has_value());
  projection::WaitRow over = wait("w", "a");
  over.resolved_at = 200;
  EXPECT_THAT(events_near(over), ElementsAre("in"));
}

TEST_P(RunNearTest, NoMoreThanTheBoundIsGiven) {
  std::vector<EventRow> rows;
  for (int i = 0; i < 3 * kNearMax; ++i) {
    rows.push_back(event_row("a-" + std::to_string(i), "a", i));
    rows.push_back(event_row("b-" + std::to_string(i), "b", i));
  }
  ASSERT_TRUE(store_->insert_events(rows).has_value());
  EXPECT_EQ(events_near(wait("w", "a")).size(), static_cast<std::size_t>(2 * kNearMax));
  projection::RowBatch batch;
  for (int i = 0; i < 100; ++i)
    batch.waits.push_back(wait("w-" + std::to_string(i), "key-" + std::to_string(100 + i)));
  put(batch);
  EXPECT_EQ(waits_near(event_row("e", "key-150", 1)).size(),
            static_cast<std::size_t>(2 * kNearMax + 1));
  EXPECT_EQ(waits_near(event_row("e", std::nullopt, 1)).size(), static_cast<std::size_t>(kNearMax));
}

TEST_P(RunNearTest, WaitsAreThoseOfTheKeyOfNoneAndNextToIt) {
  projection::RowBatch batch;
  batch.waits = {wait("same", "k5"),  wait("any", std::nullopt), wait("below", "k4"),
                 wait("above", "k6"), wait("over", "k5"),        wait("other-name", "k5")};
  batch.waits[4].status = "RESOLVED";
  batch.waits[5].event_name = "ELSE";
  put(batch);
  EXPECT_THAT(waits_near(event_row("e", "k5", 1)), ElementsAre("same", "any", "below", "above"));
  EXPECT_EQ(store_->views().wait(kTenant, WaitId("over"))->status, "RESOLVED");
  EXPECT_EQ(store_->views().wait(TenantId("other"), WaitId("over")).error().code, "NOT_FOUND");
}

TEST_P(RunNearTest, AStepHasItsActionsLastDoing) {
  projection::RowBatch batch;
  projection::StepRow step;
  step.tenant = kTenant;
  step.run_id = RunId("run");
  step.step_number = 7;
  step.step_path = "root.steps[0]";
  step.iteration = "3";
  step.status = "SUCCEEDED";
  step.started_at = 1'000'000;
  step.completed_at = 1'000'100;
  batch.steps = {step};
  InvocationRow done;
  done.tenant = kTenant;
  done.run_id = step.run_id;
  done.step_path = step.step_path;
  done.input = json::Object{{"n", 1}};
  std::vector<InvocationPut> puts;
  for (const auto& [key, iteration, at] :
       {std::tuple("of-2", "2", 1'000'050), std::tuple("of-3", "3", 1'000'060)}) {
    done.idempotency_key = key;
    done.iteration = iteration;
    done.started_at = at;
    puts.push_back({done, 0, InvocationStatus::Started});
  }
  put(batch, puts);
  const auto found = store_->views().step(kTenant, step.run_id, 7).value();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(store_->views().invocation_of(*found).value()->idempotency_key, "of-3");
  EXPECT_FALSE(store_->views().step(kTenant, step.run_id, 8).value().has_value());
  projection::StepRow other = *found;
  other.iteration = "4";
  EXPECT_FALSE(store_->views().invocation_of(other).value().has_value());
}

}  // namespace
}  // namespace fermata::store
