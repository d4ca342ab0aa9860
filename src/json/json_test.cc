#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "json/hash.h"
#include "json/number.h"
#include "json/parse.h"
#include "json/pointer.h"
#include "json/redact.h"
#include "json/text.h"

namespace fermata::json {
namespace {

Value parsed(std::string_view text) {
  auto result = parse(text);
  EXPECT_TRUE(result.has_value()) << text << ": " << (result ? "" : result.error().message);
  return result ? *std::move(result) : Value();
}

std::string refused(std::string_view text, const ParseOptions& options = {}) {
  const auto result = parse(text, options);
  return result.has_value() ? "accepted" : result.error().code;
}

TEST(JsonNumber, IsWrittenAsEcmaScriptWritesIt) {
  EXPECT_EQ(number_to_text(1.0), "1");
  EXPECT_EQ(number_to_text(-0.0), "0");
  EXPECT_EQ(number_to_text(0.1), "0.1");
  EXPECT_EQ(number_to_text(123.456), "123.456");
  EXPECT_EQ(number_to_text(1e20), "100000000000000000000");
  EXPECT_EQ(number_to_text(1e21), "1e+21");
  EXPECT_EQ(number_to_text(1.5e-6), "0.0000015");
  EXPECT_EQ(number_to_text(1e-7), "1e-7");
  EXPECT_EQ(number_to_text(-1.25e-9), "-1.25e-9");
  EXPECT_EQ(number_to_text(5e-324), "5e-324");
}

TEST(JsonParse, RoundsDoublesExactly) {
  EXPECT_EQ(as_double(parsed("0.1234567890123456789")), 0.1234567890123456789);
  EXPECT_EQ(as_double(parsed("1.7976931348623157e308")), 1.7976931348623157e308);
  EXPECT_EQ(as_double(parsed("2.2250738585072011e-308")), 2.2250738585072011e-308);
  EXPECT_EQ(as_double(parsed("1e-400")), 0.0);
}

TEST(JsonParse, RefusesWithAWordForEachReason) {
  EXPECT_EQ(refused("{"), "JSON_INVALID");
  EXPECT_EQ(refused("[1,]"), "JSON_INVALID");
  EXPECT_EQ(refused("1 2"), "JSON_INVALID");
  EXPECT_EQ(refused(""), "JSON_INVALID");
  EXPECT_EQ(refused("1e400"), "JSON_INVALID");
  EXPECT_EQ(refused("\"\\u0000\""), "JSON_INVALID");
  EXPECT_EQ(refused(R"({"a":1,"b":2,"a":3})"), "JSON_DUPLICATE_KEY");
  EXPECT_EQ(refused("[[[1]]]", {.depth_max = 2}), "JSON_TOO_DEEP");
  EXPECT_EQ(refused("[1,2,3]", {.bytes_max = 4}), "JSON_TOO_LARGE");
}

TEST(JsonParse, ReadsWhatAnOlderVersionOfOursWrote) {
  const ParseOptions ours{.replaces_unwritable = true};
  EXPECT_EQ(to_text(*parse(R"({"a\u0000":"\u0000b\u0000"})", ours)),
            "{\"a\xEF\xBF\xBD\":\"\xEF\xBF\xBD\x62\xEF\xBF\xBD\"}");
  EXPECT_EQ(to_text(*parse("\"\xED\xA0\x80 \xED\x9F\xBF\"", ours)),
            "\"\xEF\xBF\xBD \xED\x9F\xBF\"");
  EXPECT_EQ(refused("\"\xED\xA0\x80\""), "JSON_INVALID");
}

TEST(JsonParse, TellsLineAndColumn) {
  const auto result = parse("{\n  \"a\": x\n}");
  ASSERT_FALSE(result.has_value());
  EXPECT_NE(result.error().message.find("line 2, column 8"), std::string::npos)
      << result.error().message;
}

TEST(JsonText, KeepsWrittenOrderAndSortsWhenCanonical) {
  const Value value = parsed(R"({"b":1.0,"a":[true,null,"x\n\u001f"]})");
  EXPECT_EQ(to_text(value), R"({"b":1,"a":[true,null,"x\n\u001f"]})");
  EXPECT_EQ(to_canonical_text(value), R"({"a":[true,null,"x\n\u001f"],"b":1})");
  EXPECT_EQ(text_bytes(value), to_text(value).size());
}

TEST(JsonText, IsMeasuredWithoutBeingWritten) {
  for (const char* text : {R"("")", R"("\"\\\n\r\t\b\f\u0001\u001fä")", "-12", "1.5e300", "[]",
                           "[1]", "{}", R"({"\"":[null,true,{"b":"c"}],"":0})"}) {
    EXPECT_EQ(text_bytes(parsed(text)), to_text(parsed(text)).size()) << text;
  }
}

TEST(JsonText, TellsWhetherItIsDeeper) {
  EXPECT_FALSE(is_deeper(parsed("1"), 0));
  EXPECT_TRUE(is_deeper(parsed("[]"), 0));
  EXPECT_FALSE(is_deeper(parsed(R"([1,{"a":[]}])"), 3));
  EXPECT_TRUE(is_deeper(parsed(R"([1,{"a":[]}])"), 2));
}

TEST(JsonHash, IgnoresOrderAndSpelling) {
  EXPECT_EQ(hash(parsed(R"({"a":1,"b":2})")), hash(parsed(R"({"b":2.0,"a":1})")));
  EXPECT_NE(hash(parsed(R"({"a":1})")), hash(parsed(R"({"a":"1"})")));
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(JsonEqual, ComparesNumbersByValueAndObjectsByMember) {
  EXPECT_TRUE(equal(parsed(R"({"a":1,"b":[2]})"), parsed(R"({"b":[2.0],"a":1.0})")));
  EXPECT_TRUE(equal(parsed("1"), Value(std::uint64_t{1})));
  EXPECT_FALSE(equal(parsed("-1"), Value(UINT64_MAX)));
  EXPECT_FALSE(equal(parsed("1"), parsed("true")));
  EXPECT_FALSE(equal(parsed("[1,2]"), parsed("[1]")));
}

TEST(JsonErase, KeepsTheOrderOfTheRest) {
  Value value = parsed(R"({"a":1,"b":2,"c":3})");
  EXPECT_TRUE(erase(value.get_object(), "a"));
  EXPECT_FALSE(erase(value.get_object(), "a"));
  EXPECT_EQ(to_text(value), R"({"b":2,"c":3})");
}

TEST(JsonPointer, FindsByEscapedTokens) {
  const Value value = parsed(R"({"a/b":{"m~n":[10,20]}})");
  ASSERT_NE(at_pointer(value, "/a~1b/m~0n/1"), nullptr);
  EXPECT_EQ(at_pointer(value, "/a~1b/m~0n/1")->get_int64(), 20);
  EXPECT_EQ(at_pointer(value, "/a~1b/m~0n/01"), nullptr);
  EXPECT_EQ(at_pointer(value, "/nothing"), nullptr);
  EXPECT_EQ(at_pointer(value, ""), &value);
}

TEST(JsonRedact, BlanksNamesAndPointersAndKeepsReferences) {
  const Value value =
      parsed(R"({"user":"u","Api_Key":"k","card":{"number":"4"},"auth":{"$secret":"CRM"}})");
  const std::vector<std::string> pointers = {"/card/number"};
  EXPECT_EQ(
      to_text(redact(value, pointers)),
      R"({"user":"u","Api_Key":"[REDACTED]","card":{"number":"[REDACTED]"},"auth":{"$secret":"CRM"}})");
}

}  // namespace
}  // namespace fermata::json
