// What listeners to a tenant's runs are told, by what they know.
#include <gtest/gtest.h>

#include <filesystem>

#include "api/topic_hub.h"
#include "foundation/check.h"
#include "store/sqlite.h"

namespace fermata::api {
namespace {

const TenantId kTenant("t");

class HandClock final : public Clock {
 public:
  [[nodiscard]] TimeMs now() const override { return now_; }
  TimeMs now_ = 1'000'000;
};

class TopicHubTest : public testing::Test {
 protected:
  TopicHubTest() {
    std::string folder = (std::filesystem::temp_directory_path() / "fermata-hub-XXXXXX").string();
    CHECK(mkdtemp(folder.data()) != nullptr, "no temporary folder");
    folder_ = folder;
    store_ = *store::open_sqlite({.file = folder + "/fermata.db"});
  }
  ~TopicHubTest() override {
    store_.reset();
    std::error_code ec;
    std::filesystem::remove_all(folder_, ec);
  }
  void launch(const std::string& id, const TenantId& tenant = kTenant) {
    store::LaunchRow row;
    row.tenant = tenant;
    row.run_id = RunId(id);
    row.trigger_type = "api";
    row.root_run_id = id;
    row.started_at = ++started_;
    ASSERT_TRUE(store_->insert_launch(row).has_value());
  }
  void end(const std::string& id) {
    projection::RowBatch batch;
    batch.run = projection::RunRow{.tenant = kTenant, .run_id = RunId(id), .sequence = 9};
    batch.run->status = "SUCCEEDED";
    batch.run->completed_at = 5'000;
    ASSERT_TRUE(store_->write(std::span(&batch, 1), {}).has_value());
  }
  void look(std::int64_t later_ms = 1'000) {
    clock_.now_ += later_ms;
    const auto looked = hub_.look({*store_, clock_, system_});
    ASSERT_TRUE(looked.has_value()) << looked.error().message;
  }

  std::string folder_;
  std::unique_ptr<store::Store> store_;
  HandClock clock_;
  json::Value system_;
  TimeMs started_ = 0;
  TopicHub hub_{TopicKind::Runs, kTenant};
};

TEST_F(TopicHubTest, WhoKnowsNothingIsToldToReadTheListAndThenOfChangesOnly) {
  launch("r1");
  look();
  const auto first = hub_.news(std::nullopt);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->text, "\"dirty\":true");
  EXPECT_FALSE(hub_.news(first->until).has_value());
  launch("r2");
  launch("foreign", TenantId("other"));
  look();
  const auto second = hub_.news(first->until);
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->rows, 1U);
  EXPECT_NE(second->text.find("\"r2\""), std::string::npos);
  EXPECT_GT(second->until, first->until);
  EXPECT_FALSE(hub_.news(second->until).has_value());
  // Whoever was cut off in between loses nothing.
  end("r1");
  look();
  const auto both = hub_.news(first->until);
  ASSERT_TRUE(both.has_value());
  EXPECT_EQ(both->rows, 2U);
  EXPECT_NE(both->text.find("SUCCEEDED"), std::string::npos);
}

TEST_F(TopicHubTest, ARunThatEndsBehindManyNewerOnesIsTold) {
  launch("old");
  for (int i = 0; i < 200; ++i) {
    launch("new" + std::to_string(i));
    end("new" + std::to_string(i));
  }
  look();
  const auto known = hub_.news(std::nullopt)->until;
  end("old");
  look();
  const auto news = hub_.news(known);
  ASSERT_TRUE(news.has_value());
  EXPECT_EQ(news->rows, 1U);
  EXPECT_NE(news->text.find("\"old\""), std::string::npos);
}

TEST_F(TopicHubTest, OfTooManyChangesNobodyIsToldOneByOne) {
  look();
  const auto known = hub_.news(std::nullopt)->until;
  for (int i = 0; i < 501; ++i) launch("r" + std::to_string(i));
  look();
  EXPECT_EQ(hub_.news(known)->text, "\"dirty\":true");
}

TEST_F(TopicHubTest, ItLooksOnceInAPeriod) {
  look();
  const auto known = hub_.news(std::nullopt)->until;
  launch("r1");
  look(10);
  EXPECT_FALSE(hub_.news(known).has_value());
  look(1'000);
  EXPECT_TRUE(hub_.news(known).has_value());
}

}  // namespace
}  // namespace fermata::api
