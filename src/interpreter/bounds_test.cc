// What has no end by itself: depth, size, work and time of a run. Each is said to the author, and a
// run of the first semantics version does as it did.
#include "foundation/limits.h"
#include "interpreter/machine.h"
#include "interpreter/retry.h"
#include "interpreter/test_scenario.h"

namespace fermata::interpreter {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string guarded(const std::string& steps) {
  return R"j({"id":"t","type":"control.tryCatch","try":[)j" + steps + R"j(],"catch":[)j" +
         assign("c", "vars.why", "error.category & ' ' & error.code") + "]}";
}
std::string loop(const std::string& items, const std::string& body) {
  return R"j({"id":"l","type":"control.forEach","items":{"$expr":")j" + items +
         R"j("},"itemVar":"n","body":[)j" + body + "]}";
}
// As many levels of objects.
std::string nested(int levels) {
  return format("$reduce([1..{}], function($a, $b) {{ {{'a': $a}} }}, 0)", levels);
}
json::Value text_of(std::size_t bytes) {
  return json::Value(std::string(bytes, 'x'));
}

TEST(Bounds, NoCharacterLeavesAnExpressionThatNoReaderTakes) {
  for (const char* expr : {"$decodeUrlComponent('%00')", "$base64decode('AA==')", "'\\\\u0000'"}) {
    EXPECT_THAT(Scenario(assign("a", "vars.x", expr)).input(),
                Contains("complete {\"x\":\"\xEF\xBF\xBD\"}"))
        << expr;
    EXPECT_THAT(Scenario(assign("a", "vars.x", expr), "{}", Semantics::First).input(),
                Contains(R"(complete {"x":"\u0000"})"))
        << expr;
  }
  EXPECT_THAT(Scenario(assign("a", "vars.x", "{'\\\\u0000': 1}")).input(),
              Contains("complete {\"x\":{\"\xEF\xBF\xBD\":1}}"));
}

}  // namespace
}  // namespace fermata::interpreter
