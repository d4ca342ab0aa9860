// What the check says about definitions: each file of tests/definitions against the findings
// beside it (FERMATA_ACCEPT=1 writes them anew), and the input that no file can hold.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "definition/check/rule.h"
#include "definition/definition.h"
#include "definition/parse/steps.h"
#include "definition/suggest.h"
#include "definition/test_catalog.h"
#include "foundation/format.h"
#include "foundation/limits.h"

namespace fermata::definition {
namespace {

namespace fs = std::filesystem;

// What the check and the readers of text say, but for the limits, which have tests of their own.
constexpr std::array<std::string_view, 50> kCodes = {"AI_OUTPUT_UNSUPPORTED",
                                                     "ASSIGN_PATH_UNKNOWN",
                                                     "POSSIBLY_MISSING",
                                                     "UNKNOWN_FIELD",
                                                     "UNREACHABLE_STEP",
                                                     "UNKNOWN_TRIGGER_SOURCE_SCHEMA_REF",
                                                     "WAIT_BEYOND_RUN",
                                                     "WORKFLOW_CALLS_ITSELF",
                                                     "CLOCK_PAYLOAD_SCHEMA_REQUIRED",
                                                     "CONCURRENCY_UNSUPPORTED",
                                                     "DUPLICATE_STEP_ID",
                                                     "EMPTY_STEPS",
                                                     "EVENT_WAIT_UNCORRELATABLE",
                                                     "EXPRESSION_INVALID",
                                                     "EXPRESSION_TYPE",
                                                     "FIELD_INVALID",
                                                     "FIELD_MISSING",
                                                     "FIELD_TYPE",
                                                     "FIELD_UNKNOWN",
                                                     "INVALID_ASSIGN_PATH",
                                                     "INVALID_COMPOSE_DOCUMENT",
                                                     "INVALID_EVENT_FILTER",
                                                     "INVALID_SECRET_NAME",
                                                     "INVALID_VARIABLE_NAME",
                                                     "JSON_DUPLICATE_KEY",
                                                     "JSON_INVALID",
                                                     "MAPPING_TYPE_INCOMPATIBLE",
                                                     "MISSING_REQUIRED_MAPPING",
                                                     "PAYLOAD_SCHEMA_REF_UNKNOWN",
                                                     "POLICY_IGNORED",
                                                     "SCHEMA_INVALID",
                                                     "SECRET_IN_PAYLOAD",
                                                     "SHORT_ACTION_LONG",
                                                     "TIME_TRIGGER_INVALID_CRON",
                                                     "TIME_TRIGGER_INVALID_RUN_AT",
                                                     "TIME_TRIGGER_INVALID_TIMEZONE",
                                                     "TRIGGER_MAPPING_INVALID_ROOT",
                                                     "TRIGGER_MAPPING_MISSING_REQUIRED_FIELDS",
                                                     "TRIGGER_MAPPING_REQUIRED",
                                                     "UNKNOWN_ACTION",
                                                     "UNKNOWN_ERROR_NAME",
                                                     "UNKNOWN_EVENT",
                                                     "UNKNOWN_INPUT_FIELD",
                                                     "UNKNOWN_NAME",
                                                     "UNKNOWN_NODE_TYPE",
                                                     "UNKNOWN_SECRET",
                                                     "UNKNOWN_SPECIAL_KEY",
                                                     "UNKNOWN_TRIGGER_EVENT",
                                                     "UNKNOWN_WORKFLOW",
                                                     "YAML_INVALID"};

constexpr TimeMs kNow = 1'772'359'200'000;  // 2026-03-01T10:00:00Z

fs::path source_dir() {
  const char* dir = std::getenv("FERMATA_SOURCE_DIR");
  return dir == nullptr ? fs::current_path() : fs::path(dir);
}

std::string slurp(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Checked checked(const json::Value& document) {
  const TestCatalog catalog;
  return check(document, {catalog, catalog, kNow, std::vector<std::string>{"CRM_KEY"}, &catalog});
}

std::string rendered(const std::vector<Finding>& findings) {
  std::string out;
  for (const Finding& finding : findings) {
    out += format("{} {} {}: {}\n", finding.severity == Severity::Error ? "error" : "warning",
                  finding.code, finding.path, finding.message);
    if (!finding.help.empty()) out += format("    {}\n", finding.help);
  }
  return out;
}

std::string findings_of(const fs::path& path) {
  const auto text_format = path.extension() == ".yaml" ? TextFormat::Yaml : TextFormat::Json;
  const auto document = read_document(slurp(path), text_format);
  if (!document) {
    return format("refused {}: {}\n    {}\n", document.error().code, document.error().message,
                  document.error().help);
  }
  const Checked result = checked(*document);
  EXPECT_EQ(result.program == nullptr, has_errors(result.findings)) << path;
  return result.findings.empty() ? "no findings\n" : rendered(result.findings);
}

std::vector<fs::path> cases() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(source_dir() / "tests/definitions")) {
    if (entry.path().extension() != ".txt") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  return paths;
}

TEST(Check, SaysAboutEachDefinitionWhatStandsBesideIt) {
  const bool accepts = std::getenv("FERMATA_ACCEPT") != nullptr;
  const auto paths = cases();
  ASSERT_GT(paths.size(), 20U);
  for (const fs::path& path : paths) {
    const fs::path expected = fs::path(path).replace_extension(".findings.txt");
    const std::string found = findings_of(path);
    if (accepts) std::ofstream(expected) << found;
    EXPECT_EQ(found, slurp(expected)) << path;
  }
}

TEST(Check, HasACaseForEachCode) {
  std::string all;
  for (const fs::path& path : cases()) {
    all += slurp(fs::path(path).replace_extension(".findings.txt"));
  }
  for (const std::string_view code : kCodes) {
    EXPECT_NE(all.find(code), std::string::npos) << code;
  }
}

// A catalogue in which every action exists and takes anything.
class AnyAction final : public ActionCatalog {
 public:
  [[nodiscard]] const ActionSpec* find(std::string_view, int) const override { return &any_; }
  [[nodiscard]] std::vector<const ActionSpec*> all() const override { return {&any_}; }

 private:
  ActionSpec any_;
};

TEST(Check, ExamplesHaveNoErrors) {
  const AnyAction actions;
  const TestCatalog schemas;
  std::size_t seen = 0;
  for (const auto& folder : fs::directory_iterator(source_dir() / "examples")) {
    for (const char* name : {"definition.json", "definition.yaml"}) {
      const fs::path path = folder.path() / name;
      if (!fs::exists(path)) continue;
      ++seen;
      const auto document = read_document(
          slurp(path), path.extension() == ".yaml" ? TextFormat::Yaml : TextFormat::Json);
      ASSERT_TRUE(document) << path << ": " << document.error().message;
      const Checked result = check(*document, {actions, schemas, kNow, std::nullopt});
      EXPECT_NE(result.program, nullptr) << path << "\n" << rendered(result.findings);
    }
  }
  EXPECT_GT(seen, 0U);
}

TEST(Reference, HasAPageWithAValidExampleForEachStepType) {
  const AnyAction actions;
  const TestCatalog schemas;
  const auto pages = json::parse(slurp(source_dir() / "contracts/step_types.json"));
  ASSERT_TRUE(pages);
  std::set<std::string> types;
  for (const json::Value& entry : pages->get_array()) {
    types.insert(json::string_at(entry.get_object(), "type").value());
    const auto page = json::string_at(entry.get_object(), "page").value();
    const std::string text = slurp(source_dir() / "docs/reference" / page);
    const std::size_t begin = text.find("```json\n");
    ASSERT_NE(begin, std::string::npos) << page;
    const std::string example = text.substr(begin + 8, text.find("```", begin + 8) - begin - 8);
    const auto document = read_document(
        R"({"id":"w","version":1,"name":"W","payloadSchemaRef":"payload.Any.v1","steps":[)" +
            example + "]}",
        TextFormat::Json);
    ASSERT_TRUE(document) << page << document.error().message;
    const Checked result = check(*document, {actions, schemas, kNow, std::nullopt});
    EXPECT_NE(result.program, nullptr) << page << "\n" << rendered(result.findings);
  }
  for (const std::string_view name : step_type_names()) {
    EXPECT_TRUE(types.contains(std::string(name))) << name << ": run tools/step_types.py";
  }
  EXPECT_EQ(types.size(), step_type_names().size());
}

TEST(Contract, DescribesEachStepType) {
  const auto schema = json::parse(slurp(source_dir() / "contracts/definition.schema.json"));
  ASSERT_TRUE(schema);
  const json::Value& definitions = schema->get_object().at("$defs");
  for (const std::string_view name : step_type_names()) {
    EXPECT_NE(json::find(definitions, name), nullptr) << name;
  }
}

TEST(Contract, ListsEachCodeAndGivesItAPage) {
  const std::string codes = slurp(source_dir() / "contracts/error_codes.json");
  for (const std::string_view code : kCodes) {
    EXPECT_NE(codes.find(format("\"code\": \"{}\"", code)), std::string::npos) << code;
    const std::string page = slurp(source_dir() / "docs/errors" / format("{}.md", code));
    EXPECT_TRUE(page.starts_with(format("# {}\n", code))) << code;
  }
}

std::string nested_ifs(std::size_t count) {
  std::string text =
      R"({"id":"w","version":1,"name":"W","payloadSchemaRef":"payload.Any.v1","steps":[)";
  for (std::size_t i = 0; i < count; ++i) {
    text +=
        format(R"({{"id":"s{}","type":"control.if","condition":{{"$expr":"true"}},"then":[)", i);
  }
  text += R"({"id":"end","type":"control.return"})";
  for (std::size_t i = 0; i < count; ++i) text += "]}";
  return text + "]}";
}

TEST(Limits, DefinitionsOfFiftyMegabytesAreRefusedUnread) {
  const std::string text(50'000'000, ' ');
  for (const TextFormat text_format : {TextFormat::Json, TextFormat::Yaml}) {
    const auto document = read_document(text, text_format);
    ASSERT_FALSE(document);
    EXPECT_EQ(document.error().code, "DEFINITION_TOO_LARGE");
  }
}

TEST(Limits, TenThousandNestedIfsAreRefusedByTheText) {
  const std::string text = nested_ifs(10'000);
  EXPECT_EQ(read_document(text, TextFormat::Json).error().code, "JSON_TOO_DEEP");
  EXPECT_EQ(read_document(text, TextFormat::Yaml).error().code, "YAML_TOO_DEEP");
}

TEST(Limits, NestingIsAllowedToTheLimitAndRefusedBeyond) {
  const auto fits = read_document(nested_ifs(limits::kStepDepthMax - 1), TextFormat::Json);
  ASSERT_TRUE(fits);
  EXPECT_EQ(rendered(checked(*fits).findings), "");
  const auto deep = read_document(nested_ifs(limits::kStepDepthMax), TextFormat::Json);
  ASSERT_TRUE(deep);
  const Checked result = checked(*deep);
  ASSERT_EQ(result.findings.size(), 1U) << rendered(result.findings);
  EXPECT_EQ(result.findings[0].code, "STEP_NESTING_TOO_DEEP");
}

// Nesting in a value that no parser bounded: built here, a thousand levels above the limit.
TEST(Limits, DeepDocumentsNeedNoStack) {
  json::Value inner(json::Array{});
  for (int i = 0; i < 1'000; ++i) {
    json::Object step;
    step["id"] = format("s{}", i);
    step["type"] = "control.if";
    step["condition"] = json::Object{{"$expr", "true"}};
    step["then"] = std::move(inner);
    inner = json::Value(json::Array{});
    inner.get_array().push_back(std::move(step));
  }
  json::Object document{{"id", "w"}, {"version", 1}, {"name", "W"}};
  document["payloadSchemaRef"] = "payload.Any.v1";
  document["steps"] = std::move(inner);
  const Checked result = checked(json::Value(std::move(document)));
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_EQ(result.findings[0].code, "STEP_NESTING_TOO_DEEP");
}

json::Value flat(std::size_t count) {
  json::Array steps;
  for (std::size_t i = 0; i < count; ++i) {
    steps.push_back(json::Object{
        {"id", format("s{}", i)}, {"type", "state.set"}, {"config", json::Object{{"state", "X"}}}});
  }
  json::Object document{{"id", "w"}, {"version", 1}, {"name", "W"}};
  document["payloadSchemaRef"] = "payload.Any.v1";
  document["steps"] = std::move(steps);
  return json::Value(std::move(document));
}

TEST(Limits, StepsAreAllowedToTheLimitAndRefusedBeyond) {
  EXPECT_EQ(rendered(checked(flat(limits::kStepsMax)).findings), "");
  const Checked result = checked(flat(limits::kStepsMax + 1));
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_EQ(result.findings[0].code, "TOO_MANY_STEPS");
}

TEST(Limits, FindingsBeyondTheLimitAreCounted) {
  json::Value document = flat(500);
  for (json::Value& step : document.get_object()["steps"].get_array())
    step.get_object().erase("id");
  const Checked result = checked(document);
  EXPECT_EQ(result.findings.size(), limits::kFindingsMax + 1);
  EXPECT_EQ(result.findings[0].code, "FINDINGS_CUT");
  EXPECT_EQ(result.findings[0].message, "300 more findings are not shown");
  EXPECT_EQ(result.findings[1].path, "root.steps[0].id");
  EXPECT_EQ(result.findings[3].path, "root.steps[2].id");
  EXPECT_EQ(result.findings[12].path, "root.steps[11].id");
}

TEST(Limits, AliasesThatMultiplyAreRefused) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    text += format("a{}: &a{} [", i, i);
    for (int k = 0; k < 10; ++k) text += format("{}*a{}", k == 0 ? "" : ", ", i - 1);
    text += "]\n";
  }
  EXPECT_EQ(read_document(text, TextFormat::Yaml).error().code, "YAML_TOO_LARGE");
  const std::string wide = "a: &a \"" + std::string(1'000'000, 'x') + "\"\nb: [*a, *a, *a, *a]\n";
  EXPECT_EQ(read_document(wide, TextFormat::Yaml).error().code, "YAML_TOO_LARGE");
}

TEST(Limits, AnchorsInsideAnchorsAreRefused) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += format("&a{} [", i);
  text += "\"" + std::string(1'000'000, 'x') + "\"" + std::string(100, ']');
  EXPECT_EQ(read_document(text, TextFormat::Yaml).error().code, "YAML_TOO_LARGE");
}

TEST(Check, IsTheSameTwice) {
  for (const fs::path& path : cases()) EXPECT_EQ(findings_of(path), findings_of(path)) << path;
}

TEST(Rules, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (const Rule& rule : all_rules()) EXPECT_TRUE(names.insert(rule.name).second) << rule.name;
}

TEST(Suggestions, AreNearAndNotTheSameThing) {
  const std::vector<std::string> names{"http.request", "contacts.find", "log"};
  EXPECT_EQ(nearest("http.reqest", names), "http.request");
  EXPECT_EQ(nearest("Contacts.Find", names), "contacts.find");
  EXPECT_EQ(nearest("lg", names), "log");
  EXPECT_EQ(nearest("xyz", names), "");
  EXPECT_EQ(nearest("", names), "");
}

TEST(Findings, StandInTheOrderOfTheDocument) {
  EXPECT_TRUE(path_less("root.steps[2]", "root.steps[10]"));
  EXPECT_FALSE(path_less("root.steps[10]", "root.steps[2]"));
  EXPECT_TRUE(path_less("root.steps[2]", "root.steps[2].config"));
  EXPECT_FALSE(path_less("root.steps[2]", "root.steps[2]"));
}

}  // namespace
}  // namespace fermata::definition
