#include "interpreter/transitions.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace fermata::interpreter {
namespace {

constexpr std::string_view kBegin = "<!-- table: FERMATA_ACCEPT=1 writes it -->\n";
constexpr std::string_view kEnd = "<!-- /table -->\n";

TEST(Transitions, AreShownInTheDocumentAsTheyAre) {
  const std::string path =
      std::string(std::getenv("FERMATA_SOURCE_DIR")) + "/docs/internals/machine.md";
  std::ostringstream read;
  read << std::ifstream(path).rdbuf();
  std::string text = read.str();
  const std::size_t begin = text.find(kBegin);
  const std::size_t end = text.find(kEnd);
  ASSERT_TRUE(begin != std::string::npos && end != std::string::npos);
  const std::size_t from = begin + kBegin.size();
  if (std::getenv("FERMATA_ACCEPT") != nullptr)
    std::ofstream(path) << text.replace(from, end - from, transition_table());
  EXPECT_EQ(text.substr(from, text.find(kEnd) - from), transition_table());
}

}  // namespace
}  // namespace fermata::interpreter
