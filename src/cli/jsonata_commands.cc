#include "cli/jsonata_commands.h"

#include <algorithm>
#include <boost/json/monotonic_resource.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <sstream>
#include <vector>

#include "cli/jsonata_documents.h"
#include "foundation/format.h"
#include "json/parse.h"
#include "json/text.h"
#include "jsonata/jsonata.h"
#include "jsonata/suite.h"
#include "jsonata/text.h"

namespace fermata::cli {
namespace {

constexpr std::size_t kDocumentBytesMax = 1024UL * 1024 * 1024;

std::optional<std::string> read_file(const std::string& path) {
  std::stringstream text;
  if (path == "-") {
    text << std::cin.rdbuf();
    return text.str();
  }
  const std::ifstream file(path);
  if (!file) return std::nullopt;
  text << file.rdbuf();
  return text.str();
}

std::optional<json::Value> read_document(const std::string& path) {
  const auto text = read_file(path);
  if (!text) {
    std::cerr << "cannot read `" << path << "`\n";
    return std::nullopt;
  }
  auto parsed = json::parse(
      *text, {.bytes_max = kDocumentBytesMax, .duplicate_keys = json::DuplicateKeys::LastWins});
  if (!parsed.has_value()) {
    std::cerr << path << ": " << parsed.error().message << "\n";
    return std::nullopt;
  }
  return *std::move(parsed);
}

void print_failure(const jsonata::Failure& failure) {
  std::cerr << failure.code << " at " << failure.position << ": " << failure.message << "\n";
}

jsonata::EvaluateOptions options_now() {
  jsonata::EvaluateOptions options;
  options.now = std::chrono::duration_cast<std::chrono::milliseconds>(
                    std::chrono::system_clock::now().time_since_epoch())
                    .count();
  options.seed = std::random_device()();
  return options;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Nanoseconds of one call: the best of five batches of at least a tenth of a second, after one to
// get warm.
template <typename Work>
double measure(Work work) {
  constexpr double kBatchSeconds = 0.1;
  double best = 1e18;
  std::uint64_t rounds = 1;
  for (int batch = -1; batch < 5;) {
    const auto start = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < rounds; ++i) work();
    const double seconds = seconds_since(start);
    if (seconds < kBatchSeconds) {
      rounds = seconds < kBatchSeconds / 16 ? rounds * 8 : rounds * 2;
      continue;
    }
    if (batch >= 0) best = std::min(best, seconds * 1e9 / static_cast<double>(rounds));
    ++batch;
  }
  return best;
}

class Bench {
 public:
  Bench(const json::Object& file, std::filesystem::path folder)
      : file_(file), folder_(std::move(folder)) {}

  bool run(const json::Object& test) {
    const std::string name = json::string_at(test, "name").value_or("");
    const std::string expr = json::string_at(test, "expr").value_or("");
    const json::Value* input = document(json::string_at(test, "data").value_or(""));
    const jsonata::Compiled compiled = jsonata::compile(expr);
    if (input == nullptr || compiled.failure) {
      std::cerr << name << ": cannot be run\n";
      return false;
    }
    jsonata::EvaluateOptions options;
    options.budget.steps = 1'000'000'000;
    json::Object line{{"name", name}};
    jsonata::Session fresh;
    if (!fresh.evaluate(*compiled.program, *input, options)) {
      print_failure(*fresh.take().failure);
      return false;
    }
    line["bytesAllocated"] = fresh.bytes_allocated();
    const auto result = fresh.take();
    line["resultBytes"] = result.value ? json::text_bytes(*result.value) : 0;
    line["evaluateNs"] = measure([&] { fresh.evaluate(*compiled.program, *input, options); });
    line["compileNs"] = measure([&] { (void)jsonata::compile(expr); });
    std::cout << json::to_text(line) << std::endl;
    return true;
  }

 private:
  const json::Value* document(const std::string& name) {
    if (const auto at = documents_.find(name); at != documents_.end()) return &at->second;
    const auto path = folder_ / (name + ".json");
    std::optional<json::Value> made;
    if (std::filesystem::exists(path)) {
      made = read_document(path.string());
    } else if (const json::Value* data = json::find(file_, "data")) {
      const json::Value* spec = json::find(*data, name);
      if (spec != nullptr && spec->is_object()) made = make_document(spec->get_object());
    }
    if (!made) return nullptr;
    // In one piece of memory, as a document lies that was just read.
    boost::json::storage_ptr memory =
        boost::json::make_shared_resource<boost::json::monotonic_resource>();
    return &documents_.emplace(name, json::Value(*made, std::move(memory))).first->second;
  }

  const json::Object& file_;
  std::filesystem::path folder_;
  std::map<std::string, json::Value> documents_;
};

}  // namespace

int run_jsonata_eval(const JsonataEvalOptions& options) {
  const jsonata::Compiled compiled = jsonata::compile(options.expression);
  if (compiled.failure) {
    print_failure(*compiled.failure);
    return 1;
  }
  const jsonata::EvaluateOptions now = options_now();
  jsonata::Evaluation made;
  if (options.file.empty()) {
    made = jsonata::evaluate(*compiled.program, jsonata::Nothing{}, now);
  } else {
    const auto input = read_document(options.file);
    if (!input) return 3;
    made = jsonata::evaluate(*compiled.program, *input, now);
  }
  if (made.failure) {
    print_failure(*made.failure);
    return 1;
  }
  if (made.value)
    std::cout << jsonata::with_escaped_halves(json::to_pretty_text(*made.value)) << "\n";
  return 0;
}

int run_jsonata_suite(const JsonataSuiteOptions& options) {
  std::ifstream file(options.cases);
  if (!file) {
    std::cerr << "cannot read `" << options.cases << "`\n";
    return 3;
  }
  std::map<std::string, std::optional<json::Value>> documents;
  const auto dataset = [&](const std::string& name) -> const json::Value* {
    const auto [at, is_new] = documents.try_emplace(name);
    if (is_new) at->second = read_document(options.datasets + "/" + name + ".json");
    return at->second ? &*at->second : nullptr;
  };
  std::size_t passed = 0;
  std::size_t failed = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty()) continue;
    const auto test = jsonata::read_case(line);
    const auto verdict = test ? jsonata::run_case(*test, dataset)
                              : jsonata::SuiteVerdict{false, "a case", "a line that is none"};
    ++(verdict.passed ? passed : failed);
    if (verdict.passed) continue;
    std::cout << (test ? test->group + "/" + test->name : line) << "\n";
    if (test) std::cout << "  " << json::string_at(test->fields, "expr").value_or("") << "\n";
    std::cout << "  expected " << verdict.expected << "\n  actual   " << verdict.actual << "\n";
  }
  std::cout << passed << " passed, " << failed << " failed\n";
  return failed == 0 ? 0 : 1;
}

int run_jsonata_bench(const JsonataBenchOptions& options) {
  const auto file = read_document(options.bench);
  if (!file) return 3;
  const json::Value* cases = json::find(*file, "cases");
  if (cases == nullptr || !cases->is_array()) {
    std::cerr << options.bench << ": has no `cases`\n";
    return 2;
  }
  Bench bench(file->get_object(), std::filesystem::path(options.bench).parent_path());
  bool all = true;
  for (const json::Value& test : cases->get_array()) {
    const json::Object& one = test.as_object();
    if (!options.only.empty() && json::string_at(one, "name") != options.only) continue;
    all = bench.run(one) && all;
  }
  return all ? 0 : 1;
}

int run_jsonata_serve() {
  for (std::string line; std::getline(std::cin, line);) {
    json::Object answer;
    auto parsed = json::parse(line, {.bytes_max = kDocumentBytesMax, .lone_surrogates = true});
    if (!parsed.has_value() || !parsed->is_object()) return 2;
    const json::Object& request = parsed->get_object();
    const jsonata::Compiled compiled =
        jsonata::compile(json::string_at(request, "expr").value_or(""));
    jsonata::Evaluation made;
    made.failure = compiled.failure;
    if (compiled.program != nullptr) {
      jsonata::EvaluateOptions options;
      options.now = json::int_at(request, "now").value_or(0);
      const json::Value* input = json::find(request, "data");
      made = input == nullptr ? jsonata::evaluate(*compiled.program, jsonata::Nothing{}, options)
                              : jsonata::evaluate(*compiled.program, *input, options);
    }
    if (made.failure) answer["code"] = made.failure->code;
    if (made.value) answer["result"] = *std::move(made.value);
    std::cout << jsonata::with_escaped_halves(json::to_text(answer)) << "\n" << std::flush;
  }
  return 0;
}

}  // namespace fermata::cli
