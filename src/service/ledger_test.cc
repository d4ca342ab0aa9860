#include "service/ledger.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <future>

#include "json/parse.h"
#include "json/text.h"
#include "store/sqlite.h"

namespace fermata::service {
namespace {

class HandClock final : public Clock {
 public:
  [[nodiscard]] TimeMs now() const override { return time; }
  TimeMs time = 1'000'000;
};

class LedgerTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "fermata-ledger-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    store_ = *store::open_sqlite({folder_ + "/db"});
    writer_ = std::make_unique<store::GroupWriter>(*store_);
    invocation_.tenant = TenantId("t");
    invocation_.key = "k";
    invocation_.run_id = RunId("r");
    invocation_.input = *json::parse(R"({"token":"t0p","auth":{"$secret":"CRM"},"n":1})");
  }
  void TearDown() override {
    writer_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  bool renew(Ledger& ledger) {
    std::promise<bool> told;
    ledger.renew(invocation_, 1, [&](const Result<bool>& kept) { told.set_value(*kept); });
    return told.get_future().get();
  }
  Result<void> succeed(Ledger& ledger, const json::Value& output) {
    std::promise<Result<void>> told;
    ledger.succeed(invocation_, 1, output, [&](Result<void> r) { told.set_value(std::move(r)); });
    return told.get_future().get();
  }
  Result<void> fail(Ledger& ledger, const json::Value& error) {
    std::promise<Result<void>> told;
    ledger.fail(invocation_, 1, error, [&](Result<void> r) { told.set_value(std::move(r)); });
    return told.get_future().get();
  }
  std::string folder_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::GroupWriter> writer_;
  HandClock clock_;
  Invocation invocation_;
};

TEST_F(LedgerTest, ASuccessIsReused) {
  Ledger ledger(*store_, *writer_, clock_, "a");
  ASSERT_TRUE(std::holds_alternative<Proceed>(*ledger.begin(invocation_)));
  ASSERT_TRUE(succeed(ledger, json::Value(7)).has_value());
  const auto again = ledger.begin(invocation_);
  EXPECT_EQ(std::get<Reuse>(*again).output.get_int64(), 7);
}

TEST_F(LedgerTest, OnlyTheFirstOfManyBeginsWithoutAsking) {
  Ledger ledger(*store_, *writer_, clock_, "a");
  const auto is_first = [&] {
    std::promise<Result<bool>> told;
    ledger.begin_first(invocation_, [&](Result<bool> r) { told.set_value(std::move(r)); });
    return *told.get_future().get();
  };
  EXPECT_TRUE(is_first());
  EXPECT_FALSE(is_first());
  EXPECT_TRUE(std::holds_alternative<Busy>(*ledger.begin(invocation_)));
}

TEST_F(LedgerTest, AFailureIsTriedAgainUnderTheSameKey) {  // D15
  Ledger ledger(*store_, *writer_, clock_, "a");
  ASSERT_TRUE(ledger.begin(invocation_).has_value());
  ASSERT_TRUE(fail(ledger, json::Object{{"category", "TransientError"}}).has_value());
  EXPECT_EQ(std::get<Proceed>(*ledger.begin(invocation_)).attempt, 2U);
}

TEST_F(LedgerTest, ALeaseIsRespectedWhileItLivesAndTakenOverAfterwards) {
  Ledger first(*store_, *writer_, clock_, "a");
  Ledger second(*store_, *writer_, clock_, "b");
  ASSERT_TRUE(first.begin(invocation_).has_value());
  EXPECT_TRUE(std::holds_alternative<Busy>(*second.begin(invocation_)));
  clock_.time += Ledger::kLeaseMs / 2;
  EXPECT_TRUE(renew(first));
  clock_.time += Ledger::kLeaseMs / 2;
  EXPECT_TRUE(std::holds_alternative<Busy>(*second.begin(invocation_)));
  clock_.time += Ledger::kLeaseMs;
  EXPECT_EQ(std::get<Proceed>(*second.begin(invocation_)).attempt, 2U);
  EXPECT_FALSE(renew(first));
  EXPECT_EQ(succeed(first, json::Value(1)).error().code, "LEASE_LOST");
}

TEST_F(LedgerTest, SecretsAreNeverStored) {  // D18
  Ledger ledger(*store_, *writer_, clock_, "a");
  ASSERT_TRUE(ledger.begin(invocation_).has_value());
  const auto row = *store_->invocation(TenantId("t"), "k");
  EXPECT_EQ(json::to_text(row->input), R"({"token":"[REDACTED]","auth":{"$secret":"CRM"},"n":1})");
}

TEST_F(LedgerTest, LargeErrorsAreCutAtACharacter) {
  Ledger ledger(*store_, *writer_, clock_, "a");
  ASSERT_TRUE(ledger.begin(invocation_).has_value());
  std::string emoji;
  for (int i = 0; i < 20'000; ++i) emoji += "\xF0\x9F\x98\x80";
  ASSERT_TRUE(fail(ledger, json::Object{{"message", emoji}, {"details", emoji}}).has_value());
  const auto row = *store_->invocation(TenantId("t"), "k");
  const std::string text = json::to_text(*row->error);
  EXPECT_LE(text.size(), Ledger::kErrorBytesMax);
  EXPECT_TRUE(json::parse(text).has_value());
  EXPECT_NE(text.find("...[truncated]"), std::string::npos);
}

}  // namespace
}  // namespace fermata::service
