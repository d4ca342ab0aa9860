// Row-level security: what a statement sees that forgets its tenant.
#include <gtest/gtest.h>

#include <set>

#include "store/open.h"
#include "store/postgres_connection.h"
#include "store/postgres_store.h"
#include "store/run_views.h"
#include "store/test_postgres.h"

namespace fermata::store {
namespace {

LaunchRow launch(const std::string& tenant, const std::string& id) {
  LaunchRow row;
  row.tenant = TenantId(tenant);
  row.run_id = RunId(id);
  row.trigger_type = "api";
  row.root_run_id = id;
  return row;
}

class TenantFenceTest : public testing::Test {
 protected:
  void SetUp() override {
    store_ = *open(server_.url());
    ASSERT_TRUE(store_->insert_launch(launch("a", "r1")).has_value());
    ASSERT_TRUE(store_->insert_launch(launch("a", "r2")).has_value());
    ASSERT_TRUE(store_->insert_launch(launch("b", "r3")).has_value());
  }
  [[nodiscard]] std::unique_ptr<PostgresConnection> connect(DatabaseRole role) const {
    return *PostgresConnection::open({.url = server_.url()}, role);
  }
  static std::string answer(PostgresConnection& connection, const std::string& sql) {
    const auto rows = connection.run(sql);
    if (!rows.has_value()) return rows.error().message;
    return rows->empty() ? "nothing" : (*rows)[0].text(0);
  }
  TestPostgres server_;
  std::unique_ptr<Store> store_;
};

TEST_F(TenantFenceTest, StandsAroundEveryTableWithATenant) {
  const auto owner = connect(DatabaseRole::Owner);
  EXPECT_EQ(answer(*owner,
                   "SELECT string_agg(c.relname, ' ') FROM pg_class c JOIN pg_attribute a ON "
                   "a.attrelid = c.oid AND a.attname = 'tenant' WHERE c.relkind = 'r' AND "
                   "c.relnamespace = current_schema()::regnamespace AND NOT (c.relrowsecurity AND "
                   "c.relforcerowsecurity AND EXISTS (SELECT 1 FROM pg_policies p WHERE "
                   "p.tablename = c.relname AND p.policyname = 'tenant_fence'))"),
            "");
  EXPECT_EQ(answer(*owner,
                   "SELECT string_agg(c.relname, ' ') FROM pg_class c WHERE c.relkind = 'r' AND "
                   "c.relnamespace = current_schema()::regnamespace AND NOT EXISTS (SELECT 1 FROM "
                   "pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant')"),
            "schema_migrations");
  EXPECT_GE(std::stoi(answer(*owner, "SELECT count(*)::text FROM pg_policies")), 19);
}

TEST_F(TenantFenceTest, AStatementThatForgetsItsTenantSeesOne) {
  const auto bound = connect(DatabaseRole::Bound);
  const std::string all = "SELECT string_agg(run_id, ' ' ORDER BY run_id) FROM workflow_runs";
  EXPECT_EQ(answer(*bound, all), "");
  ASSERT_TRUE(bound->bind_to(TenantId("a")).has_value());
  EXPECT_EQ(answer(*bound, all), "r1 r2");
  ASSERT_TRUE(bound->bind_to(TenantId("b")).has_value());
  EXPECT_EQ(answer(*bound, all), "r3");
  ASSERT_TRUE(bound->bind_to(kEveryTenant).has_value());
  EXPECT_EQ(answer(*bound, all), "r1 r2 r3");
  ASSERT_TRUE(bound->bind_to(TenantId("")).has_value());
  EXPECT_EQ(answer(*bound, all), "");
}

TEST_F(TenantFenceTest, AStatementThatForgetsItsTenantChangesAndAddsNothingOfAnothers) {
  const auto bound = connect(DatabaseRole::Bound);
  ASSERT_TRUE(bound->bind_to(TenantId("b")).has_value());
  EXPECT_EQ(
      answer(*bound,
             "UPDATE workflow_runs SET status = 'FAILED' WHERE run_id = 'r1' RETURNING 'changed'"),
      "nothing");
  EXPECT_EQ(answer(*bound, "DELETE FROM workflow_runs WHERE run_id <> 'r3' RETURNING 'gone'"),
            "nothing");
  EXPECT_NE(answer(*bound, "UPDATE workflow_runs SET tenant = 'a' RETURNING 'moved'")
                .find("row-level security"),
            std::string::npos);
  EXPECT_NE(
      answer(*bound,
             "INSERT INTO workflow_calendars (tenant, name, calendar_json, updated_at) VALUES "
             "('a', 'n', '{}', 1)")
          .find("row-level security"),
      std::string::npos);
  EXPECT_EQ(store_->run(TenantId("a"), RunId("r1"))->run.status, "RUNNING");
}

TEST_F(TenantFenceTest, WhatServesBothDatabasesIsBoundToo) {
  PostgresPool pool({.url = server_.url()});
  PostgresSql sql(pool);
  const auto count = [&](const std::string& tenant) {
    Query query{.tenant = TenantId(tenant)};
    query.add("SELECT count(*) FROM workflow_runs");
    std::int64_t counted = -1;
    EXPECT_TRUE(sql.select(std::span(&query, 1),
                           [&](std::size_t, const Cells& cells) { counted = cells.number(0); })
                    .has_value());
    return counted;
  };
  EXPECT_EQ(count("a"), 2);
  EXPECT_EQ(count("b"), 1);
  EXPECT_EQ(count("a"), 2);
  EXPECT_EQ(count(""), 0);
  EXPECT_EQ(count("*"), 3);
}

TEST_F(TenantFenceTest, HoldsAnOrdinaryOwnerOfTheTables) {
  server_.execute("CREATE ROLE plain LOGIN; CREATE SCHEMA plain AUTHORIZATION plain");
  std::string url = server_.url();
  url.replace(url.find("fermata@"), 8, "plain@");
  const auto store = *open_postgres({.url = url, .schema = "plain"});
  ASSERT_TRUE(store->insert_launch(launch("a", "p1")).has_value());
  EXPECT_EQ(*store->views().count_runs(TenantId("a"), {}), 1);
  const auto owner =
      *PostgresConnection::open({.url = url, .schema = "plain"}, DatabaseRole::Owner);
  EXPECT_EQ(answer(*owner, "SELECT current_user::text"), "plain");
  EXPECT_EQ(answer(*owner, "SELECT count(*)::text FROM workflow_runs"), "0");
}

TEST_F(TenantFenceTest, AnApplicationThatOwnsNothingCanWork) {
  server_.execute(
      "CREATE ROLE worker LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "
      "public TO worker; REVOKE CREATE ON SCHEMA public FROM PUBLIC");
  std::string url = server_.url();
  url.replace(url.find("fermata@"), 8, "worker@");
  const auto store = open(url);
  ASSERT_TRUE(store.has_value()) << store.error().message;
  EXPECT_TRUE((*store)->insert_launch(launch("a", "w1")).has_value());
  EXPECT_EQ(*(*store)->views().count_runs(TenantId("a"), {}), 3);
}

TEST_F(TenantFenceTest, RowsOfSeveralTenantsAreWrittenTogether) {
  std::vector<projection::RowBatch> batches(2);
  for (std::size_t i = 0; i < 2; ++i) {
    projection::RunRow& row = batches[i].run.emplace();
    row.tenant = TenantId(i == 0 ? "a" : "b");
    row.run_id = RunId(i == 0 ? "r1" : "r3");
    row.sequence = 1;
    row.status = "SUCCEEDED";
  }
  ASSERT_TRUE(store_->write(batches, {}).has_value());
  EXPECT_EQ(store_->run(TenantId("a"), RunId("r1"))->run.status, "SUCCEEDED");
  EXPECT_EQ(store_->run(TenantId("b"), RunId("r3"))->run.status, "SUCCEEDED");
  // A row that names another tenant than its run's changes nothing.
  batches.resize(1);
  batches[0].run->tenant = TenantId("b");
  batches[0].run->run_id = RunId("r2");
  ASSERT_TRUE(store_->write(batches, {}).has_value());
  EXPECT_EQ(store_->run(TenantId("a"), RunId("r2"))->run.status, "RUNNING");
}

}  // namespace
}  // namespace fermata::store
