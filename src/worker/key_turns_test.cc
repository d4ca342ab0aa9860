#include "worker/key_turns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace fermata::worker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class KeyTurnsTest : public testing::Test {
 protected:
  bool take(const std::string& visit, const std::string& key = "k") {
    return turns_.take(
        {TenantId("t"), key},
        {visit, [this, visit](KeyTurns::Turn turn) {
           told_.push_back(visit + (turn == KeyTurns::Turn::Ours ? " has" : " lost"));
         }});
  }
  void give_back() { turns_.give_back({TenantId("t"), "k"}); }

  KeyTurns turns_;
  std::vector<std::string> told_;
};

TEST_F(KeyTurnsTest, AKeyIsOneCallsAtATimeInOrder) {
  EXPECT_TRUE(take("a"));
  EXPECT_FALSE(take("b"));
  EXPECT_FALSE(take("c"));
  EXPECT_TRUE(take("a", "other"));
  EXPECT_THAT(told_, IsEmpty());
  give_back();
  EXPECT_THAT(told_, ElementsAre("b has"));
  give_back();
  EXPECT_THAT(told_, ElementsAre("b has", "c has"));
  give_back();
  EXPECT_TRUE(take("d"));
}

TEST_F(KeyTurnsTest, ALaterCallOfTheSameVisitTakesThePlaceOfOneThatWaits) {
  EXPECT_TRUE(take("a"));
  EXPECT_FALSE(take("b"));
  EXPECT_FALSE(take("a"));
  EXPECT_FALSE(take("b"));
  EXPECT_THAT(told_, ElementsAre("b lost"));
  give_back();
  give_back();
  EXPECT_THAT(told_, ElementsAre("b lost", "a has", "b has"));
}

TEST_F(KeyTurnsTest, NobodyWaitsForAKeyThatIsKeptForLong) {
  EXPECT_TRUE(take("a"));
  EXPECT_FALSE(take("b"));
  turns_.close({TenantId("t"), "k"});
  EXPECT_FALSE(take("c"));
  EXPECT_THAT(told_, ElementsAre("b lost", "c lost"));
  give_back();
  EXPECT_TRUE(take("d"));
  EXPECT_FALSE(take("e"));
  EXPECT_THAT(told_, ElementsAre("b lost", "c lost"));
}

TEST_F(KeyTurnsTest, NobodyWaitsWhenTheWorkerStops) {
  EXPECT_TRUE(take("a"));
  EXPECT_FALSE(take("b"));
  turns_.drain();
  EXPECT_FALSE(take("c"));
  EXPECT_THAT(told_, ElementsAre("b lost", "c lost"));
  give_back();
  EXPECT_TRUE(take("d"));
}

}  // namespace
}  // namespace fermata::worker
