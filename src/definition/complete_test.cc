// What can stand at a place. `|` marks the cursor.
#include "definition/complete.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "definition/test_catalog.h"
#include "foundation/format.h"

namespace fermata::definition {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view kDocument =
    R"j({"id":"w","version":1,"name":"w","payloadSchemaRef":"payload.Ticket.v1","steps":[
  {"id":"find","type":"action.call","config":{"actionId":"contacts.find","version":2,
   "inputMapping":{"email":{"$expr":"payload.customer.email"}},"saveAs":"vars.contact"}},
  {"id":"copy","type":"transform.assign","config":{"assign":{"vars.prio":{"$expr":"payload.priority"}}}},
  {"id":"each","type":"control.forEach","items":{"$expr":"vars.contact.lines"},"itemVar":"line","body":[
    {"id":"in","type":"control.if","condition":{"$expr":"true"},"then":[]}]},
  {"id":"out","type":"control.if","condition":{"$expr":"payload."},"then":[]},
  {"id":"call","type":"control.callWorkflow","workflowId":"x","workflowVersion":1,
   "outputMapping":{"vars.y":{"$expr":"childRun.vars"}}},
  {"id":"wait","type":"event.wait","config":{"eventName":"TICKET_CREATED","correlationKey":{"$expr":"payload.ticketId"},
   "timeoutMs":1000,"assign":{"vars.mail":{"$expr":"vars.event.mail"}}}},
  {"id":"guard","type":"control.tryCatch","captureErrorAs":"why","try":[],"catch":[
    {"id":"after","type":"control.if","condition":{"$expr":"true"},"then":[]}]}]})j";
const char* const kInLoop = "root.steps[2].body.steps[0].condition";
const char* const kOutside = "root.steps[3].condition";

Result<Completion> ask(const std::string& path, std::string text) {
  static const TestCatalog catalog;
  const auto document = json::parse(kDocument);
  const std::size_t offset = text.find('|');
  text.erase(offset, 1);
  return complete(*document, {catalog, catalog, 0, std::nullopt}, {path, offset, text});
}

// One line each: text, kind, type; `?` when it may be missing. Functions are left out.
std::vector<std::string> check(const std::string& path, const std::string& text) {
  std::vector<std::string> lines;
  const auto made = ask(path, text);
  if (!made.has_value()) return {made.error().code};
  for (const Suggestion& item : made->items) {
    if (item.kind == "function") continue;
    lines.push_back(
        format("{} {} {}{}", item.text, item.kind, item.type, item.may_be_missing ? "?" : ""));
  }
  return lines;
}

TEST(Complete, FieldsComeFromThePayloadsSchema) {
  EXPECT_THAT(check(kOutside, "payload.|"),
              ElementsAre("customer field an object", "priority field a number?",
                          "ticketId field a string"));
  EXPECT_THAT(check(kOutside, "1 + payload.customer.na| & 2"), ElementsAre("name field a string?"));
}

TEST(Complete, OutputsOfActionsAndWhatIsCopiedHaveTypes) {
  EXPECT_THAT(check(kOutside, "vars.contact.|"),
              ElementsAre("id field a string", "lines field an array?", "score field a number?"));
  EXPECT_THAT(check(kOutside, "vars.|"),
              testing::IsSupersetOf({"contact variable an object", "prio variable a number"}));
}

TEST(Complete, ListsGiveTheFieldsOfTheirItems) {
  EXPECT_THAT(check(kOutside, "vars.contact.lines.|"), ElementsAre("sku field a string"));
  EXPECT_THAT(check(kOutside, "vars.contact.lines[sku = 'a]'].s|"),
              ElementsAre("sku field a string"));
}

TEST(Complete, LoopNamesStandInsideTheLoopOnly) {
  EXPECT_THAT(check(kInLoop, "line.|"), ElementsAre("sku field a string"));
  EXPECT_THAT(check(kInLoop, "|"),
              testing::IsSupersetOf({"index loop a number", "isLast loop a boolean",
                                     "line loop an object", "local root an object"}));
  EXPECT_THAT(check(kOutside, "|"), Not(Contains("index loop a number")));
  // As the machine has it: scenario foreach-binds-names.
  EXPECT_THAT(check(kInLoop, "local.|"),
              ElementsAre("index loop a number", "isFirst loop a boolean", "isLast loop a boolean",
                          "item loop an object", "length loop a number"));
  EXPECT_THAT(check(kOutside, "local.|"), IsEmpty());
}

TEST(Complete, FunctionsCarryTheirSignature) {
  const auto made = ask(kOutside, "$cou|");
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(made->from, 0U);
  EXPECT_THAT(made->items, ElementsAre(Suggestion{"$count", "function", "<a:n>", false}));
  EXPECT_THAT(ask(kOutside, "$eva|")->items, IsEmpty());
}

TEST(Complete, NothingIsOfferedThatExpressionsDoNotSee) {  // D38
  for (const std::string name : {"env|", "secrets|", "$index|", "$item|"})
    EXPECT_THAT(ask(kInLoop, name)->items, IsEmpty()) << name;
}

TEST(Complete, OutputMappingsSeeTheChild) {
  EXPECT_THAT(
      check("root.steps[4].outputMapping/vars.y", "childRun.|"),
      ElementsAre("payload field an object", "vars field an object", "meta field an object"));
  EXPECT_THAT(check(kOutside, "child|"), IsEmpty());
}

TEST(Complete, AnEventHasTheFieldsOfItsTypeFromTheWaitsAssignmentsOn) {
  const auto fields =
      ElementsAre("id field a string?", "level field a number?", "mail field a string?");
  EXPECT_THAT(check("root.steps[5].config/assign/vars.mail", "vars.event.|"), fields);
  EXPECT_THAT(check("root.steps[5].config/assign/vars.new", "event.|"), fields);
  EXPECT_THAT(check("root.steps[6].catch.steps[0].condition", "vars.event.|"), fields);
  EXPECT_THAT(check("root.steps[5].config/correlationKey", "vars.event.|"), IsEmpty());
}

TEST(Complete, ACaughtErrorHasItsFields) {
  EXPECT_THAT(check("root.steps[6].catch.steps[0].condition", "why.c|"),
              ElementsAre("category field a string", "code field a string"));
}

TEST(Complete, NothingIsKnownInsideATextOrBehindACall) {
  EXPECT_THAT(check(kOutside, "\"payload.|"), IsEmpty());
  EXPECT_THAT(check(kOutside, "$merge([]).|"), IsEmpty());
}

TEST(Complete, ANewExpressionIsAskedForByItsPlace) {
  EXPECT_THAT(check("root.steps[2].body.steps[0].newField", "line.|"),
              ElementsAre("sku field a string"));
  EXPECT_THAT(check("root.nowhere", "|"), ElementsAre("NOT_FOUND"));
}

TEST(Complete, AnOffsetBehindTheEndIsRefused) {
  static const TestCatalog catalog;
  const auto made = complete(*json::parse(kDocument), {catalog, catalog, 0, std::nullopt},
                             {kOutside, 99, std::nullopt});
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().code, "FIELD_INVALID");
}

}  // namespace
}  // namespace fermata::definition
