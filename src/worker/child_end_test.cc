#include "worker/child_end.h"

#include <gtest/gtest.h>

namespace fermata::worker {
namespace {

namespace in = interpreter;

in::InputKind ended(std::string data, std::uint32_t semantics) {
  in::RunIdentity parent;
  parent.semantics = semantics;
  temporal::Payload payload;
  payload.data = std::move(data);
  payload.metadata = {{"encoding", "json/plain"}};
  return end_of_child({7, temporal::ActivityCompleted{payload}}, parent, 1'000);
}

std::string nested(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

TEST(EndOfChild, AResultThatCannotBeReadIsTheChildsFailure) {
  const in::InputKind heard = ended("{", 2);
  const auto* failed = std::get_if<in::ChildFailed>(&heard);
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->seq, 7U);
  EXPECT_EQ(failed->error.code, "PAYLOAD_UNREADABLE");
}

TEST(EndOfChild, AResultOfOursIsReadHoweverDeepItIs) {
  EXPECT_TRUE(std::holds_alternative<in::ChildCompleted>(ended(nested(300), 2)));
  EXPECT_TRUE(std::holds_alternative<in::ChildCompleted>(ended("\"\\u0000\"", 2)));
}

TEST(EndOfChild, TheFirstSemanticsVersionGoesOnWithNull) {
  const in::InputKind heard = ended(nested(300), 1);
  const auto* done = std::get_if<in::ChildCompleted>(&heard);
  ASSERT_NE(done, nullptr);
  EXPECT_TRUE(done->result.is_null());
}

}  // namespace
}  // namespace fermata::worker
