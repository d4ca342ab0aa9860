#include "service/access.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "store/sqlite.h"

namespace fermata::service {
namespace {

class HandClock final : public Clock {
 public:
  [[nodiscard]] TimeMs now() const override { return time; }
  TimeMs time = 1'000'000;
};

class CountingRandom final : public Random {
 public:
  std::string uuid() override { return "u" + std::to_string(++count_); }
  std::string secret() override {
    const std::string digits = std::to_string(++count_);
    return std::string(48 - digits.size(), '0') + digits;
  }

 private:
  int count_ = 100;
};

class AccessTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "fermata-access-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    store_ = *store::open_sqlite({folder_ + "/db"});
    access_ = std::make_unique<Access>(Access::Parts{store_->api_keys(), clock_, random_},
                                       TenantId("home"), "the-servers-own-token");
  }
  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  std::string code_of(const std::string& authorization) {
    const auto who = access_->authenticate(authorization);
    return who.has_value() ? "let in" : who.error().code;
  }
  std::string folder_;
  std::unique_ptr<store::Store> store_;
  HandClock clock_;
  CountingRandom random_;
  std::unique_ptr<Access> access_;
};

TEST_F(AccessTest, TheServersOwnTokenIsAnAdmins) {
  const auto who = access_->authenticate("Bearer the-servers-own-token");
  ASSERT_TRUE(who.has_value());
  EXPECT_EQ(who->tenant.text, "home");
  EXPECT_EQ(who->role, Role::Admin);
}

TEST_F(AccessTest, AKeyLetsInItsTenantWithItsRole) {
  const auto made = access_->make_key({TenantId("other"), "the shop", Role::Operator, {}});
  ASSERT_TRUE(made.has_value());
  const auto who = access_->authenticate("Bearer " + made->key);
  ASSERT_TRUE(who.has_value());
  EXPECT_EQ(who->tenant.text, "other");
  EXPECT_EQ(who->name, "the shop");
  EXPECT_EQ(who->role, Role::Operator);
  EXPECT_EQ(store_->api_keys().find(made->row.key_id)->used_at, clock_.time);
}

TEST_F(AccessTest, TheSecretIsNotKept) {
  const auto made = access_->make_key({TenantId("t"), "n", Role::Viewer, {}});
  const std::string secret = made->key.substr(made->key.rfind('_') + 1);
  EXPECT_EQ(store_->api_keys().find(made->row.key_id)->secret_hash.find(secret), std::string::npos);
}

TEST_F(AccessTest, WhoIsNotKnownIsNotToldWhy) {
  const auto made = access_->make_key({TenantId("t"), "n", Role::Viewer, clock_.time + 1'000});
  EXPECT_EQ(code_of(""), "TOKEN_MISSING");
  EXPECT_EQ(code_of("Basic dXNlcjpwYXNz"), "TOKEN_MISSING");
  EXPECT_EQ(code_of("Bearer "), "TOKEN_INVALID");
  EXPECT_EQ(code_of("Bearer the-servers-own-toke"), "TOKEN_INVALID");
  EXPECT_EQ(code_of("Bearer fk_"), "TOKEN_INVALID");
  EXPECT_EQ(code_of("Bearer fk_absent_secret"), "TOKEN_INVALID");
  EXPECT_EQ(code_of("Bearer " + made->key + "0"), "TOKEN_INVALID");
  EXPECT_EQ(code_of("Bearer " + made->key), "let in");
  clock_.time += 1'000;
  EXPECT_EQ(code_of("Bearer " + made->key), "TOKEN_INVALID");
}

TEST_F(AccessTest, ARevokedKeyIsShutOutAtOnce) {
  const auto made = access_->make_key({TenantId("t"), "n", Role::Admin, {}});
  ASSERT_TRUE(access_->revoke(TenantId("t"), made->row.key_id).has_value());
  EXPECT_EQ(code_of("Bearer " + made->key), "TOKEN_INVALID");
}

TEST_F(AccessTest, ATenantHasAPlainName) {
  for (const char* name : {"", "*", "a:b", "Acme", "-a", "a/b", "a b"})
    EXPECT_EQ(access_->make_key({TenantId(name), "n", Role::Viewer, {}}).error().code,
              "TENANT_INVALID")
        << name;
  EXPECT_TRUE(access_->make_key({TenantId("acme-2_b"), "n", Role::Viewer, {}}).has_value());
}

TEST_F(AccessTest, OnlyTheServersOwnTokenIsTheOwners) {
  EXPECT_TRUE(access_->authenticate("Bearer the-servers-own-token")->is_owner);
  const auto made = access_->make_key({TenantId("home"), "n", Role::Admin, {}});
  EXPECT_FALSE(access_->authenticate("Bearer " + made->key)->is_owner);
}

TEST_F(AccessTest, AKeyNeedsANameAndATimeToCome) {
  EXPECT_EQ(access_->make_key({TenantId("t"), "", Role::Viewer, {}}).error().code, "KEY_INVALID");
  EXPECT_EQ(access_->make_key({TenantId("t"), "n", Role::Viewer, clock_.time}).error().code,
            "KEY_INVALID");
}

}  // namespace
}  // namespace fermata::service
