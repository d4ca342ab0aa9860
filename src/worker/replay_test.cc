#include "worker/replay.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace fermata::worker {
namespace {

class AwayDefinitions final : public service::DefinitionSource {
 public:
  explicit AwayDefinitions(Error error) : error_(std::move(error)) {}
  Result<definition::ProgramPtr> load(const service::VersionRef&) override { return error_; }

 private:
  Error error_;
};

std::string stored_history() {
  const char* root = std::getenv("FERMATA_SOURCE_DIR");
  std::ifstream file(std::string(root == nullptr ? "." : root) +
                     "/tests/histories/1/assign-and-state.json");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Result<ReplayVerdict> replayed(Error error) {
  TRY(const temporal::Runtime runtime, temporal::Runtime::create({}));
  AwayDefinitions definitions(std::move(error));
  const actions::ActionRegistry actions;
  TRY(const auto replayer, Replayer::create(runtime, definitions, actions));
  TRY(const temporal::History history, temporal::history_from_json(stored_history()));
  // What a replay leaves behind must not be heard in the next one.
  static_cast<void>(replayer->check("w", history));
  return replayer->check("w", history);
}

// Else the rows of a run that met it would be made again an hour later.
TEST(Replayer, AStoreThatIsAwayIsNoDisagreement) {
  const auto verdict = replayed(make_error(ErrorKind::Unavailable, "STORE_UNAVAILABLE", "away"));
  ASSERT_FALSE(verdict.has_value());
  EXPECT_EQ(verdict.error().code, "STORE_UNAVAILABLE");
}

TEST(Replayer, AHistoryThatTheProgramDoesNotFollowIsADisagreement) {
  const auto verdict = replayed(make_error(ErrorKind::NotFound, "NOT_FOUND", "there is none"));
  ASSERT_TRUE(verdict.has_value()) << verdict.error().message;
  EXPECT_FALSE(verdict->agrees);
}

}  // namespace
}  // namespace fermata::worker
