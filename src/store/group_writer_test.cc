#include "store/group_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "store/open.h"
#include "store/test_database.h"

namespace fermata::store {
namespace {

class GroupWriterTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { ASSERT_TRUE(open(database_->location()).has_value()); }
  std::unique_ptr<TestDatabase> database_ = make_test_database(GetParam());
};

INSTANTIATE_TEST_SUITE_P(On, GroupWriterTest, testing::Values("sqlite", "postgres"),
                         [](const auto& chosen) { return chosen.param; });

TEST_P(GroupWriterTest, ALockedDatabaseIsNotWaitedForByEachInItsTurn) {
  constexpr int kPatienceMs = 200;
  constexpr int kRows = 50;
  const auto impatient = database_->open_impatient(kPatienceMs);
  const auto lock = database_->lock_runs();
  const auto began = std::chrono::steady_clock::now();
  std::vector<std::string> codes;
  {
    GroupWriter writer(*impatient);
    for (int i = 0; i < kRows; ++i) {
      projection::RowBatch batch;
      batch.run = projection::RunRow{.tenant = TenantId("t"), .run_id = RunId("r"), .sequence = 1};
      writer.submit(std::move(batch), [&](const Result<void>& written) {
        codes.push_back(written.has_value() ? "ok" : written.error().code);
      });
    }
  }
  EXPECT_THAT(codes,
              testing::AllOf(testing::SizeIs(kRows),
                             testing::Each(testing::AnyOf("STORE_BUSY", "STORE_UNAVAILABLE"))));
  EXPECT_LT(std::chrono::steady_clock::now() - began,
            std::chrono::milliseconds(kRows * kPatienceMs / 2));
}

}  // namespace
}  // namespace fermata::store
