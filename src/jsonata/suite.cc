#include "jsonata/suite.h"

#include <cmath>
#include <vector>

#include "json/parse.h"
#include "json/text.h"
#include "jsonata/jsonata.h"

namespace fermata::jsonata {
namespace {

constexpr std::size_t kLineBytesMax = 64'000'000;

// The official runner limits nested evaluation in the cases that ask for it, and nothing else: so
// everything but that is generous here.
EvaluateOptions options_of(const json::Object& test) {
  EvaluateOptions options;
  options.now = 1'500'000'000'000;
  options.seed = 1;
  if (const auto depth = json::int_at(test, "depth"))
    options.budget.depth = static_cast<std::uint32_t>(*depth);
  return options;
}

std::string expectation(const json::Object& test) {
  if (const auto code = json::string_at(test, "code")) return "error " + *code;
  if (const json::Value* error = json::find(test, "error")) return "error " + json::to_text(*error);
  const json::Value* result = json::find(test, "result");
  return result == nullptr ? "undefined" : json::to_text(*result);
}

std::string describe(const Failure& failure) {
  std::string out = "error " + failure.code;
  if (!failure.token.empty()) out += " at `" + failure.token + "`";
  return out + ": " + failure.message;
}

// An endless recursion ends by depth or by time in the official runner, both named U1001; here it
// is depth or counted steps.
std::string runner_code(const std::string& code) {
  return code == "U1002" ? "U1001" : code;
}

bool matches(const json::Object& test, const Failure& failure, bool is_compile_time) {
  if (const auto code = json::string_at(test, "code")) {
    if (runner_code(failure.code) != *code) return false;
    const auto token = json::string_at(test, "token");
    return !token || !is_compile_time || *token == failure.token;
  }
  const json::Value* error = json::find(test, "error");
  if (error == nullptr) return false;
  const json::Object& wanted = error->get_object();
  if (json::string_at(wanted, "code").value_or("") != runner_code(failure.code)) return false;
  // Sentences are our own but for those that the author wrote.
  const bool is_authors = failure.code == "D3137" || failure.code == "D3141";
  return !is_authors || json::string_at(wanted, "message").value_or("") == failure.message;
}

SuiteVerdict judge_failure(const json::Object& test, const Failure& failure, bool is_compile_time) {
  return {matches(test, failure, is_compile_time), expectation(test), describe(failure)};
}

// Deep equality with numbers as doubles, exactly.
bool is_same(const json::Value& left, const json::Value& right) {
  return json::equal(left, right);
}

}  // namespace

std::optional<SuiteCase> read_case(std::string_view line) {
  auto parsed = json::parse(line, {.bytes_max = kLineBytesMax,
                                   .duplicate_keys = json::DuplicateKeys::LastWins,
                                   .lone_surrogates = true});
  if (!parsed.has_value() || !parsed->is_object()) return std::nullopt;
  json::Object& fields = parsed->get_object();
  auto group = json::string_at(fields, "group");
  auto name = json::string_at(fields, "case");
  if (!group || !name || !json::string_at(fields, "expr")) return std::nullopt;
  return SuiteCase{*std::move(group), *std::move(name), std::move(fields)};
}

SuiteVerdict run_case(const SuiteCase& test, const Datasets& dataset) {
  const json::Object& fields = test.fields;
  const std::string expr = *json::string_at(fields, "expr");
  const Compiled compiled = compile(expr);
  if (compiled.failure) return judge_failure(fields, *compiled.failure, true);
  EvaluateOptions options = options_of(fields);
  std::vector<std::pair<std::string_view, const json::Value*>> bindings;
  if (const json::Value* given = json::find(fields, "bindings");
      given != nullptr && given->is_object()) {
    for (const auto& member : given->get_object()) {
      const std::string_view name(member.key().data(), member.key().size());
      bindings.emplace_back(name, &member.value());
    }
  }
  options.bindings = bindings;
  const json::Value* input = json::find(fields, "data");
  const auto name = json::string_at(fields, "dataset");
  if (input == nullptr && name) {
    input = dataset(*name);
    if (input == nullptr) return {false, expectation(fields), "dataset `" + *name + "` is missing"};
  }
  const Evaluation made = input == nullptr ? evaluate(*compiled.program, Nothing{}, options)
                                           : evaluate(*compiled.program, *input, options);
  if (made.failure) return judge_failure(fields, *made.failure, false);
  const json::Value* result = json::find(fields, "result");
  SuiteVerdict verdict{false, expectation(fields),
                       made.value ? json::to_text(*made.value) : "undefined"};
  if (made.value) {
    verdict.passed = result != nullptr && is_same(*made.value, *result);
  } else {
    verdict.passed = result == nullptr && json::find(fields, "undefined") != nullptr;
  }
  return verdict;
}

}  // namespace fermata::jsonata
