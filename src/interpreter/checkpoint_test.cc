// What a new history starts with.
#include "interpreter/checkpoint.h"

#include "interpreter/test_scenario.h"

namespace fermata::interpreter {
namespace {

const char* const kLoop =
    R"j({"id":"l","type":"control.forEach","items":{"$expr":"ITEMS"},"itemVar":"n","body":[%]})j";

std::string loop_over(const std::string& items, const std::string& body) {
  std::string text = kLoop;
  text.replace(text.find("ITEMS"), 5, items);
  return text.replace(text.find('%'), 1, body);
}

const json::Object& loop_of(const json::Value& checkpoint) {
  for (const json::Value& frame : checkpoint.at("branches").at(0).at("frames").as_array()) {
    if (frame.at("kind") == "loop") return frame.as_object();
  }
  ADD_FAILURE() << "no loop";
  static const json::Object none;
  return none;
}

TEST(Checkpoint, LeavesOutALongListThatItsExpressionStillGives) {
  for (const std::string& items : {std::string("[1..100000]"), std::string("payload.list")}) {
    const json::Value payload = json::Object{{"list", json::Array(2'000, json::Value("an item"))}};
    Scenario s(loop_over(items, call("c")), json::to_text(payload));
    s.input();
    s.input({ActionCompleted{1, json::Value(7)}});
    const json::Value saved = s.checkpoint();
    EXPECT_FALSE(loop_of(saved).contains("items"));
    EXPECT_LT(json::text_bytes(saved), 2'000 + json::text_bytes(saved.at("payload")));
  }
}

TEST(Checkpoint, CarriesOnlyWhatIsToComeOfAListThatIsGone) {
  const std::string steps =
      assign("a", "vars.list", "[1..5000]") + "," +
      loop_over("vars.list", assign("b", "vars.list", "[]") + "," + call("c"));
  Scenario s(steps);
  s.input();
  EXPECT_EQ(loop_of(s.checkpoint()).at("items").as_array().size(), 5'000U);
  Seq seq = 0;
  for (int i = 0; i < 100; ++i) s.input({ActionCompleted{++seq, json::Value(7)}});
  EXPECT_EQ(loop_of(s.checkpoint()).at("items").as_array().size(), 4'900U);
  EXPECT_EQ(loop_of(s.checkpoint()).at("lexical").at("length"), 5'000);
}

TEST(Checkpoint, AListThatCameOutDifferentIsNondeterminism) {
  Scenario s(loop_over("[1..5000]", call("c")));
  s.input();
  json::Value other = s.checkpoint();
  const_cast<json::Object&>(loop_of(other))["itemsHash"] = "another";
  const auto loaded = load(s.host(), other);
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().code, "NONDETERMINISM");
}

TEST(Checkpoint, LoadsTheFormatBefore) {
  Scenario s(loop_over("[1..3]", call("c")));
  s.input();
  s.input({ActionCompleted{1, json::Value(7)}});
  json::Value old = s.checkpoint();
  old.as_object()["format"] = 1;
  auto& loop = const_cast<json::Object&>(loop_of(old));
  loop["items"] = *json::parse("[1,2,3]");
  loop.erase("first");
  EXPECT_TRUE(json::equal(save(s.host(), *load(s.host(), old)), s.checkpoint()));
}

TEST(Checkpoint, RefusesWhatDoesNotFitTheProgram) {
  Scenario s(call("c"));
  s.input();
  json::Value broken = s.checkpoint();
  broken.get_object()["definitionHash"] = "other";
  EXPECT_FALSE(load(s.host(), broken).has_value());
  EXPECT_FALSE(load(s.host(), json::Value(7)).has_value());
}

}  // namespace
}  // namespace fermata::interpreter
