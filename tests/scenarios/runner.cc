// Scenarios: one YAML file says steps, payload and fixtures; NAME.expected.txt says what happens.
//   scenario_runner FILE…            FERMATA_ACCEPT=1 writes the expected texts
// Each is played under every semantics version from `since` (1) on straight, with a crash after
// every input, with everything delivered twice, and with a new history at every chance; all must
// give the same.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "../simulation/properties.h"
#include "definition/definition.h"
#include "interpreter/semantics.h"
#include "json/text.h"
#include "simulate/prepare.h"
#include "simulate/reader.h"
#include "simulate/render.h"
#include "simulate/test_stage.h"

namespace fermata {
namespace {

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The forms of scenarios ask for what they name: a member is there and has the type of a word.
class SmallForms final : public simulate::FormCheck {
 public:
  [[nodiscard]] std::vector<std::string> problems(const json::Value& schema,
                                                  const json::Value& answer) const override {
    std::vector<std::string> list;
    for (const json::Value& name : schema.at("required").as_array()) {
      if (json::find(answer, json::view(name.as_string())) == nullptr)
        list.push_back(format("`{}` is missing", json::view(name.as_string())));
    }
    return list;
  }
};

struct Scenario {
  json::Value definition;
  json::Value payload;
  simulate::Fixtures fixtures;
  std::uint32_t since = 1;
};

Result<Scenario> read_scenario(const std::string& path) {
  TRY(json::Value document, definition::read_document(slurp(path), definition::TextFormat::Yaml));
  Scenario scenario;
  simulate::Problems problems;
  {
    simulate::Reader reader(document, "scenario", problems);
    json::Object definition{
        {"id", "w"}, {"version", 1}, {"name", "w"}, {"payloadSchemaRef", "payload.Any.v1"}};
    if (const json::Object* more = reader.object("definition")) {
      for (const auto& member : *more) definition[member.key()] = member.value();
    }
    if (const json::Array* steps = reader.array("steps")) definition["steps"] = *steps;
    scenario.definition = std::move(definition);
    const json::Object* input = reader.object("input");
    scenario.payload = input == nullptr ? json::Object{} : *input;
    (void)reader.text("shows");
    scenario.since = static_cast<std::uint32_t>(reader.whole("since").value_or(1));
    simulate::read_fixtures(reader, scenario.fixtures);
  }
  TRY_DO(problems.verdict("SCENARIO", ""));
  return scenario;
}

std::string text_of(const simulate::Report& report) {
  std::string text;
  // Run by run: what two runs do at one instant has no order between them.
  std::vector<simulate::TimelineLine> lines = report.timeline;
  std::ranges::stable_sort(lines, {}, &simulate::TimelineLine::run);
  for (const simulate::TimelineLine& line : lines) {
    if (line.text == "continues in a new history") continue;
    text += format("{:>13}  {}{}\n", simulate::clock_text(line.at - report.origin),
                   line.run == 0 ? "" : format("#{} ", line.run), line.text);
  }
  const simulate::RunReport& root = report.root();
  text += "\n" + root.status + "\n";
  if (root.error) text += "error " + json::to_text(root.error->to_json()) + "\n";
  text += "vars " + json::to_text(root.scopes.at("vars")) + "\n";
  if (const json::Value* state = json::find(root.scopes.at("meta"), "state"))
    text += "state " + json::to_text(*state) + "\n";
  for (const simulate::SideEffect& effect : report.side_effects) {
    text += format("called {} {}\n", effect.action, json::to_text(effect.input));
  }
  for (const std::string& warning : report.warnings) text += "warning " + warning + "\n";
  return text;
}

class Runner {
 public:
  bool run(const std::string& path) {
    const auto scenario = read_scenario(path);
    if (!scenario.has_value()) return fail(path, scenario.error().message);
    const simulate::Prepared prepared =
        simulate::prepare(scenario->definition, scenario->fixtures, {offers_, offers_});
    if (prepared.program == nullptr)
      return fail(path, json::to_text(simulate::invalid_json(prepared.findings)));
    const std::string expected_path = path.substr(0, path.rfind('.')) + ".expected.txt";
    std::string expected = slurp(expected_path);
    bool is_good = true;
    for (std::uint32_t semantics = scenario->since; semantics <= interpreter::kCurrentSemantics;
         ++semantics) {
      for (const Variant& variant : kVariants) {
        simulation::Properties properties;
        const simulate::Stage stage{.pure_actions = offers_,
                                    .children = prepared.children,
                                    .form_check = &forms_,
                                    .observer = &properties,
                                    .faults = variant.faults,
                                    .semantics = semantics};
        const std::string text = text_of(
            simulate::simulate(prepared.program, scenario->payload, scenario->fixtures, stage));
        if (std::getenv("FERMATA_ACCEPT") != nullptr && text != expected &&
            variant.name == kVariants[0].name) {
          std::ofstream(expected_path, std::ios::binary) << text;
          expected = text;
        }
        const std::string where = format("{} ({}, semantics {})", path, variant.name, semantics);
        if (text != expected)
          is_good = fail(where, "\n--- expected\n" + expected + "--- got\n" + text);
        const auto problems = properties.finish();
        if (!problems.empty())
          is_good = fail(where, format("{} (of {} problems)", problems.front(), problems.size()));
      }
    }
    return is_good;
  }

 private:
  struct Variant {
    const char* name;
    simulate::Faults faults;
  };
  inline static const Variant kVariants[] = {{"straight", {}},
                                             {"crashing", {.crashes = true}},
                                             {"batching", {.batches_inputs = true}},
                                             {"repeating", {.repeats_inputs = true}},
                                             {"renewing", {.renews_history = true}}};
  static bool fail(const std::string& where, const std::string& what) {
    std::printf("%s: %s\n", where.c_str(), what.c_str());
    return false;
  }

  simulate::TestOffers offers_;
  SmallForms forms_;
};

}  // namespace
}  // namespace fermata

int main(int argc, char** argv) {
  fermata::Runner runner;
  int failed = 0;
  for (int i = 1; i < argc; ++i) failed += runner.run(argv[i]) ? 0 : 1;
  std::printf("%d scenarios, %d failed\n", argc - 1, failed);
  return failed > 0 || argc < 2 ? 1 : 0;
}
