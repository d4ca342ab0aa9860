// What crosses between the machine and Temporal keeps its meaning.
#include "worker/translate.h"

#include <gtest/gtest.h>

#include "json/text.h"

namespace fermata::worker {
namespace {

TEST(Translate, AChildsErrorKeepsCategoryCodePlaceTimeAndDetails) {
  interpreter::RunError error;
  error.category = interpreter::category::kValidation;
  error.code = "BAD";
  error.message = "bad input";
  error.node_path = "root.steps[3]";
  error.at = 1'700'000'000'123;
  error.details = json::Object{{"field", "email"}};
  EXPECT_EQ(run_error_of(failure_of(error)), error);
}

// An argument without them is of an earlier version, which had every reference opened.
TEST(Translate, AnActionsArgumentAlwaysSaysWhereSecretsStand) {
  interpreter::RunAction action;
  action.input = json::Object{{"card", json::Object{{"$secret", "CRM_KEY"}}}};
  const auto places = [&] {
    return json::to_text(action_argument(action, {}, 0).at(service::kSecretPlaces));
  };
  EXPECT_EQ(places(), "[]");
  action.secret_places = {"/headers/X-Key"};
  EXPECT_EQ(places(), R"(["/headers/X-Key"])");
}

}  // namespace
}  // namespace fermata::worker
