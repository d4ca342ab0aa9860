// What settings ask for without anybody asking: pausing what fails, deleting what is old.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "foundation/check.h"
#include "service/housekeeping.h"
#include "service/run_filter.h"
#include "service/run_policy.h"
#include "store/audit_log.h"
#include "store/retention.h"
#include "store/sqlite.h"

namespace fermata::service {
namespace {

const TenantId kTenant("t");
const WorkflowId kWorkflow("w");
constexpr std::int64_t kDayMs = 24LL * 3'600 * 1'000;

class HandClock final : public Clock {
 public:
  [[nodiscard]] TimeMs now() const override { return now_; }
  TimeMs now_ = 100 * kDayMs;
};
class CountedRandom final : public Random {
 public:
  std::string uuid() override { return "id-" + std::to_string(++count_); }
  std::string secret() override { return uuid(); }

 private:
  int count_ = 0;
};
class NoLog final : public Log {
 public:
  void write(LogLevel, std::string_view, const LogFields&) override {}
};

class HousekeepingTest : public testing::Test {
 protected:
  HousekeepingTest() {
    std::string folder = (std::filesystem::temp_directory_path() / "fermata-house-XXXXXX").string();
    CHECK(mkdtemp(folder.data()) != nullptr, "no temporary folder");
    folder_ = folder;
    store_ = *store::open_sqlite({.file = folder + "/fermata.db"});
    store::DefinitionRow row;
    row.tenant = kTenant;
    row.workflow_id = kWorkflow;
    row.draft = json::Object{};
    CHECK(store_->save_draft(row, std::nullopt).has_value(), "no draft");
  }
  ~HousekeepingTest() override {
    store_.reset();
    std::error_code ec;
    std::filesystem::remove_all(folder_, ec);
  }
  void run(const std::string& status, TimeMs started, TimeMs ended) {
    store::LaunchRow row;
    row.tenant = kTenant;
    row.run_id = RunId(random_.uuid());
    row.workflow_id = kWorkflow;
    row.trigger_type = "api";
    row.root_run_id = row.run_id.text;
    row.started_at = started;
    ASSERT_TRUE(store_->insert_launch(row).has_value());
    projection::RowBatch batch;
    batch.run = projection::RunRow{.tenant = kTenant, .run_id = row.run_id, .sequence = 1};
    batch.run->status = status;
    batch.run->completed_at = ended;
    ASSERT_TRUE(store_->write(std::span(&batch, 1), {}).has_value());
  }
  void ask(const RunPolicy& policy) {
    store::WorkflowSettings settings = store_->definition(kTenant, kWorkflow)->settings;
    settings.paused_at.reset();
    settings.policy = policy.to_json();
    ASSERT_TRUE(store_->put_settings(kTenant, kWorkflow, settings).has_value());
  }
  [[nodiscard]] bool is_paused() {
    return store_->definition(kTenant, kWorkflow)->settings.paused_at.has_value();
  }

  std::string folder_;
  std::unique_ptr<store::Store> store_;
  HandClock clock_;
  CountedRandom random_;
  NoLog log_;
};

TEST_F(HousekeepingTest, AWorkflowIsPausedOnceEnoughOfItsNewestRunsFailed) {
  Housekeeping house({*store_, random_, clock_, log_});
  ask({.auto_pause = true, .failure_percent = 50, .runs_min = 4});
  for (const char* status : {"SUCCEEDED", "SUCCEEDED", "FAILED"}) run(status, 10, 20);
  EXPECT_EQ(*house.pause_failing(), 0U);
  run("CANCELED", 11, 20);
  EXPECT_EQ(*house.pause_failing(), 0U);
  run("FAILED", 12, 20);
  EXPECT_EQ(*house.pause_failing(), 1U);
  EXPECT_TRUE(is_paused());
  EXPECT_EQ(*house.pause_failing(), 0U);
  const auto audit = store_->audit().rows(kTenant, {.action = "workflows.auto-pause"});
  ASSERT_EQ(audit->size(), 1U);
  EXPECT_EQ(audit->front().target_id, "w");
  // Whoever resumed it has seen these.
  ask({.auto_pause = true, .failure_percent = 50, .runs_min = 1, .counts_from = 13});
  EXPECT_EQ(*house.pause_failing(), 0U);
  run("FAILED", 14, 20);
  EXPECT_EQ(*house.pause_failing(), 1U);
}

TEST_F(HousekeepingTest, AWorkflowThatNobodyAskedToPauseIsNot) {
  Housekeeping house({*store_, random_, clock_, log_});
  ask({.auto_pause = false, .runs_min = 1});
  for (int i = 0; i < 20; ++i) run("FAILED", i, i + 1);
  EXPECT_EQ(*house.pause_failing(), 0U);
  EXPECT_FALSE(is_paused());
}

TEST_F(HousekeepingTest, WhatIsOlderThanItsTimeGoesAndTheAuditLogSaysSo) {
  Housekeeping house({*store_, random_, clock_, log_});
  run("SUCCEEDED", 0, 1);
  run("FAILED", 60 * kDayMs, 61 * kDayMs);
  run("SUCCEEDED", 60 * kDayMs, 95 * kDayMs);
  EXPECT_EQ(*house.delete_old(), 0U);
  store::RetentionRow keep;
  keep.tenant = kTenant;
  keep.runs = 50;
  ASSERT_TRUE(store_->retention().put(keep).has_value());
  EXPECT_EQ(*house.delete_old(), 1U);
  EXPECT_EQ(*house.delete_old(), 0U);
  // A workflow's own time goes before its tenant's.
  ask({.retention_days = 10});
  EXPECT_EQ(*house.delete_old(), 1U);
  ask({.retention_days = 3});
  EXPECT_EQ(*house.delete_old(), 1U);
  EXPECT_EQ(store_->audit().rows(kTenant, {.action = "retention.delete"})->size(), 3U);
}

TEST(RunFilterText, ComesBackAsItWas) {
  const json::Object written{{"workflowId", "w"},
                             {"from", "2026-03-01T10:00:00.250Z"},
                             {"status", json::Array{"FAILED", "RUNNING"}}};
  const auto filter = read_run_filter(written);
  ASSERT_TRUE(filter.has_value()) << filter.error().message;
  EXPECT_EQ(json::Value(write_run_filter(*filter)), json::Value(written));
  EXPECT_EQ(read_run_filter({{"status", "FAILED,RUNNING"}})->statuses, filter->statuses);
}

TEST(RunFilterText, RefusesWhatItDoesNotKnow) {
  for (const json::Object& written :
       {json::Object{{"stauts", "FAILED"}}, json::Object{{"status", "LOST"}},
        json::Object{{"from", "yesterday"}}, json::Object{{"search", 7}}})
    EXPECT_EQ(read_run_filter(written).error().code, "QUERY_INVALID");
}

}  // namespace
}  // namespace fermata::service
