#include "api/permissions.h"

#include <gtest/gtest.h>

namespace fermata::api {
namespace {

using service::Role;

TEST(Permissions, LookingNeedsAViewer) {
  EXPECT_EQ(needed_for("GET", "/api/v1/runs/{id}/steps"), Role::Viewer);
  for (const char* question :
       {"/api/v1/definitions/validate", "/api/v1/definitions/complete",
        "/api/v1/definitions/rename", "/api/v1/expressions/evaluate", "/api/v1/expressions/check"})
    EXPECT_EQ(needed_for("POST", question), Role::Viewer) << question;
}

TEST(Permissions, SteeringNeedsAnOperatorAndWritingAnAuthor) {
  EXPECT_EQ(needed_for("POST", "/api/v1/runs/{id}/cancel"), Role::Operator);
  EXPECT_EQ(needed_for("POST", "/api/v1/workflows/{id}/runs"), Role::Operator);
  EXPECT_EQ(needed_for("POST", "/api/v1/workflows"), Role::Author);
  EXPECT_EQ(needed_for("POST", "/api/v1/simulations"), Role::Author);
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
