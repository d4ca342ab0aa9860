#include "transform/transform.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "json/parse.h"
#include "json/text.h"

namespace fermata::transform {
namespace {

std::string run(std::string_view id, std::string_view input) {
  const auto all = pure_actions();
  const auto action = std::ranges::find(all, id, &PureAction::id);
  const Output output = action->run(*json::parse(input));
  if (const auto* failure = std::get_if<Failure>(&output))
    return failure->category + " " + failure->code;
  return json::to_text(std::get<json::Value>(output));
}

TEST(Transform, DoesWhatEachNameSays) {
  EXPECT_EQ(run("transform.merge", R"({"objects":[{"a":1,"b":1},{"b":2}]})"), R"({"a":1,"b":2})");
  EXPECT_EQ(run("transform.pick", R"({"object":{"a":1,"b":2},"keys":["b"]})"), R"({"b":2})");
  EXPECT_EQ(run("transform.omit", R"({"object":{"a":1,"b":2},"keys":["b"]})"), R"({"a":1})");
  EXPECT_EQ(run("transform.parse_json", R"({"text":"[1]"})"), "[1]");
  EXPECT_EQ(run("transform.stringify_json", R"({"value":{"a":[1]}})"), R"("{\"a\":[1]}")");
  EXPECT_EQ(run("transform.sha256", R"({"text":""})").substr(0, 9), "\"e3b0c442");
  EXPECT_EQ(run("workflow.fail", R"({"code":"NO","message":"m"})"), "ActionError NO");
}

TEST(Transform, ShapesObjectsAndLists) {
  EXPECT_EQ(
      run("transform.rename_fields",
          R"({"object":{"a":1,"b":2,"c":3},"renames":[{"from":"a","to":"c"},{"from":"x","to":"y"}]})"),
      R"({"c":1,"b":2})");
  EXPECT_EQ(run("transform.build_object",
                R"({"fields":[{"key":"a","value":[1]},{"key":"a","value":2}]})"),
            R"({"a":2})");
  EXPECT_EQ(run("transform.append_array", R"({"items":[1],"values":[2,[3]]})"), "[1,2,[3]]");
  EXPECT_EQ(run("transform.coalesce_value", R"({"candidates":[null," ",0]})"),
            R"({"value":0,"matchedIndex":2})");
  EXPECT_EQ(run("transform.coalesce_value", R"({"candidates":[null]})"),
            R"({"value":null,"matchedIndex":null})");
}

TEST(Transform, RenamesOneAfterTheOther) {
  EXPECT_EQ(
      run("transform.rename_fields",
          R"({"object":{"a":1,"b":2},"renames":[{"from":"a","to":"x"},{"from":"b","to":"a"},{"from":"x","to":"b"}]})"),
      R"({"b":1,"a":2})");
  EXPECT_EQ(
      run("transform.rename_fields",
          R"({"object":{"a":1,"b":2,"c":3},"renames":[{"from":"a","to":"b"},{"from":"b","to":"c"},{"from":"b","to":"z"}]})"),
      R"({"c":1})");
  EXPECT_EQ(
      run("transform.rename_fields", R"({"object":{"a":1},"renames":[{"from":"a","to":"a"}]})"),
      R"({"a":1})");
}

// Each would take minutes if it went through its members once for each name.
TEST(Transform, TakesTheTimeOfItsInput) {
  json::Object object;
  json::Array keys;
  json::Array renames;
  for (int i = 0; i < 50'000; ++i) {
    const std::string name = "n" + std::to_string(i);
    object[name] = i;
    keys.emplace_back(name);
    renames.emplace_back(json::Object{{"from", name}, {"to", "m" + std::to_string(i)}});
  }
  const std::string text =
      json::to_text(json::Object{{"object", object}, {"keys", keys}, {"renames", renames}});
  EXPECT_EQ(run("transform.pick", text).size(), json::to_text(object).size());
  EXPECT_EQ(run("transform.omit", text), "{}");
  EXPECT_EQ(run("transform.rename_fields", text).size(), json::to_text(object).size());
  const std::string many(1'400'000, 'a');
  const std::string most = many.substr(0, 700'000) + "b";
  const std::string search =
      json::to_text(json::Object{{"text", many}, {"search", most}, {"delimiter", most}});
  EXPECT_EQ(run("transform.replace_text", search).size(), many.size() + 2);
  EXPECT_EQ(run("transform.split_text", search).size(), many.size() + 4);
}

TEST(Transform, WorksOnTextInCodePoints) {
  EXPECT_EQ(run("transform.concat_text", R"({"values":["a",null,1,true],"separator":"-"})"),
            R"("a--1-true")");
  EXPECT_EQ(run("transform.split_text", R"({"text":"a,,b","delimiter":",","removeEmpty":true})"),
            R"(["a","b"])");
  EXPECT_EQ(run("transform.split_text", R"({"text":"aä","delimiter":""})"), R"(["a","ä"])");
  EXPECT_EQ(run("transform.replace_text",
                R"({"text":"aaa","search":"a","replacement":"b","replaceAll":false})"),
            R"("baa")");
  EXPECT_EQ(run("transform.replace_text", R"({"text":"aaa","search":""})"), R"("aaa")");
  EXPECT_EQ(run("transform.trim_text", R"({"text":" \n "})"), R"("")");
  EXPECT_EQ(run("transform.trim_text", R"({"text":" a b\n"})"), R"("a b")");
  EXPECT_EQ(run("transform.truncate_text", R"({"text":"äöüäöü","maxLength":5})"), R"("äö...")");
  EXPECT_EQ(
      run("transform.truncate_text", R"({"text":"abcdefgh","maxLength":6,"strategy":"middle"})"),
      R"("ab...h")");
  EXPECT_EQ(run("transform.truncate_text", R"({"text":"abcdef","maxLength":2})"), R"("..")");
  EXPECT_EQ(run("transform.truncate_text", R"({"text":"abcdef","maxLength":4,"strategy":"start"})"),
            R"("...f")");
}

TEST(Transform, ComposesMarkdown) {
  EXPECT_EQ(
      run("transform.compose_text",
          R"j({"outputs":[{"stableKey":"mail","document":{"version":1,"blocks":[
      {"type":"heading","level":2,"children":[{"type":"text","text":"Hello "},{"type":"reference","path":"payload.name","value":"Ada"}]},
      {"type":"ordered_list_item","children":[{"type":"text","text":"one","marks":["bold","italic"]}]},
      {"type":"ordered_list_item","children":[{"type":"reference","path":"vars.n","value":{"a":1}}]},
      {"type":"paragraph","children":[{"type":"text","text":"see","marks":["link"],"href":"https://a.test"}]},
      {"type":"ordered_list_item","children":[{"type":"text","text":"again"}]},
      {"type":"blockquote","children":[{"type":"text","text":"q1\nq2"}]},
      {"type":"code_block","text":"x = 1"}]}}]})j"),
      R"j({"mail":"## Hello Ada\n\n1. ***one***\n2. {\"a\":1}\n\n[see](https://a.test)\n\n1. again\n\n> q1\n> q2\n\n```\nx = 1\n```"})j");
  EXPECT_EQ(run("transform.compose_text", R"j({"outputs":[{"stableKey":"t","document":{"blocks":[
      {"type":"paragraph","children":[{"type":"reference","path":"payload.x"}]}]}}]})j"),
            "ValidationError MISSING_REFERENCE");
}

TEST(Transform, RefusesAHeadingOfNoLevel) {
  EXPECT_EQ(run("transform.compose_text", R"j({"outputs":[{"stableKey":"t","document":{"blocks":[
      {"type":"heading","level":-1,"children":[]}]}}]})j"),
            "ValidationError INPUT_INVALID");
}

TEST(Transform, FindsWhatAMailSays) {
  EXPECT_EQ(
      run("email.parse_reply",
          R"j({"text":"Yes.\r\n\r\nOn Mon, 1 Jan, Bob\n<b@x.test> wrote:\n> Really?\n"})j"),
      R"j({"sanitizedText":"Yes.","confidence":"high","metadata":{"source":"text","isCut":true,"cutBy":"attribution","rawText":"Yes.\r\n\r\nOn Mon, 1 Jan, Bob\n<b@x.test> wrote:\n> Really?\n"}})j");
  EXPECT_EQ(
      run("email.parse_reply", R"j({"text":"> Q\nA\n"})j"),
      R"j({"sanitizedText":"> Q\nA","confidence":"medium","metadata":{"source":"text","isCut":false,"rawText":"> Q\nA\n"}})j");
  EXPECT_EQ(
      run("email.parse_reply", R"j({"html":"<p>Fine</p><p>-- </p>","text":null})j"),
      R"j({"sanitizedText":"Fine","confidence":"high","metadata":{"source":"html","isCut":true,"cutBy":"signature","rawText":"Fine\n\n--"}})j");
  EXPECT_EQ(run("email.parse_reply", R"j({"text":"> only\n> quoted"})j").substr(0, 60),
            R"j({"sanitizedText":"> only\n> quoted","confidence":"low","meta)j");
}

TEST(Transform, TurnsHtmlIntoBlocks) {
  EXPECT_EQ(
      run("email.html_to_blocks",
          R"j({"html":"<h1>T</h1><script>x()</script><p>a <b>b</b>\n c<br>d</p><ol><li><p>one</p></li></ol><a href='javascript:x'>no</a> <a href='https://a.test'>yes</a><pre>k\n  l</pre>"})j"),
      R"j([{"type":"heading","level":1,"children":[{"type":"text","text":"T"}]},{"type":"paragraph","children":[{"type":"text","text":"a "},{"type":"text","text":"b","marks":["bold"]},{"type":"text","text":" c\nd"}]},{"type":"ordered_list_item","children":[{"type":"text","text":"one"}]},{"type":"paragraph","children":[{"type":"text","text":"no "},{"type":"text","text":"yes","marks":["link"],"href":"https://a.test"}]},{"type":"code_block","text":"k\n  l"}])j");
  EXPECT_EQ(
      run("email.html_to_blocks", R"j({"text":"a\nb\n\nc"})j"),
      R"j([{"type":"paragraph","children":[{"type":"text","text":"a\nb"}]},{"type":"paragraph","children":[{"type":"text","text":"c"}]}])j");
  std::string deep = R"({"html":")";
  for (int i = 0; i < 2'000; ++i) deep += "<div>";
  EXPECT_EQ(run("email.html_to_blocks", deep + "x\"}"), "[]");
  for (int i = 0; i < 9'000; ++i) deep += "<b>";
  EXPECT_EQ(run("email.html_to_blocks", deep + "\"}"), "ValidationError INPUT_INVALID");
  EXPECT_EQ(run("email.parse_reply", deep + "\"}"), "ValidationError INPUT_INVALID");
}

TEST(Transform, RefusesInputOfTheWrongForm) {
  EXPECT_EQ(run("transform.truncate_text", R"({"text":"a","maxLength":1e300})"),
            "ValidationError INPUT_INVALID");
  EXPECT_EQ(run("transform.merge", R"({"objects":[1]})"), "ValidationError INPUT_INVALID");
  EXPECT_EQ(run("transform.pick", R"({"object":1})"), "ValidationError INPUT_INVALID");
  EXPECT_EQ(run("transform.parse_json", R"({"text":"{"})"), "ValidationError JSON_INVALID");
}

TEST(Transform, ActionsStandInOrderAndTheirSchemasAreJson) {
  const auto all = pure_actions();
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &PureAction::id));
  for (const PureAction& action : all) {
    EXPECT_TRUE(json::parse(action.input_schema).has_value()) << action.id;
    EXPECT_TRUE(json::parse(action.output_schema).has_value()) << action.id;
  }
}

}  // namespace
}  // namespace fermata::transform
