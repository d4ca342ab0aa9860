#include "worker/poll_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fermata::worker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Lines final : public Log {
 public:
  void write(LogLevel, std::string_view message, const LogFields&) override {
    lines.emplace_back(message);
  }
  std::vector<std::string> lines;
};

const Error kShutdown =
    make_error(ErrorKind::Unavailable, "TEMPORAL_SHUTDOWN", "worker is shut down");
const Error kRefused = make_error(ErrorKind::Unavailable, "TEMPORAL_WORKER", "permission denied");

class PollWatchTest : public testing::Test {
 protected:
  Lines log_;
  std::vector<std::string> told_;
  PollWatch watch_{log_, [this](const Error& why) { told_.push_back(why.message); }};
};

TEST_F(PollWatchTest, PollsThatWereAskedToEndAreNoEndOfTheWorker) {
  watch_.stop();
  EXPECT_FALSE(watch_.go_on_after(kShutdown));
  EXPECT_TRUE(watch_.go_on_after(kRefused));
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(PollWatchTest, OneThatIsRefusedEndsTheWorkerAndIsToldOnce) {
  EXPECT_TRUE(watch_.go_on_after(kRefused));
  EXPECT_TRUE(watch_.go_on_after(kRefused));
  EXPECT_FALSE(watch_.go_on_after(kShutdown));
  EXPECT_THAT(told_, ElementsAre(HasSubstr("permission denied")));
  EXPECT_THAT(log_.lines, ElementsAre("a poll failed", "the worker has ended", "a poll failed"));
}

TEST_F(PollWatchTest, AShutdownThatNobodyAskedForEndsTheWorker) {
  EXPECT_FALSE(watch_.go_on_after(kShutdown));
  EXPECT_THAT(told_, ElementsAre(HasSubstr("worker is shut down")));
}

TEST_F(PollWatchTest, ATaskThatCannotBeReadIsNoEnd) {
  EXPECT_TRUE(watch_.go_on_after(
      make_error(ErrorKind::Internal, "PAYLOAD_UNREADABLE", "an activation cannot be read")));
  EXPECT_THAT(told_, IsEmpty());
}

}  // namespace
}  // namespace fermata::worker
