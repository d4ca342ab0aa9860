// API keys, on both databases.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/api_keys.h"
#include "store/open.h"
#include "store/test_database.h"

namespace fermata::store {
namespace {

class ApiKeysTest : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<TestDatabase> database_ = make_test_database(GetParam());
  std::unique_ptr<Store> store_ = *open(database_->location());

  static ApiKeyRow key(const std::string& id, const std::string& tenant, TimeMs created_at) {
    return {TenantId(tenant),
            id,
            "name of " + id,
            "viewer",
            "hash of " + id,
            created_at,
            std::nullopt,
            {},
            {}};
  }
};

INSTANTIATE_TEST_SUITE_P(On, ApiKeysTest, testing::Values("sqlite", "postgres"),
                         [](const auto& chosen) { return chosen.param; });

TEST_P(ApiKeysTest, AKeyIsFoundByItsIdAndListedToItsTenantOnly) {
  ASSERT_TRUE(store_->api_keys().put(key("a", "one", 1)).has_value());
  ASSERT_TRUE(store_->api_keys().put(key("b", "one", 2)).has_value());
  ASSERT_TRUE(store_->api_keys().put(key("c", "two", 3)).has_value());
  EXPECT_EQ(store_->api_keys().find("c")->tenant.text, "two");
  EXPECT_EQ(store_->api_keys().find("absent").error().code, "NOT_FOUND");
  std::vector<std::string> listed;
  const auto rows = store_->api_keys().rows(TenantId("one"));
  for (const ApiKeyRow& row : *rows) listed.push_back(row.key_id);
  EXPECT_THAT(listed, testing::ElementsAre("b", "a"));
}

TEST_P(ApiKeysTest, AKeyIsTakenOnce) {
  ASSERT_TRUE(store_->api_keys().put(key("a", "one", 1)).has_value());
  EXPECT_EQ(store_->api_keys().put(key("a", "two", 2)).error().code, "STORE_CONFLICT");
}

TEST_P(ApiKeysTest, RevokingIsForGoodAndForOnesOwnTenant) {
  ASSERT_TRUE(store_->api_keys().put(key("a", "one", 1)).has_value());
  EXPECT_EQ(store_->api_keys().revoke(TenantId("two"), "a", 5).error().code, "NOT_FOUND");
  EXPECT_FALSE(store_->api_keys().find("a")->revoked_at.has_value());
  ASSERT_TRUE(store_->api_keys().revoke(TenantId("one"), "a", 6).has_value());
  ASSERT_TRUE(store_->api_keys().revoke(TenantId("one"), "a", 7).has_value());
  EXPECT_EQ(store_->api_keys().find("a")->revoked_at, 6);
}

TEST_P(ApiKeysTest, UseIsNoted) {
  ASSERT_TRUE(store_->api_keys().put(key("a", "one", 1)).has_value());
  ASSERT_TRUE(store_->api_keys().mark_used("a", 9).has_value());
  EXPECT_EQ(store_->api_keys().find("a")->used_at, 9);
}

}  // namespace
}  // namespace fermata::store
