#include "service/correlate.h"

#include <gtest/gtest.h>

#include "json/parse.h"

namespace fermata::service {
namespace {

// "key from where", or why there is none.
std::string said(const std::optional<std::string>& told, const char* payload,
                 const std::string& path) {
  const Correlated made = correlate(told, *json::parse(payload), path);
  return made.key ? *made.key + " from " + made.source : made.source;
}

TEST(Correlate, TakesExplicitKeysFirstInTheirOrder) {
  const char* const all =
      R"({"workflowCorrelationKey":"w","correlationKey":"c","order":{"id":"o"},"eventId":"e"})";
  EXPECT_EQ(said("told", all, "order.id"), "told from request");
  EXPECT_EQ(said(std::nullopt, all, "order.id"), "w from payload.workflowCorrelationKey");
  EXPECT_EQ(said(std::nullopt, R"({"correlationKey":"c","order":{"id":"o"}})", "order.id"),
            "c from payload.correlationKey");
  EXPECT_EQ(said(std::nullopt, R"({"order":{"id":"o"}})", "order.id"), "o from path order.id");
}

TEST(Correlate, TakesTextsNumbersAndBooleansAndNothingEmpty) {
  EXPECT_EQ(said("", R"({"correlationKey":"","id":7})", "id"), "7 from path id");
  EXPECT_EQ(said(std::nullopt, R"({"id":true})", "id"), "true from path id");
  for (const char* payload :
       {R"({"id":""})", R"({"id":null})", R"({"id":{}})", R"({"id":[1]})", "{}"})
    EXPECT_EQ(said(std::nullopt, payload, "id"), "nothing at the path id") << payload;
}

TEST(Correlate, NeverTakesTheEventsOwnId) {
  EXPECT_EQ(said(std::nullopt, R"({"eventId":"e","event_id":"e","id":"e"})", ""),
            "no key in the event, and no path for its name");
}

}  // namespace
}  // namespace fermata::service
