// What people look at, on both databases.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <thread>

#include "store/audit_log.h"
#include "store/open.h"
#include "store/run_views.h"
#include "store/test_database.h"
#include "store/test_rows.h"

namespace fermata::store {
namespace {

using testing::ElementsAre;
const TenantId kTenant("t");

class RunViewsTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto opened = open(database_->location());
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    store_ = *std::move(opened);
  }
  void put(const LaunchRow& row, const std::string& status = "RUNNING",
           const std::string& code = "") {
    ASSERT_TRUE(store_->insert_launch(row).has_value());
    projection::RowBatch batch;
    batch.run = projection::RunRow{.tenant = kTenant, .run_id = row.run_id, .sequence = 1};
    batch.run->status = status;
    if (!code.empty()) batch.run->error = json::Object{{"code", code}};
    ASSERT_TRUE(store_->write(std::span(&batch, 1), {}).has_value());
  }
  static projection::StepRow step(std::uint64_t number, std::uint64_t sequence,
                                  const std::string& path, const std::string& status) {
    projection::StepRow row;
    row.tenant = kTenant;
    row.run_id = RunId("run");
    row.step_number = number;
    row.sequence = sequence;
    row.step_path = path;
    row.step_type = "transform.assign";
    row.iteration = std::to_string(number);
    row.status = status;
    row.started_at = static_cast<TimeMs>(number * 10);
    if (status != "STARTED") row.completed_at = row.started_at + static_cast<TimeMs>(number);
    return row;
  }
  void put(const std::vector<projection::StepRow>& steps) {
    const projection::RowBatch batch{.run = {}, .steps = steps, .waits = {}};
    ASSERT_TRUE(store_->write(std::span(&batch, 1), {}).has_value());
  }
  std::vector<std::string> ids(const RunFilter& filter, const TenantId& tenant = kTenant) {
    const auto rows = store_->views().runs(tenant, filter);
    EXPECT_TRUE(rows.has_value()) << rows.error().message;
    std::vector<std::string> found;
    if (rows.has_value())
      for (const RunView& view : *rows) found.push_back(view.launch.run_id.text);
    return found;
  }

  std::unique_ptr<TestDatabase> database_ = make_test_database(GetParam());
  std::unique_ptr<Store> store_;
};

INSTANTIATE_TEST_SUITE_P(On, RunViewsTest, testing::Values("sqlite", "postgres"),
                         [](const auto& chosen) { return chosen.param; });

TEST_P(RunViewsTest, EveryFilterKeepsItsRunsInOrder) {
  LaunchRow other = launch_row("aaaaaaaa-2", 20);
  other.workflow_id = WorkflowId("other");
  LaunchRow child = launch_row("cccccccc-3", 30);
  child.parent_run_id = "aaaaaaaa-1";
  child.root_run_id = "aaaaaaaa-1";
  child.trigger_type = "child";
  put(launch_row("aaaaaaaa-1", 10), "FAILED", "NO_LUCK");
  put(other, "SUCCEEDED");
  put(child, "WAITING");
  put(launch_row("dddddddd-4", 40), "FAILED", "aaaaaaaa");
  EXPECT_THAT(ids({}), ElementsAre("dddddddd-4", "cccccccc-3", "aaaaaaaa-2", "aaaaaaaa-1"));
  EXPECT_THAT(ids({.workflow_id = "w"}), ElementsAre("dddddddd-4", "cccccccc-3", "aaaaaaaa-1"));
  EXPECT_THAT(ids({.statuses = {"FAILED", "WAITING"}}),
              ElementsAre("dddddddd-4", "cccccccc-3", "aaaaaaaa-1"));
  EXPECT_THAT(ids({.workflow_id = "other", .statuses = {"FAILED", "WAITING"}}), ElementsAre());
  EXPECT_THAT(ids({.trigger_type = "child"}), ElementsAre("cccccccc-3"));
  EXPECT_THAT(ids({.parent_run_id = "aaaaaaaa-1"}), ElementsAre("cccccccc-3"));
  EXPECT_THAT(ids({.statuses = {"FAILED"}, .parent_run_id = "aaaaaaaa-1"}), ElementsAre());
  EXPECT_THAT(ids({.root_run_id = "aaaaaaaa-1"}), ElementsAre("cccccccc-3", "aaaaaaaa-1"));
  EXPECT_THAT(ids({.started_from = 20, .started_before = 40}),
              ElementsAre("cccccccc-3", "aaaaaaaa-2"));
  EXPECT_THAT(ids({.search = "NO_LUCK"}), ElementsAre("aaaaaaaa-1"));
  EXPECT_THAT(ids({.search = "aaaaaaaa"}), ElementsAre("dddddddd-4", "aaaaaaaa-2", "aaaaaaaa-1"));
  EXPECT_THAT(ids({.search = "aaaaaaa"}), ElementsAre());
  EXPECT_THAT(ids({}, TenantId("other")), ElementsAre());
  EXPECT_EQ(*store_->views().count_runs(kTenant, {.search = "aaaaaaaa"}), 3);
}

TEST_P(RunViewsTest, PagesHaveNoGapsWhileRunsBegin) {
  for (int i = 0; i < 9; ++i)
    put(launch_row("r" + std::to_string(i), i / 3), i % 2 == 0 ? "RUNNING" : "FAILED", "E");
  const RunFilter filters[] = {{.limit = 2},
                               {.statuses = {"RUNNING", "FAILED"}, .limit = 2},
                               {.workflow_id = "w", .limit = 2}};
  int begun = 0;
  for (RunFilter filter : filters) {
    std::vector<std::string> seen;
    while (true) {
      const auto page = store_->views().runs(kTenant, filter);
      ASSERT_TRUE(page.has_value()) << page.error().message;
      for (const RunView& view : *page)
        if (view.launch.run_id.text[0] == 'r') seen.push_back(view.launch.run_id.text);
      if (page->size() < 2) break;
      filter.after = {page->back().launch.started_at, page->back().launch.run_id.text};
      put(launch_row("later" + std::to_string(begun++), 100));
    }
    EXPECT_THAT(seen, ElementsAre("r8", "r7", "r6", "r5", "r4", "r3", "r2", "r1", "r0"));
  }
}

TEST_P(RunViewsTest, EveryListIsReadFromAnIndexInItsOrder) {
  const std::string rows =
      GetParam() == "postgres"
          ? "SELECT 'run-' || n AS id, n FROM generate_series(1, 20000) AS numbers(n)"
          : "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT "
            "20000) SELECT 'run-' || n AS id, n FROM numbers";
  const std::string as_json = GetParam() == "postgres" ? "::json" : "";
  database_->execute(
      "INSERT INTO workflow_runs (run_id, tenant, workflow_id, workflow_version, status, "
      "trigger_type, temporal_workflow_id, definition_hash, runtime_semantics_version, "
      "parent_run_id, root_run_id, started_at, updated_at, error_json) SELECT id, 't', 'w' || (n % "
      "50), 1, CASE n % 40 WHEN 0 THEN 'FAILED' WHEN 1 THEN 'RUNNING' ELSE 'SUCCEEDED' END, CASE "
      "n % 60 WHEN 0 THEN 'event' ELSE 'api' END, id, 'h', 1, CASE n % 70 WHEN 0 THEN 'run-' || "
      "(n - 1) END, CASE n % 70 WHEN 0 THEN 'run-' || (n - 1) ELSE id END, n, n, (CASE n % 40 WHEN "
      "0 THEN '{\"code\":\"E\"}' END)" +
      as_json + " FROM (" + rows + ") AS made");
  database_->execute("ANALYZE");
  RunFilter page;
  page.after = {9'000, "run-9000"};
  RunFilter several{.statuses = {"FAILED", "RUNNING"}};
  const RunFilter filters[] = {{},
                               page,
                               several,
                               {.workflow_id = "w7"},
                               {.workflow_id = "w7", .statuses = {"FAILED"}},
                               {.trigger_type = "event"},
                               {.parent_run_id = "run-69"},
                               {.root_run_id = "run-69"},
                               {.started_from = 100, .started_before = 200},
                               {.search = "run-1234"},
                               {.search = "E"}};
  for (std::size_t i = 0; i < std::size(filters); ++i) {
    const auto plan = store_->views().plan(kTenant, filters[i]);
    ASSERT_TRUE(plan.has_value()) << plan.error().message;
    for (const std::string& line : *plan) {
      EXPECT_EQ(line.find("Seq Scan"), std::string::npos) << i << ": " << line;
      EXPECT_FALSE(line.starts_with("SCAN")) << i << ": " << line;
      // A search by id sorts the few that it finds.
      if (!filters[i].search) {
        EXPECT_EQ(line.find("B-TREE FOR ORDER BY"), std::string::npos) << i << ": " << line;
      }
    }
  }
}

TEST_P(RunViewsTest, AWindowOfStepsIsByPathStatusAndPlace) {
  std::vector<projection::StepRow> steps;
  for (std::uint64_t n = 1; n <= 9; ++n)
    steps.push_back(step(n, n, n % 3 == 0 ? "root.steps[0]" : "root.steps[0].body[0]",
                         n == 4 || n == 7 ? "FAILED"
                         : n == 9         ? "STARTED"
                                          : "SUCCEEDED"));
  put(steps);
  const RunId run("run");
  const auto numbers = [&](const StepFilter& filter) {
    std::vector<std::uint64_t> found;
    const auto rows = store_->views().steps(kTenant, run, filter);
    EXPECT_TRUE(rows.has_value()) << rows.error().message;
    for (const auto& row : *rows) found.push_back(row.step_number);
    return found;
  };
  EXPECT_THAT(numbers({.path = "root.steps[0]"}), ElementsAre(3, 6, 9));
  EXPECT_THAT(numbers({.statuses = {"FAILED", "STARTED"}}), ElementsAre(4, 7, 9));
  EXPECT_THAT(numbers({.iteration = "5"}), ElementsAre(5));
  EXPECT_THAT(numbers({.after = 5, .limit = 2}), ElementsAre(6, 7));
  EXPECT_THAT(*store_->views().count_steps(kTenant, run),
              ElementsAre(testing::Pair("FAILED", 2), testing::Pair("STARTED", 1),
                          testing::Pair("SUCCEEDED", 6)));
  EXPECT_EQ((*store_->views().current_step(kTenant, run))->step_number, 9U);
  EXPECT_TRUE(store_->views().count_steps(TenantId("other"), run)->empty());
}

TEST_P(RunViewsTest, SumsSayHowOftenHowLongAndWhereItFailedFirst) {
  std::vector<projection::StepRow> steps;
  for (std::uint64_t n = 2; n <= 8; ++n)
    steps.push_back(step(n, n, n == 2 ? "root.steps[0]" : "root.steps[1]",
                         n == 5 || n == 6 ? "FAILED" : "SUCCEEDED"));
  steps.push_back(step(9, 9, "root.steps[1]", "STARTED"));
  put(steps);
  const auto sums = store_->views().aggregates(kTenant, RunId("run"));
  ASSERT_TRUE(sums.has_value()) << sums.error().message;
  ASSERT_EQ(sums->size(), 2U);
  EXPECT_EQ((*sums)[0].path, "root.steps[0]");
  EXPECT_EQ((*sums)[0].first_failed_iteration, std::nullopt);
  const PathSums& body = (*sums)[1];
  EXPECT_THAT(body.by_status, ElementsAre(testing::Pair("FAILED", 2), testing::Pair("STARTED", 1),
                                          testing::Pair("SUCCEEDED", 4)));
  EXPECT_EQ(body.ms_min, 3);
  EXPECT_EQ(body.ms_p50, 5);
  EXPECT_EQ(body.ms_max, 8);
  EXPECT_EQ(body.first_failed_iteration, "5");
}

TEST_P(RunViewsTest, ATimelineIsRowsWhileTheyAreFewAndElseColumns) {
  std::vector<projection::StepRow> steps;
  for (std::uint64_t n = 1; n <= 3'000; ++n)
    steps.push_back(step(n, n, n % 2 == 0 ? "a" : "b", n == 2'500 ? "FAILED" : "SUCCEEDED"));
  put(steps);
  const auto few = store_->views().timeline(kTenant, RunId("run"), {.from = 100, .to = 200});
  ASSERT_TRUE(few.has_value()) << few.error().message;
  EXPECT_TRUE(few->buckets.empty());
  EXPECT_EQ(few->rows.front().started_at, 100);
  EXPECT_EQ(few->rows.back().started_at, 190);
  const auto many =
      store_->views().timeline(kTenant, RunId("run"), {.from = 0, .to = 40'000, .columns = 4});
  ASSERT_TRUE(many.has_value()) << many.error().message;
  EXPECT_TRUE(many->rows.empty());
  EXPECT_EQ(many->steps, 3'000);
  // Two paths in three columns, and the very last step.
  ASSERT_EQ(many->buckets.size(), 7U);
  std::int64_t total = 0;
  std::int64_t failed = 0;
  for (const TimelineBucket& bucket : many->buckets) {
    total += bucket.steps;
    failed += bucket.failed;
  }
  EXPECT_EQ(total, 3'000);
  EXPECT_EQ(failed, 1);
}

TEST_P(RunViewsTest, ChangesAreWhatIsNewerInOrderAndComplete) {
  put(launch_row("run", 1), "RUNNING");
  std::vector<projection::StepRow> steps;
  for (std::uint64_t n = 1; n <= 1'200; ++n) steps.push_back(step(n, 2 * n, "a", "SUCCEEDED"));
  put(steps);
  Watch watch{kTenant, RunId("run"), -1};
  const Watch stranger{TenantId("other"), RunId("run"), -1};
  std::vector<std::uint64_t> seen;
  bool has_more = true;
  bool is_first = true;
  while (has_more) {
    const auto changes = store_->views().changes({stranger, watch});
    ASSERT_TRUE(changes.has_value()) << changes.error().message;
    EXPECT_TRUE(changes->at(0).status.empty());
    EXPECT_TRUE(changes->at(0).steps.empty());
    const Changes& ours = changes->at(1);
    EXPECT_EQ(ours.run.has_value(), is_first);
    EXPECT_EQ(ours.status, "RUNNING");
    for (const auto& row : ours.steps) seen.push_back(row.sequence);
    watch.after = ours.until;
    has_more = ours.has_more;
    is_first = false;
  }
  ASSERT_EQ(seen.size(), 1'200U);
  EXPECT_TRUE(std::ranges::is_sorted(seen));
}

// A loop ends after its turns, and its row is news again.
TEST_P(RunViewsTest, ChangesHaveTheBlocksThatEndedAfterWhatTheyHold) {
  put(launch_row("run", 1), "RUNNING");
  std::vector<projection::StepRow> steps;
  for (std::uint64_t n = 1; n <= 1'200; ++n) {
    const bool is_loop = n % 100 == 64;
    steps.push_back(step(n, is_loop ? 2 * n + 101 : 2 * n, "a", "SUCCEEDED"));
    steps.back().step_type = is_loop ? "control.forEach" : "action.call";
  }
  put(steps);
  for (const std::int64_t known : {-1, 0, 1, 127, 128, 129, 228, 229, 230, 1'500, 2'399, 2'400}) {
    std::vector<std::uint64_t> expected;
    for (const auto& row : steps)
      if (static_cast<std::int64_t>(row.sequence) > known) expected.push_back(row.sequence);
    std::ranges::sort(expected);
    std::vector<std::uint64_t> seen;
    Watch watch{kTenant, RunId("run"), known};
    for (bool has_more = true; has_more;) {
      const auto changes = store_->views().changes({watch});
      ASSERT_TRUE(changes.has_value()) << changes.error().message;
      for (const auto& row : changes->front().steps) seen.push_back(row.sequence);
      watch.after = changes->front().until;
      has_more = changes->front().has_more;
    }
    EXPECT_EQ(seen, expected) << "known " << known;
  }
}

TEST_P(RunViewsTest, TheAuditLogKeepsWhatWasAskedAndHowItEnded) {
  AuditLog& audit = store_->audit();
  AuditRow row{.tenant = kTenant,
               .audit_id = "a1",
               .actor = "ann",
               .action = "runs.replay",
               .target_type = "runs",
               .target_id = "r1",
               .reason = "again",
               .at = 5};
  ASSERT_TRUE(audit.begin(row).has_value());
  EXPECT_EQ(audit.rows(kTenant, {})->front().outcome, "STARTED");
  row.outcome = "DONE";
  row.created_id = "r2";
  ASSERT_TRUE(audit.end(row).has_value());
  AuditRow later = row;
  later.audit_id = "a2";
  later.at = 6;
  later.target_id = "r3";
  later.created_id = "";
  ASSERT_TRUE(audit.begin(later).has_value());
  const auto of_new = audit.rows(kTenant, {.target_id = "r2"});
  ASSERT_EQ(of_new->size(), 1U);
  EXPECT_EQ(of_new->front().reason, "again");
  EXPECT_EQ(of_new->front().outcome, "DONE");
  EXPECT_EQ(audit.rows(kTenant, {.limit = 1})->front().audit_id, "a2");
  EXPECT_EQ(audit.rows(kTenant, {.limit = 1, .after = std::pair(TimeMs{6}, std::string("a2"))})
                ->front()
                .audit_id,
            "a1");
  EXPECT_TRUE(audit.rows(TenantId("other"), {})->empty());
  EXPECT_TRUE(audit.rows(kTenant, {.action = "runs.cancel"})->empty());
}

}  // namespace
}  // namespace fermata::store
