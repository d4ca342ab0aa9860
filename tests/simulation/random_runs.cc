// Random programs under random schedules: random_runs [SCHEDULES] [SEED [new]]. Prints its seed
// first; the same seed plays the same. What must hold is in properties.h, and below: however the
// inputs are cut into activations, whatever crashes or comes twice, a run does the same.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "bytes.h"
#include "foundation/format.h"
#include "generate.h"
#include "interpreter/semantics.h"
#include "json/text.h"
#include "properties.h"
#include "simulate/prepare.h"
#include "simulate/render.h"
#include "simulate/test_stage.h"

namespace fermata::simulation {
namespace {

constexpr std::size_t kSchedulesPerDefinition = 25;
constexpr std::size_t kBytesPerDefinition = 6;
constexpr std::size_t kBytesForAllTransitions = 20;

struct Variant {
  const char* name;
  simulate::Faults faults;
  bool is_same_text;  // to the letter, not only in its properties
};
const Variant kVariants[] = {
    {"straight", {}, true},
    {"crashing after every input", {.crashes = true}, true},
    {"all inputs of an instant in one activation", {.batches_inputs = true}, true},
    {"everything delivered twice", {.repeats_inputs = true}, true},
    // As when no worker is there for a while.
    {"timers come late", {.late_timers_ms = 70}, false},
    // Which of two runs asks first at one instant depends on it, so texts may differ.
    {"a new history at every chance", {.crashes = true, .renews_history = true}, false}};

class Session {
 public:
  explicit Session(std::uint64_t seed) : random_(seed) {}

  int play(std::size_t schedules, bool must_reach_all) {
    while (schedules_ < schedules && problems_ < 5) {
      play_any_bytes(must_reach_all ? kBytesForAllTransitions : kBytesPerDefinition);
      const Generated generated = generate_definition(random_);
      prepared_ = {};
      for (std::size_t i = 0; i < kSchedulesPerDefinition && problems_ < 5; ++i)
        play_one(generated, generate_fixtures(random_, generated));
    }
    std::printf("%zu runs in %zu histories with %zu steps, root: %zu succeeded, %zu failed, ",
                runs_, histories_, visits_, succeeded_, failed_);
    std::printf("%zu canceled, %zu parked\n", canceled_, parked_);
    std::printf("%zu schedules, %zu plays, %zu refused for their types, %zu problems\n", schedules_,
                plays_, refused_, problems_);
    look_at_marks(must_reach_all);
    return problems_ == 0 ? 0 : 1;
  }

 private:
  // The machine alone, under inputs that no world would give.
  void play_any_bytes(std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) {
      std::vector<std::uint8_t> bytes(16 + random_.below(240));
      for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random_.below(256));
      ++plays_;
      for (const std::string& problem : play_bytes(bytes, marks_)) {
        ++problems_;
        std::printf("any bytes: %s\n", problem.c_str());
        for (const std::uint8_t byte : bytes) std::printf("%02x", byte);
        std::printf("\n");
      }
    }
  }

  void look_at_marks(bool must_reach_all) {
    for (std::size_t row = 0; row < interpreter::kSituations; ++row) {
      for (std::size_t column = 0; column < interpreter::kInputs; ++column) {
        const auto situation = static_cast<interpreter::Situation>(row);
        if (marks_.contains({situation, column})) continue;
        problems_ += must_reach_all ? 1 : 0;
        std::printf("no test has reached: %s, %s\n",
                    std::string(interpreter::name_of(situation)).c_str(),
                    std::string(interpreter::name_of_input(column)).c_str());
      }
    }
    std::printf("%zu of %zu transitions reached\n", marks_.size(),
                interpreter::kSituations * interpreter::kInputs);
  }

  // The generator knows names, not types: a loop over what is only ever set to an object is rightly
  // refused. Anything else that is refused is a mistake of the generator's or of a rule.
  static bool has_wrong_types(const std::vector<definition::Finding>& findings) {
    return std::ranges::all_of(findings, [](const definition::Finding& finding) {
      return finding.severity != definition::Severity::Error || finding.code == "EXPRESSION_TYPE";
    });
  }

  void play_one(const Generated& generated, const json::Value& written) {
    const auto fixtures = simulate::read_fixtures(written);
    if (!fixtures.has_value())
      return report(generated, written, "fixtures", fixtures.error().message);
    // Programs do not depend on the fixtures' rest: compiled once for all schedules.
    if (prepared_.program == nullptr)
      prepared_ = simulate::prepare(generated.definition, *fixtures, {offers_, offers_});
    if (prepared_.program == nullptr && has_wrong_types(prepared_.findings)) {
      ++refused_;
      return;
    }
    if (prepared_.program == nullptr) {
      return report(generated, written, "generator",
                    json::to_text(simulate::invalid_json(prepared_.findings)));
    }
    ++schedules_;
    // The others keep their promises, too.
    const std::uint32_t semantics =
        schedules_ % 4 == 0
            ? 1 + static_cast<std::uint32_t>(schedules_ / 4) % interpreter::kCurrentSemantics
            : interpreter::kCurrentSemantics;
    std::string straight;
    bool is_long = false;
    for (const Variant& variant : kVariants) {
      // Long runs have new histories by themselves; hundreds more of them would only take time.
      if (is_long && variant.faults.renews_history) continue;
      Properties properties;
      const simulate::Stage stage{.pure_actions = offers_,
                                  .children = prepared_.children,
                                  .observer = &properties,
                                  .faults = variant.faults,
                                  .semantics = semantics};
      const simulate::Report made =
          simulate::simulate(prepared_.program, kPayload, *fixtures, stage);
      ++plays_;
      std::vector<std::string> problems = properties.finish();
      look_at_end(made, problems);
      const std::string text = simulate::timeline_text(made) + json::to_text(made.root().scopes);
      if (&variant == &kVariants[0]) {
        straight = text;
        is_long = made.root().histories > 1;
        count(made);
      } else if (variant.is_same_text && text != straight) {
        problems.push_back("it plays differently:\n" + straight + "\nagainst\n" + text);
      }
      if (!problems.empty()) return report(generated, written, variant.name, problems.front());
    }
  }

  // A run ends, or is parked on something that can still come.
  static void look_at_end(const simulate::Report& made, std::vector<std::string>& problems) {
    const simulate::RunReport& root = made.root();
    if (root.error && root.error->category == "SimulationError")
      problems.push_back(simulate::text_of(*root.error));
    bool is_any_open = false;
    for (const simulate::RunReport& run : made.runs) {
      for (const simulate::WaitLine& wait : run.waits) is_any_open = is_any_open || !wait.outcome;
    }
    const bool is_over =
        root.status == "SUCCEEDED" || root.status == "FAILED" || root.status == "CANCELED";
    if (!is_over && !is_any_open) problems.push_back("neither over nor parked: " + root.status);
  }

  void count(const simulate::Report& made) {
    for (const simulate::RunReport& run : made.runs) {
      ++runs_;
      visits_ += run.steps.size();
      histories_ += run.histories;
    }
    const std::string& status = made.root().status;
    ++(status == "SUCCEEDED"  ? succeeded_
       : status == "FAILED"   ? failed_
       : status == "CANCELED" ? canceled_
                              : parked_);
  }

  void report(const Generated& generated, const json::Value& fixtures, const char* where,
              const std::string& what) {
    ++problems_;
    std::printf("%s: %s\ndefinition %s\nfixtures %s\n", where, what.c_str(),
                json::to_text(generated.definition).c_str(), json::to_text(fixtures).c_str());
  }

  const json::Value kPayload =
      json::Object{{"n", 1}, {"key", nullptr}, {"list", json::Array{1, 2, 3}}};
  Random random_;
  simulate::TestOffers offers_;
  simulate::Prepared prepared_;
  Marks marks_;
  std::size_t refused_ = 0;
  std::size_t schedules_ = 0;
  std::size_t plays_ = 0;
  std::size_t problems_ = 0;
  std::size_t runs_ = 0;
  std::size_t visits_ = 0;
  std::size_t histories_ = 0;
  std::size_t succeeded_ = 0;
  std::size_t failed_ = 0;
  std::size_t canceled_ = 0;
  std::size_t parked_ = 0;
};

}  // namespace
}  // namespace fermata::simulation

int main(int argc, char** argv) {
  const std::size_t schedules = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000;
  const std::uint64_t seed =
      argc > 2 ? std::strtoull(argv[2], nullptr, 10) : std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  // The known seed reaches every transition, or the test has become weaker than it was.
  return fermata::simulation::Session(seed).play(schedules, argc == 3);
}
