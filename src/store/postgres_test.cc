// What only a database server does: go away, come back, be asked by many at once.
#include "store/postgres.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "store/open.h"
#include "store/run_views.h"
#include "store/test_postgres.h"

namespace fermata::store {
namespace {

const TenantId kTenant("t");

LaunchRow launch(const std::string& id) {
  LaunchRow row;
  row.tenant = kTenant;
  row.run_id = RunId(id);
  row.trigger_type = "api";
  row.root_run_id = id;
  return row;
}

TEST(PostgresTest, AfterTheServerWentAwayTheNextCallWorks) {
  for (const bool is_crash : {false, true}) {
    TestPostgres server;
    const auto store = *open(server.url());
    ASSERT_TRUE(store->insert_launch(launch("r1")).has_value());
    server.stop(is_crash);
    EXPECT_EQ(store->insert_launch(launch("r2")).error().code, "STORE_UNAVAILABLE");
    EXPECT_EQ(store->check_health().error().code, "STORE_UNAVAILABLE");
    server.start();
    EXPECT_TRUE(store->insert_launch(launch("r2")).has_value());
    server.stop(is_crash);
    server.start();
    EXPECT_TRUE(store->insert_launch(launch("r3")).has_value());
    EXPECT_EQ(*store->views().count_runs(kTenant, {}), 3);
  }
}

TEST(PostgresTest, AServerThatSaysNothingIsGivenUpInTime) {
  TestPostgres server;
  const auto store = *open_postgres({.url = server.url(), .answer_timeout_ms = 100});
  ASSERT_TRUE(store->check_health().has_value());
  server.freeze();
  EXPECT_EQ(store->check_health().error().code, "STORE_UNAVAILABLE");
  server.thaw();
  EXPECT_TRUE(store->check_health().has_value());
}

TEST(PostgresTest, MoreThreadsThanConnectionsAreServedInTurn) {
  TestPostgres server;
  const auto store = *open_postgres({.url = server.url(), .connections_max = 2});
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&store, i] {
      for (int k = 0; k < 20; ++k) {
        const std::string id = std::to_string(i) + "-" + std::to_string(k);
        EXPECT_TRUE(store->insert_launch(launch(id)).has_value());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(*store->views().count_runs(kTenant, {}), 160);
}

TEST(PostgresTest, SchemasAreDatabasesOfTheirOwn) {
  TestPostgres server;
  const auto one = *open_postgres({.url = server.url(), .schema = "one"});
  const auto two = *open_postgres({.url = server.url(), .schema = "Two; \"odd\""});
  ASSERT_TRUE(one->insert_launch(launch("r1")).has_value());
  EXPECT_EQ(*one->views().count_runs(kTenant, {}), 1);
  EXPECT_EQ(*two->views().count_runs(kTenant, {}), 0);
}

}  // namespace
}  // namespace fermata::store
