#include "api/permissions.h"

#include <gtest/gtest.h>

namespace fermata::api {
namespace {

using service::Role;

TEST(Permissions, LookingNeedsAViewer) {
  EXPECT_EQ(needed_for("GET", "/api/v1/runs/{id}/steps"), Role::Viewer);
  EXPECT_EQ(needed_for("POST", "/api/v1/definitions/validate"), Role::Viewer);
}

TEST(Permissions, SteeringNeedsAnOperatorAndWritingAnAuthor) {
  EXPECT_EQ(needed_for("POST", "/api/v1/runs/{id}/cancel"), Role::Operator);
  EXPECT_EQ(needed_for("POST", "/api/v1/workflows/{id}/runs"), Role::Operator);
  EXPECT_EQ(needed_for("POST", "/api/v1/workflows"), Role::Author);
  EXPECT_EQ(needed_for("DELETE", "/api/v1/workflows/{id}"), Role::Author);
}

TEST(Permissions, KeysSecretsAndWhatIsNotListedNeedAnAdmin) {
  EXPECT_EQ(needed_for("GET", "/api/v1/api-keys"), Role::Admin);
  EXPECT_EQ(needed_for("GET", "/api/v1/secrets"), Role::Admin);
  EXPECT_EQ(needed_for("POST", "/api/v1/something-new"), Role::Admin);
  EXPECT_EQ(needed_for("GET", "/elsewhere"), Role::Admin);
}

}  // namespace
}  // namespace fermata::api
