#include "jsonata/jsonata.h"

#include <gtest/gtest.h>

#include "json/parse.h"
#include "json/text.h"

namespace fermata::jsonata {
namespace {

// The value as JSON text, "undefined", or the code of the failure.
std::string check(std::string_view expression, std::string_view input,
                  const EvaluateOptions& options = {}) {
  const Compiled compiled = compile(expression, {Dialect::Workflow});
  if (compiled.failure) return compiled.failure->code;
  const json::Value value = *json::parse(input);
  const Evaluation made = evaluate(*compiled.program, value, options);
  if (made.failure) return made.failure->code;
  return made.value ? json::to_text(*made.value) : "undefined";
}

constexpr std::string_view kPayload =
    R"({"payload":{"a":1,"s":"x","nul":null,"items":[{"n":1,"active":true},{"n":2,"active":false}],"one":[{"n":1}],"empty":[]}})";

TEST(JsonataValues, FollowTheLanguagesSequenceRules) {
  EXPECT_EQ(check("payload.items[active=true]", kPayload), R"({"n":1,"active":true})");
  EXPECT_EQ(check("payload.one", kPayload), R"([{"n":1}])");
  EXPECT_EQ(check("payload.one.n", kPayload), "1");
  EXPECT_EQ(check("payload.items.n", kPayload), "[1,2]");
  EXPECT_EQ(check("payload.missing", kPayload), "undefined");
  EXPECT_EQ(check("payload.missing = null", kPayload), "false");
  EXPECT_EQ(check("payload.nul = null", kPayload), "true");
  EXPECT_EQ(check("payload.nul & \"x\"", kPayload), R"("nullx")");
  EXPECT_EQ(check("\"x\" in \"xyz\"", kPayload), "false");
  EXPECT_EQ(check("\"\" & 1e21", kPayload), R"("1e+21")");
  EXPECT_EQ(check("payload.a + \"x\"", kPayload), "T2002");
  EXPECT_EQ(check("payload.s + 1", kPayload), "T2001");
}

TEST(WorkflowDialect, UnderstandsOtherSpellingsOnTokensOnly) {
  EXPECT_EQ(check("payload.a == 1 && payload.s == 'x'", kPayload), "true");
  EXPECT_EQ(check("payload.a !== 1 || false", kPayload), "false");
  // D32: text is never rewritten.
  EXPECT_EQ(check("\"a==b\"", kPayload), R"("a==b")");
  EXPECT_EQ(check("\"call len (x)\"", kPayload), R"j("call len (x)")j");
}

TEST(WorkflowDialect, HasItsOwnHelpersWithAndWithoutDollar) {
  EXPECT_EQ(check("coalesce(payload.missing, payload.nul, 3)", kPayload), "3");
  EXPECT_EQ(check("$len(payload.items) + len(payload.s)", kPayload), "3");
  EXPECT_EQ(check("append(payload.missing, payload.a)", kPayload), "[1]");
  EXPECT_EQ(check("append(payload.empty, [1, 2])", kPayload), "[1,2]");
  EXPECT_EQ(check("toString(payload.nul)", kPayload), "\"\"");
  EXPECT_EQ(check("nowIso()", kPayload, {.now = 1'000}), R"("1970-01-01T00:00:01.000Z")");
  EXPECT_EQ(check("$millis() = $toMillis($now())", kPayload, {.now = 1'234}), "true");
}

TEST(WorkflowDialect, RefusesWhatAReplayCannotRepeat) {
  EXPECT_EQ(check("$eval('1')", kPayload), "U1008");
  EXPECT_EQ(check("$random()", kPayload), "U1008");
  // D30: not by another name either.
  EXPECT_EQ(check("($len := $eval; $len('1'))", kPayload), "U1008");
  const Compiled unknown = compile("$coutn(payload.items)", {Dialect::Workflow});
  ASSERT_TRUE(unknown.failure.has_value());
  EXPECT_NE(unknown.failure->message.find("did you mean `$count`"), std::string::npos)
      << unknown.failure->message;
}

TEST(Budgets, EndWhatWouldNotEnd) {
  EXPECT_EQ(check("($f := function($n){$f($n + 1)}; $f(0))", "{}"), "U1002");
  EXPECT_EQ(check("($f := function($n){1 + $f($n + 1)}; $f(0))", "{}"), "U1001");
  EXPECT_EQ(check("[1..3].($count([1..9000000]))", "{}"), "U1003");
  EXPECT_EQ(check("$pad('x', 100000000)", "{}"), "U1004");
  EXPECT_EQ(check("$contains('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', /^(a|aa)+$/)", "{}"), "U1005");
  EXPECT_EQ(check(std::string(3'000, '(') + "1" + std::string(3'000, ')'), "{}"), "U1001");
  std::string chain = "1";
  for (int i = 0; i < 20'000; ++i) chain += "+1";
  EXPECT_EQ(check(chain, "{}"), "U1001");
  // Data that an expression nests without end.
  EXPECT_EQ(check("$reduce([1..100000], function($a, $b) { {\"a\": $a} })", "{}"), "U1001");
}

TEST(ComposedInputs, AreLookedUpWithoutBeingCopied) {
  const json::Value payload = *json::parse(R"({"id":7})");
  const json::Value lexical = *json::parse(R"({"line":{"sku":"a"},"index":0})");
  const json::Value vars = *json::parse(R"({"line":"outer","total":3})");
  const std::vector<std::pair<std::string_view, const json::Value*>> members = {
      {"payload", &payload}};
  const std::vector<const json::Object*> layers = {&lexical.get_object(), &vars.get_object()};
  const Compiled compiled = compile("payload.id & line.sku & total");
  ASSERT_FALSE(compiled.failure.has_value());
  const Evaluation made = evaluate(*compiled.program, ComposedInput{members, layers}, {});
  ASSERT_TRUE(made.value.has_value());
  EXPECT_EQ(json::to_text(*made.value), R"("7a3")");
}

}  // namespace
}  // namespace fermata::jsonata
