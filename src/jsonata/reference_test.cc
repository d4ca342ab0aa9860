// The examples of docs/reference/jsonata.md: each line `EXPR  → VALUE` of a block is evaluated on
// the page's document.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "json/parse.h"
#include "json/text.h"
#include "jsonata/jsonata.h"
#include "jsonata/native.h"

namespace fermata::jsonata {
namespace {

constexpr std::string_view kArrow = "  → ";

std::string page() {
  const char* dir = std::getenv("FERMATA_SOURCE_DIR");
  std::ifstream file(std::string(dir == nullptr ? "." : dir) + "/docs/reference/jsonata.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The contents of the page's blocks of one kind.
std::vector<std::string> blocks(const std::string& text, const std::string& kind) {
  std::vector<std::string> all;
  const std::string fence = "```" + kind + "\n";
  for (std::size_t at = text.find(fence); at != std::string::npos; at = text.find(fence, at)) {
    at += fence.size();
    all.push_back(text.substr(at, text.find("```", at) - at));
  }
  return all;
}

std::string outcome(const std::string& expr, const json::Value& input) {
  const Compiled compiled = compile(expr);
  if (compiled.failure) return "error " + compiled.failure->code;
  EvaluateOptions options;
  options.now = 1'510'067'557'121;
  const Evaluation made = evaluate(*compiled.program, input, options);
  if (made.failure) return "error " + made.failure->code;
  return made.value ? json::to_canonical_text(*made.value) : "undefined";
}

std::string canonical(const std::string& written) {
  const auto parsed = json::parse(written);
  return parsed.has_value() ? json::to_canonical_text(*parsed) : written;
}

TEST(JsonataReference, GivesWhatItsExamplesSay) {
  const std::string text = page();
  const auto documents = blocks(text, "json");
  ASSERT_EQ(documents.size(), 1U);
  const auto input = json::parse(documents.front());
  ASSERT_TRUE(input.has_value());
  std::size_t count = 0;
  for (const std::string& block : blocks(text, "jsonata")) {
    std::istringstream lines(block);
    for (std::string line; std::getline(lines, line);) {
      const std::size_t arrow = line.find(kArrow);
      ASSERT_NE(arrow, std::string::npos) << line;
      const std::string expr = line.substr(0, arrow);
      EXPECT_EQ(outcome(expr, *input), canonical(line.substr(arrow + kArrow.size()))) << expr;
      ++count;
    }
  }
  EXPECT_GT(count, 100U);
}

TEST(JsonataReference, HasASectionForEveryFunction) {
  const std::string text = page();
  for (const auto rows : {text_natives(), match_natives(), encoding_natives(), number_natives(),
                          array_natives(), object_natives(), callback_natives(), date_natives()}) {
    for (const Native& native : rows) {
      const std::string heading = "\n### $" + std::string(native.name) + "\n";
      EXPECT_NE(text.find(heading), std::string::npos) << native.name;
    }
  }
  for (const Native& native : workflow_natives())
    EXPECT_NE(text.find("`" + std::string(native.name) + "("), std::string::npos) << native.name;
}

}  // namespace
}  // namespace fermata::jsonata
