// What an open wait is looked up with, on both databases.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "foundation/check.h"
#include "store/open.h"
#include "store/test_database.h"
#include "store/test_rows.h"

namespace fermata::store {
namespace {

const TenantId kTenant("t");

class WaitEventsTest : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<TestDatabase> database_ = make_test_database(GetParam());
  std::unique_ptr<Store> store_ = *open(database_->location());

  static projection::WaitRow wait(std::optional<std::string> key) {
    projection::WaitRow row;
    row.tenant = kTenant;
    row.run_id = RunId("r");
    row.event_name = "PAID";
    row.correlation_key = std::move(key);
    row.accepts_from = 100;
    return row;
  }
  // The ids of all pages of that size.
  std::string paged(const std::optional<std::string>& key, std::size_t limit) {
    std::string ids;
    for (EventPage page{limit};;) {
      const auto rows = store_->events_for(wait(key), page);
      CHECK(rows.has_value(), "no page");
      for (const EventRow& row : *rows) ids += row.event_id.text;
      if (rows->size() < limit) return ids;
      page.after = {rows->back().received_at, rows->back().event_id.text};
    }
  }
};

INSTANTIATE_TEST_SUITE_P(On, WaitEventsTest, testing::Values("sqlite", "postgres"),
                         [](const auto& kind) { return kind.param; });

TEST_P(WaitEventsTest, ComeInPagesOldestFirst) {
  std::vector<EventRow> events = {
      event_row("c", "k", 100),     event_row("b", "k", 100),
      event_row("d", "other", 101), event_row("a", "k", 102),
      event_row("early", "k", 99),  event_row("nobody's", std::nullopt, 100)};
  for (const EventRow& row : std::vector(events)) {
    events.push_back(row);
    events.back().event_id = EventId("of another name " + row.event_id.text);
    events.back().event_name = "OTHER";
  }
  ASSERT_TRUE(store_->insert_events(events).has_value());
  for (const std::size_t limit : {1U, 2U, 3U, 200U}) {
    EXPECT_EQ(paged("k", limit), "bca") << limit;
    EXPECT_EQ(paged(std::nullopt, limit), "bcda") << limit;
  }
}

TEST_P(WaitEventsTest, WhatWasSentIsNotTurnedAwayLater) {
  const EventRow row = event_row("e", "k", 100);
  ASSERT_TRUE(store_->insert_events(std::span(&row, 1)).has_value());
  const auto after = [&](const std::string& outcome, const json::Object& details) {
    const DeliveryRow delivery{kTenant, row.event_id, "resume", "r", outcome, details, 1};
    CHECK(store_->put_routing(std::span(&delivery, 1), {}).has_value(), "not written");
    return store_->deliveries(kTenant, row.event_id)->front().outcome;
  };
  EXPECT_EQ(after("FILTERED", {{"filter", "n"}}), "FILTERED");
  // A later wait of the run may take it.
  EXPECT_EQ(paged("k", 10), "e");
  EXPECT_EQ(after("SIGNALED", {}), "SIGNALED");
  EXPECT_EQ(after("FILTERED", {{"filter", "m"}}), "SIGNALED");
  EXPECT_EQ(paged("k", 10), "");
}

TEST_P(WaitEventsTest, VersionsAreThoseOfTheRunsOfAllTenants) {
  for (const char* tenant : {"t", "u"}) {
    LaunchRow row = launch_row(std::string("of ") + tenant, 0);
    row.tenant = TenantId(tenant);
    row.workflow_version = 3;
    row.definition_hash = "h";
    ASSERT_TRUE(store_->insert_launch(row).has_value());
  }
  std::vector<RunId> runs = {RunId("of t"), RunId("of u"), RunId("of nobody")};
  // More than one statement takes.
  for (int i = 0; i < 1'000; ++i) runs.emplace_back("x" + std::to_string(i));
  std::vector<std::string> found;
  const auto rows = store_->versions_of(runs);
  ASSERT_TRUE(rows.has_value());
  for (const RunVersion& row : *rows) {
    found.push_back(row.tenant.text + " " + row.run_id.text);
    EXPECT_EQ(row.workflow_id, WorkflowId("w"));
    EXPECT_EQ(row.version, 3);
    EXPECT_EQ(row.hash, "h");
  }
  EXPECT_THAT(found, testing::UnorderedElementsAre("t of t", "u of u"));
}

}  // namespace
}  // namespace fermata::store
