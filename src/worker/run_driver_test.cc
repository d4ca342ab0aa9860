#include "worker/run_driver.h"

#include <gtest/gtest.h>

#include "interpreter/semantics.h"

namespace fermata::worker {
namespace {

class NoDefinitions final : public service::DefinitionSource {
 public:
  Result<definition::ProgramPtr> load(const service::VersionRef&) override {
    return make_error(ErrorKind::NotFound, "NOT_FOUND", "there is none");
  }
};

Driven first_task(std::uint32_t semantics) {
  NoDefinitions definitions;
  const actions::ActionRegistry actions;
  RunDriver driver({definitions, actions});
  service::RunArguments arguments;
  arguments.identity.run_id = RunId("r");
  arguments.identity.semantics = semantics;
  temporal::InitializeWorkflow start;
  start.arguments = {temporal::to_payload(arguments.to_json())};
  temporal::Activation activation;
  activation.jobs.emplace_back(std::move(start));
  return driver.handle(activation);
}

TEST(RunDriver, ARunOfANewerSemanticsVersionWaitsForANewerWorker) {
  const Driven driven = first_task(interpreter::kCurrentSemantics + 1);
  const auto* failed = std::get_if<temporal::TaskFailure>(&driven.completion.status);
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->cause, temporal::TaskFailureCause::Nondeterminism);
  EXPECT_EQ(failed->failure.message,
            "the run is of semantics version 3, this worker knows up to 2");
  EXPECT_FALSE(driven.rows.has_value());
}

TEST(RunDriver, ARunWithoutItsDefinitionFails) {
  const Driven driven = first_task(interpreter::kCurrentSemantics);
  const auto* commands = std::get_if<std::vector<temporal::Command>>(&driven.completion.status);
  ASSERT_NE(commands, nullptr);
  ASSERT_EQ(commands->size(), 1U);
  EXPECT_TRUE(std::holds_alternative<temporal::FailWorkflow>(commands->front()));
}

}  // namespace
}  // namespace fermata::worker
