#include "json/browse.h"

#include <gtest/gtest.h>

#include "json/parse.h"
#include "json/pointer.h"
#include "json/text.h"

namespace fermata::json {
namespace {

TEST(Head, ASmallValueIsShownAsItIs) {
  const Value value = parse(R"({"a":[1,{"b":"x"}],"c":null})").value();
  const Head head = head_of(value, {});
  EXPECT_TRUE(equal(head.value, value));
  EXPECT_EQ(head.bytes, text_bytes(value));
  EXPECT_TRUE(head.cuts.empty());
}

TEST(Head, WhatIsTooDeepIsEmptyAndTold) {
  const Head head = head_of(parse(R"({"a":{"b":{"c":1,"d":2}}})").value(), {.depth = 2});
  EXPECT_EQ(to_text(head.value), R"({"a":{"b":{}}})");
  ASSERT_EQ(head.cuts.size(), 1U);
  EXPECT_EQ(head.cuts[0].pointer, "/a/b");
  EXPECT_EQ(head.cuts[0].count, 2U);
  EXPECT_EQ(head.cuts[0].shown, 0U);
}

TEST(Head, OneLargePartLeavesRoomForTheOthers) {
  Object object{{"large", std::string(10'000, 'x')}};
  for (int i = 0; i < 5; ++i) object["small" + std::to_string(i)] = i;
  const Head head = head_of(Value(object), {.bytes = 600});
  EXPECT_EQ(head.value.get_object().size(), 6U);
  EXPECT_EQ(head.value.at("small4"), 4);
  EXPECT_LE(text_bytes(head.value), 700U);
  ASSERT_EQ(head.cuts.size(), 1U);
  EXPECT_EQ(head.cuts[0].pointer, "/large");
  EXPECT_EQ(head.cuts[0].count, 10'000U);
  EXPECT_EQ(head.cuts[0].shown, head.value.at("large").get_string().size());
}

TEST(Head, ALongListEndsWhereTheRoomDoes) {
  Array list;
  for (int i = 0; i < 100'000; ++i) list.push_back(Object{{"id", i}});
  const Head head = head_of(Value(list), {.bytes = 2'000});
  EXPECT_LE(text_bytes(head.value), 2'100U);
  ASSERT_FALSE(head.cuts.empty());
  EXPECT_EQ(head.cuts.back().pointer, "");
  EXPECT_EQ(head.cuts.back().count, 100'000U);
  EXPECT_EQ(head.cuts.back().shown, head.value.get_array().size());
  EXPECT_GT(head.cuts.back().shown, 50U);
}

TEST(Head, ATextIsNotCutInsideOfACharacter) {
  const Value text("äöü" + std::string(100, 'x'));
  for (std::size_t room = 0; room < 12; ++room) {
    const Head head = head_of(text, {.bytes = room});
    EXPECT_TRUE(parse(to_text(head.value)).has_value()) << room;
    EXPECT_EQ(head.cuts.size(), 1U);
  }
}

TEST(Search, FindsNamesAndValuesInEitherCase) {
  const Value value =
      parse(R"({"Order":{"items":[{"sku":"ORDER-7"},{"n":10700}]},"x":false})").value();
  const Matches matches = search(value, "order", 10);
  ASSERT_EQ(matches.items.size(), 2U);
  EXPECT_EQ(matches.items[0].pointer, "/Order");
  EXPECT_TRUE(matches.items[0].is_key);
  EXPECT_EQ(matches.items[1].pointer, "/Order/items/0/sku");
  EXPECT_EQ(matches.items[1].excerpt, "ORDER-7");
  EXPECT_EQ(search(value, "70", 10).items[0].pointer, "/Order/items/1/n");
  EXPECT_EQ(search(value, "FALSE", 10).items[0].type, "boolean");
  EXPECT_TRUE(search(value, "nowhere", 10).items.empty());
}

TEST(Search, EndsAtItsLimitAndSaysSo) {
  Array list;
  for (int i = 0; i < 30; ++i) list.emplace_back("same " + std::string(500, 'y'));
  const Matches matches = search(Value(list), "same", 20);
  EXPECT_EQ(matches.items.size(), 20U);
  EXPECT_TRUE(matches.has_more);
  EXPECT_LE(matches.items[0].excerpt.size(), 90U);
  EXPECT_FALSE(search(Value(list), "same", 30).has_more);
}

}  // namespace
}  // namespace fermata::json
