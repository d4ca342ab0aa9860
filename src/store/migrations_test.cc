// Databases of every earlier program, brought forward.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

#include "json/value.h"
#include "store/open.h"
#include "store/test_database.h"

namespace fermata::store {
namespace {

// The step that ends the runs of the engine before Temporal.
constexpr std::int64_t kFinalising = 4;
// Before the step that keeps what is to be routed beside the events.
constexpr std::int64_t kBeforeBacklog = 10;
const TenantId kTenant("t");

std::string stranded_rows() {
  std::ifstream file(std::string(std::getenv("FERMATA_SOURCE_DIR")) +
                     "/tests/migrations/stranded_rows.sql");
  return {std::istreambuf_iterator<char>(file), {}};
}

class MigrationsTest : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<TestDatabase> database_ = make_test_database(GetParam());
};

INSTANTIATE_TEST_SUITE_P(On, MigrationsTest, testing::Values("sqlite", "postgres"),
                         [](const auto& chosen) { return chosen.param; });

TEST_P(MigrationsTest, EveryEarlierDatabaseIsBroughtForwardWithItsRows) {
  ASSERT_TRUE(open(database_->location()).has_value());
  const std::int64_t newest = database_->step();
  ASSERT_GT(newest, kBeforeBacklog);
  for (std::int64_t version = 1; version < newest; ++version) {
    database_->clear();
    static_cast<void>(database_->open_at(version));
    ASSERT_EQ(database_->step(), version);
    database_->execute(
        "INSERT INTO workflow_runs (run_id, tenant, workflow_id, workflow_version, status, "
        "input_json, trigger_type, temporal_workflow_id, definition_hash, "
        "runtime_semantics_version, root_run_id, started_at, updated_at) VALUES "
        "('r', 't', 'w', 1, 'RUNNING', '{\"a\":1}', 'api', 'x', 'h', 1, 'r', 5, 5)");
    const auto opened = open(database_->location());
    ASSERT_TRUE(opened.has_value()) << version << ": " << opened.error().message;
    EXPECT_EQ(database_->step(), newest);
    const auto run = (*opened)->run(kTenant, RunId("r"));
    ASSERT_TRUE(run.has_value()) << version << ": " << run.error().message;
    EXPECT_EQ(run->run.status, "RUNNING") << version;
    EXPECT_EQ(run->launch.input, json::Value(json::Object{{"a", 1}})) << version;
    EXPECT_TRUE((*opened)->triggered_by(kTenant, "E").has_value()) << version;
  }
}

TEST_P(MigrationsTest, EventsThatWereNotRoutedAreStillToBeRouted) {
  static_cast<void>(database_->open_at(kBeforeBacklog));
  database_->execute(
      "INSERT INTO workflow_runtime_events (tenant, event_id, event_name, payload, "
      "payload_schema_ref, notes, received_at, is_routed) VALUES ('t', 'open', 'E', '{}', '', "
      "'{}', 7, 0), ('t', 'done', 'E', '{}', '', '{}', 6, 1)");
  const auto store = *open(database_->location());
  const auto unrouted = store->unrouted_events(100, 10);
  ASSERT_TRUE(unrouted.has_value()) << unrouted.error().message;
  ASSERT_EQ(unrouted->size(), 1u);
  EXPECT_EQ(unrouted->front().event_id.text, "open");
  EXPECT_FALSE(unrouted->front().is_routed);
  EXPECT_TRUE(store->event(kTenant, EventId("done"))->is_routed);
}

TEST_P(MigrationsTest, AChangedStepIsRefused) {
  static_cast<void>(database_->open_at(1));
  database_->execute("UPDATE schema_migrations SET checksum = 'other'");
  EXPECT_EQ(open(database_->location()).error().code, "STORE_CORRUPT");
}

TEST_P(MigrationsTest, StrandedRunsOfTheOldEngineAreEndedHonestlyAndOthersLeftAlone) {
  static_cast<void>(database_->open_at(kFinalising - 1));
  database_->execute(stranded_rows());
  const auto store = *open(database_->location());
  const std::map<std::string, std::string> expected = {
      {"null-running", "CANCELED"},    {"null-waiting", "CANCELED"},
      {"db-running", "CANCELED"},      {"db-waiting", "CANCELED"},
      {"db-succeeded", "SUCCEEDED"},   {"db-failed", "FAILED"},
      {"null-canceled", "CANCELED"},   {"temporal-running", "RUNNING"},
      {"temporal-waiting", "WAITING"},
  };
  for (const auto& [id, status] : expected) {
    const auto view = store->run(kTenant, RunId(id));
    ASSERT_TRUE(view.has_value()) << id;
    EXPECT_EQ(view->run.status, status) << id;
    const bool was_stranded = status == "CANCELED" && id != "null-canceled";
    EXPECT_EQ(view->run.error.has_value(), was_stranded) << id;
    EXPECT_EQ(view->run.updated_at > 1'000'000, was_stranded) << id;
    if (!was_stranded) continue;
    EXPECT_EQ(json::string_at(view->run.error->get_object(), "code"), "ENGINE_REMOVED") << id;
    EXPECT_EQ(view->run.completed_at, view->run.updated_at) << id;
    EXPECT_EQ(view->run.node_path, std::nullopt) << id;
  }
  const auto wait_status = [&](const std::string& run) {
    std::map<std::string, std::string> found;
    const auto waits = store->waits(kTenant, RunId(run));
    for (const auto& wait : *waits) found[wait.wait_id.text] = wait.status;
    return found;
  };
  using testing::ElementsAre;
  using testing::Pair;
  EXPECT_THAT(wait_status("null-waiting"), ElementsAre(Pair("null-waiting-open", "RESOLVED")));
  EXPECT_THAT(wait_status("db-waiting"), ElementsAre(Pair("db-waiting-done", "TIMED_OUT"),
                                                     Pair("db-waiting-open", "RESOLVED")));
  EXPECT_THAT(wait_status("db-failed"), ElementsAre(Pair("db-failed-open", "WAITING")));
  EXPECT_THAT(wait_status("temporal-waiting"),
              ElementsAre(Pair("temporal-waiting-open", "WAITING")));
}

}  // namespace
}  // namespace fermata::store
