// The language's own suite (tests/jsonata, see its licence there): every case, one test a group.
#include <gtest/gtest.h>

#include <array>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "json/parse.h"
#include "jsonata/suite.h"

namespace fermata::jsonata {
namespace {

std::string data_dir() {
  const char* dir = std::getenv("FERMATA_SOURCE_DIR");
  return std::string(dir == nullptr ? "." : dir) + "/tests/jsonata/";
}

using Groups = std::map<std::string, std::vector<SuiteCase>>;

const Groups& groups() {
  static const Groups kGroups = [] {
    Groups all;
    std::ifstream file(data_dir() + "cases.jsonl");
    for (std::string line; std::getline(file, line);) {
      auto test = read_case(line);
      if (!test) {
        ADD_FAILURE() << "not a case: " << line;
        continue;
      }
      all[test->group].push_back(*std::move(test));
    }
    return all;
  }();
  return kGroups;
}

const json::Value* dataset(const std::string& name) {
  static std::map<std::string, json::Value> documents;
  if (const auto at = documents.find(name); at != documents.end()) return &at->second;
  std::ifstream file(data_dir() + "datasets/" + name + ".json");
  std::stringstream text;
  text << file.rdbuf();
  auto parsed = json::parse(text.str(), {.duplicate_keys = json::DuplicateKeys::LastWins});
  if (!parsed.has_value()) return nullptr;
  return &documents.emplace(name, *std::move(parsed)).first->second;
}

class JsonataSuite : public testing::TestWithParam<std::string> {};

TEST_P(JsonataSuite, PassesEveryCase) {
  for (const SuiteCase& test : groups().at(GetParam())) {
    const SuiteVerdict verdict = run_case(test, dataset);
    EXPECT_TRUE(verdict.passed) << test.group << "/" << test.name << "  "
                                << json::string_at(test.fields, "expr").value_or("")
                                << "\n  expected " << verdict.expected.substr(0, 400)
                                << "\n  actual   " << verdict.actual.substr(0, 400);
  }
}

// Written down, because ctest asks for names before it says where the files are.
constexpr auto kGroupNames = std::to_array<const char*>({"array-constructor",
                                                         "blocks",
                                                         "boolean-expresssions",
                                                         "closures",
                                                         "coalescing-operator",
                                                         "comments",
                                                         "comparison-operators",
                                                         "conditionals",
                                                         "context",
                                                         "default-operator",
                                                         "descendent-operator",
                                                         "encoding",
                                                         "errors",
                                                         "fields",
                                                         "flattening",
                                                         "function-abs",
                                                         "function-append",
                                                         "function-applications",
                                                         "function-assert",
                                                         "function-average",
                                                         "function-boolean",
                                                         "function-ceil",
                                                         "function-contains",
                                                         "function-count",
                                                         "function-decodeUrl",
                                                         "function-decodeUrlComponent",
                                                         "function-distinct",
                                                         "function-each",
                                                         "function-encodeUrl",
                                                         "function-encodeUrlComponent",
                                                         "function-error",
                                                         "function-eval",
                                                         "function-exists",
                                                         "function-floor",
                                                         "function-formatBase",
                                                         "function-formatInteger",
                                                         "function-formatNumber",
                                                         "function-fromMillis",
                                                         "function-join",
                                                         "function-keys",
                                                         "function-length",
                                                         "function-lookup",
                                                         "function-lowercase",
                                                         "function-max",
                                                         "function-merge",
                                                         "function-number",
                                                         "function-pad",
                                                         "function-parseInteger",
                                                         "function-power",
                                                         "function-replace",
                                                         "function-reverse",
                                                         "function-round",
                                                         "function-shuffle",
                                                         "function-sift",
                                                         "function-signatures",
                                                         "function-sort",
                                                         "function-split",
                                                         "function-spread",
                                                         "function-sqrt",
                                                         "function-string",
                                                         "function-substring",
                                                         "function-substringAfter",
                                                         "function-substringBefore",
                                                         "function-sum",
                                                         "function-tomillis",
                                                         "function-trim",
                                                         "function-typeOf",
                                                         "function-uppercase",
                                                         "function-zip",
                                                         "higher-order-functions",
                                                         "hof-filter",
                                                         "hof-map",
                                                         "hof-reduce",
                                                         "hof-single",
                                                         "hof-zip-map",
                                                         "inclusion-operator",
                                                         "joins",
                                                         "lambdas",
                                                         "literals",
                                                         "matchers",
                                                         "missing-paths",
                                                         "multiple-array-selectors",
                                                         "null",
                                                         "numeric-operators",
                                                         "object-constructor",
                                                         "parent-operator",
                                                         "parentheses",
                                                         "partial-application",
                                                         "performance",
                                                         "predicates",
                                                         "quoted-selectors",
                                                         "range-operator",
                                                         "regex",
                                                         "simple-array-selectors",
                                                         "sorting",
                                                         "string-concat",
                                                         "tail-recursion",
                                                         "token-conversion",
                                                         "transform",
                                                         "transforms",
                                                         "variables",
                                                         "wildcards"});

TEST(JsonataSuiteGroups, AreThoseOfTheFile) {
  std::vector<std::string> names;
  for (const auto& [name, cases] : groups()) names.push_back(name);
  EXPECT_EQ(names, std::vector<std::string>(kGroupNames.begin(), kGroupNames.end()));
}

// Group names as test names: letters and digits only.
std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name;
  for (const char c : info.param)
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
}
INSTANTIATE_TEST_SUITE_P(Official, JsonataSuite,
                         testing::ValuesIn(std::vector<std::string>(kGroupNames.begin(),
                                                                    kGroupNames.end())),
                         test_name);

}  // namespace
}  // namespace fermata::jsonata
