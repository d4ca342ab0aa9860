#include "simulate/test_case.h"

#include <algorithm>

#include "foundation/format.h"
#include "json/text.h"
#include "simulate/render.h"

namespace fermata::simulate {
namespace {

bool is_named(const StepLine& step, const std::string& name) {
  if (name == step.id || name == step.path) return true;
  const std::string turn = " [" + step.iteration + "]";
  return name == step.id + turn || name == step.path + turn;
}

void compare_path(const std::vector<std::string>& expected, const RunReport& run,
                  std::vector<std::string>& problems) {
  const std::size_t most = std::max(expected.size(), run.steps.size());
  for (std::size_t i = 0; i < most; ++i) {
    const bool is_there = i < run.steps.size();
    if (i < expected.size() && is_there && is_named(run.steps[i], expected[i])) continue;
    problems.push_back(format("path: step {} is {}, expected {}", i + 1,
                              is_there ? format("`{}`", run.steps[i].id) : "missing",
                              i < expected.size() ? format("`{}`", expected[i]) : "none"));
    return;
  }
}

void compare_times(const Expectation& expect, const Report& report,
                   std::vector<std::string>& problems) {
  const auto check = [&](const std::string& what, std::optional<std::int64_t> wanted,
                         std::optional<std::int64_t> got) {
    if (!wanted || wanted == got) return;
    problems.push_back(format("times: {} is {}, expected {}", what,
                              got ? std::to_string(*got) : std::string("never"), *wanted));
  };
  check("endedAtMs", expect.ended_at_ms, report.ended_at - report.origin);
  for (const auto& [name, time] : expect.times) {
    const auto& steps = report.root().steps;
    const auto step =
        std::ranges::find_if(steps, [&](const StepLine& line) { return is_named(line, name); });
    if (step == steps.end()) {
      problems.push_back(format("times: step `{}` never ran", name));
      continue;
    }
    const std::int64_t started = step->started_at - report.origin;
    std::optional<std::int64_t> finished;
    if (step->finished_at) finished = *step->finished_at - report.origin;
    check(name + ".startedAtMs", time.started_at_ms, started);
    check(name + ".finishedAtMs", time.finished_at_ms, finished);
    check(name + ".durationMs", time.duration_ms,
          finished ? std::optional(*finished - started) : std::nullopt);
  }
}

std::string first_difference(const std::string& left, const std::string& right) {
  const auto line_end = [](const std::string& text, std::size_t from) {
    return std::min(text.find('\n', from), text.size());
  };
  std::size_t at = 0;
  while (at < left.size() && at < right.size()) {
    const std::size_t left_end = line_end(left, at);
    if (left.compare(at, left_end - at, right, at, line_end(right, at) - at) != 0) break;
    at = left_end + 1;
  }
  const auto line = [&](const std::string& text) {
    return at < text.size() ? text.substr(at, line_end(text, at) - at) : std::string("nothing");
  };
  return format("`{}` against `{}`", line(left), line(right));
}

}  // namespace

void compare(const json::Value& expected, const json::Value& actual, const std::string& place,
             std::vector<std::string>& problems) {
  if (expected.is_object() && actual.is_object()) {
    for (const auto& member : expected.get_object()) {
      const std::string inner = format("{}.{}", place, std::string_view(member.key()));
      const json::Value* found = json::find(actual, member.key());
      if (found == nullptr) {
        problems.push_back(inner + " is missing");
      } else {
        compare(member.value(), *found, inner, problems);
      }
    }
    return;
  }
  if (expected.is_array() && actual.is_array()) {
    const json::Array& left = expected.get_array();
    const json::Array& right = actual.get_array();
    if (left.size() == right.size()) {
      for (std::size_t i = 0; i < left.size(); ++i)
        compare(left[i], right[i], format("{}[{}]", place, i), problems);
      return;
    }
  }
  if (!json::equal(expected, actual)) {
    problems.push_back(
        format("{} is {}, expected {}", place, json::to_text(actual), json::to_text(expected)));
  }
}

std::vector<std::string> differences(const Expectation& expect, const Report& report) {
  std::vector<std::string> problems;
  const RunReport& run = report.root();
  if (expect.status && *expect.status != run.status) {
    problems.push_back(format("status is {}, expected {}{}", run.status, *expect.status,
                              run.error ? " (" + text_of(*run.error) + ")" : ""));
  }
  if (expect.path) compare_path(*expect.path, run, problems);
  if (!expect.outputs.is_null()) compare(expect.outputs, run.scopes, "outputs", problems);
  const json::Value whole = to_json(report);
  if (!expect.error.is_null()) compare(expect.error, whole.at("error"), "error", problems);
  if (!expect.side_effects.is_null())
    compare(expect.side_effects, whole.at("sideEffects"), "sideEffects", problems);
  compare_times(expect, report, problems);
  return problems;
}

CaseResult play_case(const TestCase& test, const Prepared& prepared, const CaseStage& stage) {
  Stage straight{.pure_actions = stage.pure_actions,
                 .children = prepared.children,
                 .form_check = stage.form_check,
                 .faults = test.faults,
                 .semantics = stage.semantics};
  CaseResult result;
  result.report = simulate(prepared.program, test.payload, test.fixtures, straight);
  result.problems = differences(test.expect, result.report);
  straight.faults.crashes = true;
  const Report again = simulate(prepared.program, test.payload, test.fixtures, straight);
  const std::string first = timeline_text(result.report);
  const std::string second = timeline_text(again);
  if (first != second)
    result.problems.push_back("a crash after every input changes the run: " +
                              first_difference(first, second));
  return result;
}

}  // namespace fermata::simulate
