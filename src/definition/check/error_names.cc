// retryOn and catchOn name categories or codes. A mistyped name never matches, in silence.

#include <algorithm>
#include <array>

#include "definition/check/rule.h"
#include "definition/suggest.h"
#include "foundation/format.h"

namespace fermata::definition::rules {
namespace {

using namespace std::string_view_literals;

constexpr std::array kCategories = {
    "ValidationError"sv, "ExpressionError"sv,    "ActionError"sv,  "TransientError"sv,
    "TimeoutError"sv,    "ChildWorkflowError"sv, "QuotaExceeded"sv};
constexpr std::array kUncatchable = {"Cancellation"sv, "InterpreterCorruption"sv};

// Codes are the actions' own: any word in capitals.
bool is_code(std::string_view name) {
  return std::ranges::all_of(
      name, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
}

}  // namespace

void error_names(const RuleInput& input) {
  for (const WordSite& site : input.draft.error_names) {
    if (std::ranges::find(kCategories, site.word) != kCategories.end() || is_code(site.word)) {
      continue;
    }
    const bool is_uncatchable = std::ranges::find(kUncatchable, site.word) != kUncatchable.end();
    if (is_uncatchable) {
      input.findings.warning(site.path, "UNKNOWN_ERROR_NAME",
                             format("`{}` can be neither caught nor retried", site.word),
                             "remove it");
      continue;
    }
    input.findings.warning(site.path, "UNKNOWN_ERROR_NAME",
                           format("`{}` is no error category and no code in capitals", site.word),
                           did_you_mean(site.word, kCategories,
                                        format("the categories are {}", listing(kCategories))));
  }
}

}  // namespace fermata::definition::rules
