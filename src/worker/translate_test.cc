// What crosses between the machine and Temporal keeps its meaning.
#include "worker/translate.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace fermata::worker
