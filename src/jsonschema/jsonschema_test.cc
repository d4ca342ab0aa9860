#include "jsonschema/jsonschema.h"

#include <gtest/gtest.h>

#include "json/parse.h"

namespace fermata::jsonschema {
namespace {

json::Value value(std::string_view text) {
  return json::parse(text).value();
}

const json::Value kForm = value(
    R"({"type":"object","required":["approved"],"properties":{"approved":{"type":"boolean"},"note":{"type":"string","maxLength":3}}})");

TEST(JsonSchema, TakesWhatFits) {
  EXPECT_TRUE(validate(kForm, value(R"({"approved":true,"note":"ok"})"))->empty());
}

TEST(JsonSchema, NamesEveryPlaceThatDoesNotFit) {
  const auto violations = validate(kForm, value(R"({"approved":"yes","note":"long"})"));
  ASSERT_EQ(violations->size(), 2U);
  EXPECT_EQ(violations->at(0).instance, "/approved");
  EXPECT_EQ(violations->at(1).instance, "/note");
}

TEST(JsonSchema, AnswersTheSameWhetherItSawTheSchemaBefore) {
  for (int round = 0; round < 2; ++round) {
    for (int n = 0; n < 600; ++n) {
      const json::Value schema = json::Object{{"const", n}};
      EXPECT_TRUE(validate(schema, json::Value(n))->empty());
      EXPECT_EQ(validate(schema, json::Value(n + 1))->size(), 1U);
    }
  }
}

TEST(JsonSchema, RefusesASchemaThatIsNone) {
  const auto made = validate(value(R"({"type":"nonsense"})"), value("1"));
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().code, "SCHEMA_INVALID");
}

TEST(JsonSchema, DoesNotFollowReferencesOutside) {
  const auto made = validate(value(R"({"$ref":"https://example.com/schema.json"})"), value("1"));
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().code, "SCHEMA_INVALID");
}

}  // namespace
}  // namespace fermata::jsonschema
