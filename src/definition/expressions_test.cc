#include "definition/expressions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "definition/test_catalog.h"
#include "foundation/format.h"

namespace fermata::definition {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kDocument =
    R"j({"id":"w","version":1,"name":"w","payloadSchemaRef":"payload.Ticket.v1","steps":[
  {"id":"a","type":"transform.assign","config":{"assign":{"vars.n":{"$expr":"payload.priority + 1"}}}},
  {"id":"i","type":"control.if","condition":{"$expr":"vars.n"},"then":[
    {"id":"b","type":"transform.assign","config":{"assign":{"vars.m":{"$expr":"payload.custmer.email & vars.gone"}}}}]},
  {"id":"c","type":"transform.assign","config":{"assign":{"vars.o":{"$expr":"$upercase('x')"}}}}]})j";

std::vector<ExpressionReport> reports() {
  static const TestCatalog catalog;
  return check_expressions(json::parse(kDocument).value(), {catalog, catalog, 0, std::nullopt});
}

// The code and the part of the source that it is about.
std::vector<std::string> findings_of(const ExpressionReport& report) {
  std::vector<std::string> lines;
  for (const Finding& finding : report.findings)
    lines.push_back(
        format("{} {}{}", finding.code,
               report.source.substr(finding.span->from, finding.span->to - finding.span->from),
               finding.fix ? " -> " + *finding.fix : std::string()));
  return lines;
}

TEST(Expressions, EachStandsAtItsPlaceWithTypesAndNames) {
  const auto all = reports();
  std::vector<std::string> lines;
  for (const ExpressionReport& report : all)
    lines.push_back(format("{} {} {} {}", report.path, report.role, report.wanted, report.type));
  EXPECT_THAT(
      lines,
      ElementsAre("root.steps[0].config/assign/vars.n assigned anything a number",
                  "root.steps[1].condition condition a boolean a number",
                  "root.steps[1].then.steps[0].config/assign/vars.m assigned anything a string",
                  "root.steps[2].config/assign/vars.o assigned anything anything"));
  EXPECT_THAT(all[2].names, ElementsAre(UsedName{"payload.custmer.email", {0, 21}},
                                        UsedName{"vars.gone", {24, 33}}));
}

TEST(Expressions, FindingsSayWhichPartTheyAreAboutAndWhatWouldBeRight) {
  const auto all = reports();
  EXPECT_THAT(findings_of(all[0]), ElementsAre("POSSIBLY_MISSING payload.priority"));
  EXPECT_THAT(findings_of(all[1]), ElementsAre("EXPRESSION_TYPE vars.n"));
  EXPECT_THAT(findings_of(all[2]), testing::UnorderedElementsAre(
                                       "UNKNOWN_FIELD custmer -> customer", "UNKNOWN_NAME gone"));
  EXPECT_THAT(findings_of(all[3]), ElementsAre("EXPRESSION_INVALID $upercase -> $uppercase"));
}

TEST(Expressions, WhatIsNoDefinitionHasNone) {
  static const TestCatalog catalog;
  EXPECT_THAT(check_expressions(json::Value(5), {catalog, catalog, 0, std::nullopt}), IsEmpty());
}

TEST(Expressions, NamesBehindTheContextItselfAreFound) {
  EXPECT_THAT(
      used_names("payload.items[x > $$.vars.least].name"),
      ElementsAre(UsedName{"payload.items.name", {0, 37}}, UsedName{"vars.least", {21, 31}}));
  EXPECT_THAT(used_names("x +"), IsEmpty());
}

}  // namespace
}  // namespace fermata::definition
