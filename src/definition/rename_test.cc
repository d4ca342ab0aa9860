#include "definition/rename.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "definition/test_catalog.h"
#include "foundation/format.h"
#include "json/text.h"

namespace fermata::definition {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kHead =
    R"({"id":"w","version":1,"name":"w","payloadSchemaRef":"payload.Any.v1","steps":[)";

Renaming ask(const std::string& steps, const RenameQuery& query) {
  static const TestCatalog catalog;
  const auto document = json::parse(std::string(kHead) + steps + "]}");
  return rename(document.value(), {catalog, catalog, 0, std::nullopt}, query);
}

Renaming ask_variable(const std::string& steps, std::string from, std::string to) {
  return ask(steps, {Renamed::Variable, std::move(from), std::move(to)});
}

std::string assign(std::string_view target, std::string_view source) {
  return format(
      R"j({{"id":"a","type":"transform.assign","config":{{"assign":{{"{}":{{"$expr":"{}"}}}}}}}})j",
      target, source);
}

// The expression of the last of two assignments, after `total` was renamed to `sum`.
std::string renamed_use(std::string_view source) {
  const Renaming made =
      ask_variable(assign("vars.total", "1") + "," + assign("vars.x", source), "total", "sum");
  if (made.definition.is_null()) return made.findings.front().code;
  return json::to_std(made.definition.at("steps")
                          .at(1)
                          .at("config")
                          .at("assign")
                          .at("vars.x")
                          .at("$expr")
                          .get_string());
}

std::vector<std::string> codes(const Renaming& made) {
  std::vector<std::string> list;
  for (const Finding& finding : made.findings)
    list.push_back(
        format("{}{}", finding.severity == Severity::Warning ? "warning " : "", finding.code));
  return list;
}

TEST(Rename, EveryUseOfAVariableIsFoundByItsTokens) {
  EXPECT_EQ(renamed_use("vars.total + 1"), "vars.sum + 1");
  EXPECT_EQ(renamed_use("total & total"), "sum & sum");
  EXPECT_EQ(renamed_use("vars.`total`.x"), "vars.`sum`.x");
  EXPECT_EQ(renamed_use("payload.items[price > $$.vars.total]"),
            "payload.items[price > $$.vars.sum]");
  EXPECT_EQ(renamed_use("$map(payload.x, function($i){ $i + vars.total })"),
            "$map(payload.x, function($i){ $i + vars.sum })");
  EXPECT_EQ(renamed_use("/* total */ $.total"), "/* total */ $.sum");
}

TEST(Rename, WhatOnlyLooksLikeTheVariableStays) {
  for (const char* source :
       {"'total' & payload.total", "payload.items[total > 1]", "{'total': payload.vars.total}",
        "($total := 1; $total)", "payload.x.(total)", "totals + vars.totals.total"}) {
    EXPECT_EQ(renamed_use(source), source);
  }
}

TEST(Rename, AllThatSetsItGetsTheNewName) {
  const Renaming made = ask_variable(
      R"({"id":"f","type":"action.call","config":{"actionId":"contacts.find","version":2,"inputMapping":{"email":"a"},"saveAs":"vars.it.deep"}},)"
      R"({"id":"e","type":"control.forEach","items":{"$expr":"it.lines"},"itemVar":"it","body":[)" +
          assign("it", "it & local.it") +
          R"(]},{"id":"t","type":"control.tryCatch","captureErrorAs":"it","try":[],"catch":[]})",
      "it", "found");
  std::vector<std::string> lines;
  for (const TextEdit& edit : made.edits)
    lines.push_back(format("{}{} {}-{} {}", edit.pointer, edit.is_key ? " key" : "", edit.span.from,
                           edit.span.to, edit.text));
  EXPECT_THAT(lines, ElementsAre("/steps/0/config/saveAs 5-7 found",
                                 "/steps/1/body/0/config/assign/it key 0-2 found",
                                 "/steps/1/body/0/config/assign/it/$expr 0-2 found",
                                 "/steps/1/itemVar 0-2 found", "/steps/1/items/$expr 0-2 found",
                                 "/steps/2/captureErrorAs 0-2 found"));
  EXPECT_EQ(json::to_text(made.definition.at("steps").at(1).at("body").at(0).at("config")),
            R"({"assign":{"found":{"$expr":"found & local.it"}}})");
}

TEST(Rename, ANameThatIsTakenOrNoneIsRefused) {
  const std::string steps = assign("vars.total", "1") + "," + assign("vars.sum", "total");
  EXPECT_THAT(codes(ask_variable(steps, "total", "sum")), Contains("NAME_TAKEN"));
  EXPECT_THAT(codes(ask_variable(steps, "total", "payload")), Contains("INVALID_VARIABLE_NAME"));
  EXPECT_THAT(codes(ask_variable(steps, "total", "and")), Contains("INVALID_VARIABLE_NAME"));
  EXPECT_THAT(codes(ask_variable(steps, "total", "a b")), Contains("INVALID_VARIABLE_NAME"));
  EXPECT_THAT(codes(ask_variable(steps, "event", "e")), Contains("INVALID_VARIABLE_NAME"));
  EXPECT_THAT(codes(ask_variable(steps, "nobody", "e")), Contains("UNKNOWN_NAME"));
  EXPECT_THAT(ask_variable(steps, "total", "sum").edits, IsEmpty());
}

TEST(Rename, UsesThatCannotBeToldAreSaid) {
  const std::string set = assign("vars.total", "1") + ",";
  EXPECT_THAT(codes(ask_variable(set + assign("vars.x", "$keys(vars)"), "total", "sum")),
              ElementsAre("warning NAME_UNCERTAIN"));
  EXPECT_THAT(codes(ask_variable(set + assign("vars.x", "sum"), "total", "sum")),
              ElementsAre("warning NAME_TAKEN"));
  EXPECT_THAT(codes(ask_variable(set + assign("vars.x", "total +"), "total", "sum")),
              ElementsAre("NAME_UNCERTAIN"));
  EXPECT_THAT(
      codes(ask_variable(
          set +
              R"({"id":"e","type":"control.forEach","items":{"$expr":"[1]"},"itemVar":"i","body":[)" +
              assign("local.total", "1") + "," + assign("vars.x", "total") + "]}",
          "total", "sum")),
      ElementsAre("NAME_UNCERTAIN"));
}

TEST(Rename, AStepGetsAnIdThatIsFree) {
  const std::string steps = assign("vars.x", "1") + R"(,{"id":"b","type":"control.return"})";
  EXPECT_THAT(ask(steps, {Renamed::StepId, "a", "first"}).edits,
              ElementsAre(TextEdit{"/steps/0/id", false, {0, 1}, "first"}));
  EXPECT_THAT(codes(ask(steps, {Renamed::StepId, "a", "b"})), ElementsAre("NAME_TAKEN"));
  EXPECT_THAT(codes(ask(steps, {Renamed::StepId, "c", "d"})), ElementsAre("UNKNOWN_NAME"));
}

TEST(Rename, ReferencesOfComposedTextsAreUses) {
  const Renaming made = ask_variable(
      assign("vars.total", "1") +
          R"(,{"id":"c","type":"action.call","config":{"actionId":"transform.compose_text","version":1,"inputMapping":{},"outputs":[
             {"id":"o","label":"O","stableKey":"o","document":{"version":1,"blocks":[{"type":"paragraph","children":[
             {"type":"text","text":"total"},{"type":"reference","label":"total","path":"vars.total"}]}]}}]}})",
      "total", "sum");
  ASSERT_EQ(made.edits.size(), 2U);
  EXPECT_EQ(
      made.edits.back(),
      (TextEdit{
          "/steps/1/config/outputs/0/document/blocks/0/children/1/path", false, {5, 10}, "sum"}));
}

}  // namespace
}  // namespace fermata::definition
