// The store on a real file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>

#include "json/parse.h"
#include "store/group_writer.h"
#include "store/sqlite.h"

namespace fermata::store {
namespace {

const TenantId kTenant("t");

class SqliteStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "fermata-store-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    store_ = open();
  }
  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  [[nodiscard]] std::string file() const { return folder_ + "/fermata.db"; }
  [[nodiscard]] std::unique_ptr<Store> open(int busy_timeout_ms = 10'000) const {
    auto opened = open_sqlite({file(), busy_timeout_ms});
    EXPECT_TRUE(opened.has_value()) << (opened.has_value() ? "" : opened.error().message);
    return opened.has_value() ? *std::move(opened) : nullptr;
  }
  static LaunchRow launch(const std::string& id, TimeMs at) {
    LaunchRow row;
    row.tenant = kTenant;
    row.run_id = RunId(id);
    row.workflow_id = WorkflowId("w");
    row.workflow_version = 1;
    row.trigger_type = "api";
    row.root_run_id = id;
    row.started_at = at;
    return row;
  }
  bool put(const InvocationRow& row, std::uint32_t attempt, InvocationStatus status) {
    const InvocationPut put{row, attempt, status};
    const auto made = store_->write({}, std::span(&put, 1));
    EXPECT_TRUE(made.has_value());
    return made.has_value() && made->front();
  }
  static projection::RowBatch step(std::uint64_t sequence, const std::string& status) {
    projection::RowBatch batch;
    projection::StepRow row;
    row.tenant = kTenant;
    row.run_id = RunId("r1");
    row.step_number = 1;
    row.sequence = sequence;
    row.step_path = "root.steps[0]";
    row.status = status;
    batch.steps.push_back(row);
    projection::RunRow run;
    run.tenant = kTenant;
    run.run_id = RunId("r1");
    run.sequence = sequence;
    run.status = status;
    batch.run = run;
    return batch;
  }

  std::string folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(SqliteStoreTest, PublishedVersionsNeverChange) {
  DefinitionRow draft;
  draft.tenant = kTenant;
  draft.workflow_id = WorkflowId("w");
  draft.name = "W";
  draft.draft = *json::parse(R"({"b":1,"a":2})");
  ASSERT_TRUE(store_->put_draft(draft).has_value());
  VersionRow version{kTenant, WorkflowId("w"), 1, draft.draft, "hash", 5};
  ASSERT_TRUE(store_->publish(version, "").has_value());
  EXPECT_EQ(store_->publish(version, "").error().code, "STORE_CONFLICT");
  EXPECT_EQ(store_->definition(kTenant, WorkflowId("w"))->published_version, 1);
  EXPECT_EQ(store_->version(kTenant, WorkflowId("w"), 2).error().code, "NOT_FOUND");
  EXPECT_EQ(store_->definition(TenantId("other"), WorkflowId("w")).error().code, "NOT_FOUND");
}

TEST_F(SqliteStoreTest, OlderRowsNeverReplaceNewerOnes) {
  ASSERT_TRUE(store_->insert_launch(launch("r1", 1)).has_value());
  const std::vector<projection::RowBatch> batches = {step(5, "SUCCEEDED"), step(3, "STARTED")};
  ASSERT_TRUE(store_->write(batches, {}).has_value());
  ASSERT_TRUE(store_->write(batches, {}).has_value());
  const auto steps = store_->steps(kTenant, RunId("r1"), 0, 10);
  ASSERT_EQ(steps->size(), 1U);
  EXPECT_EQ(steps->front().status, "SUCCEEDED");
  EXPECT_EQ(store_->run(kTenant, RunId("r1"))->run.status, "SUCCEEDED");
}

TEST_F(SqliteStoreTest, OneOccurrenceLaunchesOnce) {
  LaunchRow first = launch("r1", 1);
  first.fire_key = "schedule-1:10";
  LaunchRow second = launch("r2", 2);
  second.fire_key = "schedule-1:10";
  ASSERT_TRUE(store_->insert_launch(first).has_value());
  EXPECT_EQ(store_->insert_launch(second).error().code, "STORE_CONFLICT");
}

TEST_F(SqliteStoreTest, PagesRunsNewestFirstWithoutGaps) {
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(store_->insert_launch(launch("r" + std::to_string(i), i / 2)).has_value());
  std::vector<std::string> seen;
  RunFilter filter;
  filter.limit = 2;
  while (true) {
    const auto page = store_->runs(kTenant, filter);
    for (const RunView& view : *page) seen.push_back(view.launch.run_id.text);
    if (page->size() < 2) break;
    filter.after = {page->back().launch.started_at, page->back().launch.run_id.text};
  }
  EXPECT_THAT(seen, testing::ElementsAre("r4", "r3", "r2", "r1", "r0"));
  EXPECT_EQ(*store_->count_runs(kTenant, {}), 5);
}

TEST_F(SqliteStoreTest, AnInvocationIsTakenOverByOneOnly) {
  InvocationRow row;
  row.tenant = kTenant;
  row.idempotency_key = "k";
  row.run_id = RunId("r1");
  EXPECT_TRUE(put(row, 0, InvocationStatus::Started));
  EXPECT_FALSE(put(row, 0, InvocationStatus::Started));
  InvocationRow next = row;
  next.attempt = 2;
  EXPECT_TRUE(put(next, 1, InvocationStatus::Started));
  EXPECT_FALSE(put(next, 1, InvocationStatus::Started));
  EXPECT_EQ((*store_->invocation(kTenant, "k"))->attempt, 2U);
}

TEST_F(SqliteStoreTest, ALockedDatabaseIsAClearErrorAndLosesNothing) {
  auto impatient = open(50);
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(file().c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  const auto refused = impatient->insert_launch(launch("r1", 1));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "STORE_BUSY");
  sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  EXPECT_TRUE(impatient->insert_launch(launch("r1", 1)).has_value());
}

TEST_F(SqliteStoreTest, ADatabaseOfANewerProgramIsRefused) {
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(file().c_str(), &other), SQLITE_OK);
  sqlite3_exec(other, "INSERT INTO schema_migrations VALUES (999, 'x')", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  EXPECT_EQ(open_sqlite({file()}).error().code, "STORE_TOO_NEW");
}

TEST_F(SqliteStoreTest, AFullDiskIsAClearErrorAndLosesNothing) {
  auto small = open_sqlite({file(), 10'000, 400'000});
  ASSERT_TRUE(small.has_value());
  ASSERT_TRUE((*small)->insert_launch(launch("r1", 1)).has_value());
  LaunchRow big = launch("r2", 2);
  big.input = std::string(1'000'000, 'x');
  const auto refused = (*small)->insert_launch(big);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "STORE_FULL");
  EXPECT_EQ((*small)->run(kTenant, RunId("r1"))->launch.run_id.text, "r1");
  EXPECT_TRUE((*small)->insert_launch(launch("r3", 3)).has_value());
}

TEST_F(SqliteStoreTest, OneThatCannotBeWrittenDoesNotHoldTheOthers) {
  auto small = open_sqlite({file(), 10'000, 400'000});
  ASSERT_TRUE(small.has_value());
  ASSERT_TRUE((*small)->insert_launch(launch("r1", 1)).has_value());
  std::vector<std::string> codes;
  {
    GroupWriter writer(**small);
    for (std::uint64_t i = 1; i <= 5; ++i) {
      projection::RowBatch batch = step(i, "SUCCEEDED");
      if (i == 3) batch.run->output = json::Value(std::string(1'000'000, 'x'));
      writer.submit(std::move(batch), [&](const Result<void>& written) {
        codes.push_back(written.has_value() ? "ok" : written.error().code);
      });
    }
  }
  EXPECT_THAT(codes, testing::ElementsAre("ok", "ok", "STORE_FULL", "ok", "ok"));
}

TEST_F(SqliteStoreTest, TheGroupWriterCallsBackOncePerBatch) {
  ASSERT_TRUE(store_->insert_launch(launch("r1", 1)).has_value());
  std::mutex mutex;
  int done = 0;
  {
    GroupWriter writer(*store_);
    for (std::uint64_t i = 1; i <= 100; ++i) {
      writer.submit(step(i, i == 100 ? "SUCCEEDED" : "STARTED"), [&](const Result<void>& written) {
        const std::scoped_lock lock(mutex);
        EXPECT_TRUE(written.has_value());
        ++done;
      });
    }
  }
  EXPECT_EQ(done, 100);
  GroupWriter writer(*store_);
  InvocationRow row;
  row.tenant = kTenant;
  row.idempotency_key = "k";
  EXPECT_TRUE(*writer.put({row}));
  EXPECT_FALSE(*writer.put({row}));
  EXPECT_EQ(store_->run(kTenant, RunId("r1"))->run.status, "SUCCEEDED");
}

}  // namespace
}  // namespace fermata::store
