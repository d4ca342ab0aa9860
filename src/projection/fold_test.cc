#include "projection/fold.h"

#include <gtest/gtest.h>

#include "foundation/limits.h"
#include "json/text.h"

namespace fermata::projection {
namespace {

namespace in = interpreter;

in::RunError large_error() {
  in::RunError error;
  error.category = "ActionError";
  error.code = "HTTP_STATUS";
  error.message = "503";
  error.node_path = "root.steps[0]";
  error.details = json::Object{{"body", std::string(limits::kMiB, 'x')}};
  return error;
}

TEST(Fold, AnErrorOfAStepOrARetryIsAsLargeAsARow) {
  in::RecordStep step;
  step.step_number = 1;
  step.status = in::StepStatus::Failed;
  step.error = large_error();
  in::OpenWait wait;
  wait.type = in::WaitType::Retry;
  wait.details = json::Object{{"attempt", 1}, {"error", large_error().to_json()}};
  const std::vector<in::Effect> effects = {step, wait};
  const RowBatch batch = fold({TenantId("t"), RunId("r"), 1, 0}, effects);
  for (const json::Value& error :
       {*batch.steps.at(0).error, batch.waits.at(0).payload->at("error")}) {
    EXPECT_LT(json::text_bytes(error), limits::kErrorRowBytesMax);
    EXPECT_EQ(error.at("code"), "HTTP_STATUS");
    EXPECT_EQ(error.at("message"), "503");
    EXPECT_EQ(error.at("details").at("truncated"), true);
  }
  EXPECT_EQ(batch.waits.at(0).payload->at("attempt"), 1);
}

TEST(Fold, AMessageIsCutAtACharacter) {
  in::RecordStep step;
  step.step_number = 1;
  step.status = in::StepStatus::Failed;
  step.error = large_error();
  step.error->message.clear();
  for (int i = 0; i < 100'000; ++i) step.error->message += "\xC3\xA4";
  const RowBatch batch = fold({TenantId("t"), RunId("r"), 1, 0}, std::vector<in::Effect>{step});
  const json::Value& error = *batch.steps.at(0).error;
  EXPECT_LT(json::text_bytes(error), limits::kErrorRowBytesMax);
  EXPECT_TRUE(json::to_std(error.at("message").as_string()).ends_with("\xC3\xA4...[truncated]"));
}

}  // namespace
}  // namespace fermata::projection
