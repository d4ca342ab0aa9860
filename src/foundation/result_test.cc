#include "foundation/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace fermata {
namespace {

Result<int> halve(int number) {
  if (number % 2 != 0) {
    return make_error(ErrorKind::Invalid, "ODD", "number is odd");
  }
  return number / 2;
}

Result<int> quarter(int number) {
  TRY(const int half, halve(number));
  TRY(const int result, halve(half));
  return result;
}

Result<void> must_be_even(int number) {
  TRY(const int half, halve(number));
  static_cast<void>(half);
  return {};
}

Result<int> twice_checked(int number) {
  TRY_DO(must_be_even(number));
  return number * 2;
}

TEST(Result, CarriesAValue) {
  const auto result = quarter(8);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(*result, 2);
}

TEST(Result, CarriesTheFirstErrorToTheCaller) {
  const auto result = quarter(6);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, "ODD");
}

TEST(Result, TryDoReturnsTheErrorOfAVoidResult) {
  EXPECT_FALSE(twice_checked(3).has_value());
  EXPECT_EQ(*twice_checked(4), 8);
}

TEST(Result, HoldsMoveOnlyValues) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> owned = *std::move(result);
  EXPECT_EQ(*owned, 7);
}

TEST(Error, WithinPutsContextInFront) {
  const Error error = make_error(ErrorKind::Unavailable, "STORE_LOCKED", "store is locked");
  EXPECT_EQ(error.within("publishing workflow `invoice`").message,
            "publishing workflow `invoice`: store is locked");
  EXPECT_EQ(error.message, "store is locked");
}

}  // namespace
}  // namespace fermata
