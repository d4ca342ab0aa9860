#include "jsonata/jsonata.h"

#include <gtest/gtest.h>

#include <boost/json/monotonic_resource.hpp>
#include <thread>
#include <vector>

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

TEST(WorkflowDialect, GivesOutWhatDocumentsMayHold) {
  EXPECT_EQ(check(R"('a\u0000b')", "{}"), "\"a\xEF\xBF\xBD\x62\"");
  EXPECT_EQ(check(R"({'\ud800': '\udc00'})", "{}"), "{\"\xEF\xBF\xBD\":\"\xEF\xBF\xBD\"}");
  // Names that become the same: the last one's value.
  EXPECT_EQ(check(R"({'\u0000': [1], '\ufffd': null})", "{}"), "{\"\xEF\xBF\xBD\":null}");
  // Inside of an expression it is what it was.
  EXPECT_EQ(check(R"('\u0000' = $base64decode('AA=='))", "{}"), "true");
  EXPECT_EQ(check(R"('\u0000')", "{}", {.edition = Edition::First}), R"("\u0000")");
}

TEST(Budgets, EndWhatIsAPartOfItselfTooOften) {
  constexpr std::string_view kDoubled =
      "($f := function($v, $i) { $i = 0 ? $v : $f({'l': $v, 'r': $v}, $i - 1) }; $f(1, 40))";
  EXPECT_EQ(check(kDoubled, "{}"), "U1003");
}

TEST(Budgets, CountTheTextThatAFunctionGoesThrough) {
  const std::string input = "{\"s\":\"" + std::string(1'000'000, 'x') + "\"}";
  EXPECT_EQ(check("$count([1..1000].($contains($$.s, 'y') ? 1))", input), "U1002");
  EXPECT_EQ(check("$contains(s, 'y')", input), "false");
}

// With a search that takes the product of both this would run for hours.
TEST(Budgets, AreNotPassedByASearch) {
  EXPECT_EQ(check("$contains($pad('', 4000000, 'a'), $pad('', 2000000, 'a') & 'b')", "{}"),
            "false");
  EXPECT_EQ(check("$count($split($pad('', 4000000, 'a'), $pad('', 2000000, 'a') & 'b'))", "{}"),
            "1");
}

TEST(Budgets, TellTheWorkThatWasDone) {
  const Compiled compiled = compile("$pad('', 160000, 'a')", {Dialect::Workflow});
  const Evaluation made = evaluate(*compiled.program, *json::parse("{}"), {});
  EXPECT_GT(made.work, made.steps + 10'000);
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

TEST(Budgets, EndWhatDeepDataWouldOverflow) {
  constexpr int kLevels = 100'000;
  // In one piece of memory: the value's own destructor would recurse.
  const boost::json::storage_ptr memory =
      boost::json::make_shared_resource<boost::json::monotonic_resource>();
  json::Value objects(json::Object{{"a", 1}}, memory);
  json::Value arrays(json::Array{1}, memory);
  for (int i = 0; i < kLevels; ++i) {
    json::Object object(memory);
    object.emplace("a", std::move(objects));
    objects = std::move(object);
    json::Array array(memory);
    array.push_back(std::move(arrays));
    arrays = std::move(array);
  }
  for (const std::string_view expression : {"$",
                                            "**",
                                            "*",
                                            "$string($)",
                                            "$ = $",
                                            "[$, $] ~> $distinct()",
                                            "$boolean($)",
                                            "$clone($)",
                                            "$ ~> |$|{'b': 1}|",
                                            "a",
                                            "$merge([$, $])",
                                            "$sum(**.b)",
                                            "$[0][0]",
                                            "$type($)",
                                            "$keys($)",
                                            "$append($, $)",
                                            "$sort([$, $], function($l, $r){true})",
                                            "$ & 'x'",
                                            "[$] = [$]",
                                            "$count(*)",
                                            "$each($, function($v){$v})",
                                            "$spread($)",
                                            "$reverse($)",
                                            "$flatten($)"}) {
    const Compiled compiled = compile(expression);
    ASSERT_FALSE(compiled.failure.has_value()) << expression;
    for (const json::Value* input : {&objects, &arrays}) {
      Session session;
      if (session.evaluate(*compiled.program, *input, {})) continue;
      const auto failure = session.take().failure;
      ASSERT_TRUE(failure.has_value());
      EXPECT_TRUE(failure->code.starts_with("U100") || failure->code.starts_with("T"))
          << expression << ": " << failure->code;
    }
  }
  const Compiled whole = compile("$");
  EXPECT_EQ(evaluate(*whole.program, objects).failure->code, "U1001");
  EXPECT_EQ(evaluate(*whole.program, arrays).failure->code, "U1001");
}

TEST(Budgets, EndSourcesThatAreTooDeep) {
  const auto repeated = [](std::string_view text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
  };
  for (const std::string_view opening :
       {"[", "(", "{'a':", "-", "a[", "$f(", "a.(", "a ? ", "function($x){", "|a|", "a^(", "a ~> ",
        "$not(", "a{'b':", "x := ", "a ?? "}) {
    const Compiled compiled = compile(repeated(opening, 20'000) + "1");
    ASSERT_TRUE(compiled.failure.has_value()) << opening;
  }
  for (const std::string_view behind : {".a", "[0]", "+1", "&'a'", " and a", "[]", ".%", "(1)",
                                        "^(a)", "@$v", "#$i", " ? 1 : a", " ~> $f"}) {
    (void)compile("a" + repeated(behind, 20'000));
  }
}

TEST(Sorting, GivesRowsOfBindingsAsPlainObjects) {
  constexpr std::string_view kItems =
      R"({"items":[{"n":"a","q":3},{"n":"b","q":1},{"n":"c","q":2}],"one":[{"n":"x","q":1}]})";
  // As the official engine does: a path goes on with the rows, other things see objects.
  EXPECT_EQ(check("items#$i^(q).(n & $i)", kItems), R"(["b1","c2","a0"])");
  EXPECT_EQ(check("items@$o^($o.q)[0].$o.n", kItems), R"("b")");
  EXPECT_EQ(check("items@$o^($o.q)[$o.q > 1].$o.n", kItems), "undefined");
  EXPECT_EQ(check("items@$o^($o.q)[o.q > 1].$o.n", kItems), R"(["c","a"])");
  EXPECT_EQ(check("items#$i^(q){n: $i}", kItems), "{}");
  EXPECT_EQ(check("one#$i^(q){n: $i}", kItems), R"({"x":0})");
  EXPECT_EQ(check("items^(q)#$i{n: $i}", kItems), R"({"b":0,"c":1,"a":2})");
  EXPECT_EQ(check("items^(q)[0][].n", kItems), R"(["b"])");
}

TEST(RegularExpressions, AreThoseOfJavaScript) {
  EXPECT_EQ(check("$contains('b', /b++/)", "{}"), "S0303");
  EXPECT_EQ(check("$contains('b', /(?>b)/)", "{}"), "S0303");
  EXPECT_EQ(check("$contains('b', /(?i)B/)", "{}"), "S0303");
  EXPECT_EQ(check("$match('aKb', /a\\Kb/).match", "{}"), R"("aKb")");
  EXPECT_EQ(check("$match('aab', /(?<x>a)+(?=b)(?!c)(?:b)/).groups", "{}"), R"(["a"])");
  EXPECT_EQ(check("$match('1\r2\u20283', /^\\d$/m).match", "{}"), R"(["1","2","3"])");
  EXPECT_EQ(check("$match('1\n', /^\\d$/).match", "{}"), "undefined");
  EXPECT_EQ(check("$replace('a{b}', /a{b}/, 'x')", "{}"), R"("x")");
  EXPECT_EQ(check("$match('x+', /[+]/).match", "{}"), R"("+")");
}

TEST(Parsing, EndsAtTheFirstError) {
  EXPECT_EQ(check("$map(a, function($v, $i) {$v.null = 'x' ? $i : null})", "{}"), "S0213");
}

TEST(Pictures, RefuseNumeralsThatNoOneReads) {
  EXPECT_EQ(check("$formatInteger(1e21, 'I')", "{}"), "U1004");
}

TEST(Programs, MayBeSharedBetweenThreads) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 200;
  const json::Value input = *json::parse(kPayload);
  for (const std::string_view expression :
       {"$replace(payload.s, /(x)|y/, '$1$1') & $contains('abc', /B/i)",
        "$fromMillis(0, '[Y0001]-[M01]') & $formatNumber(1234.5, '#,##0.00')",
        "payload.items^(>n).n.%", "payload.items@$o#$i[$i=0].$o.n",
        "($f := function($n){$n <= 1 ? 1 : $n * $f($n - 1)}; $f(20))",
        "$ ~> |payload.items|{'z': n}| ~> $string()", "$toMillis('3 May 2020', '[D] [MNn] [Y]')"}) {
    const Compiled compiled = compile(expression);
    ASSERT_FALSE(compiled.failure.has_value()) << expression;
    std::vector<std::string> texts(kThreads);
    std::vector<std::thread> threads;
    for (std::string& text : texts) {
      threads.emplace_back([&] {
        for (int i = 0; i < kRounds; ++i) {
          const Evaluation made = evaluate(*compiled.program, input, {});
          const std::string now = made.value ? json::to_text(*made.value) : "undefined";
          text = i == 0 || text == now ? now : "not always the same";
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    const Evaluation alone = evaluate(*compiled.program, input, {});
    for (const std::string& text : texts)
      EXPECT_EQ(text, alone.value ? json::to_text(*alone.value) : "undefined") << expression;
  }
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
