#include "definition/findings.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "foundation/format.h"
#include "foundation/limits.h"

namespace fermata::definition {
namespace {

// Kept before sorting; beyond it findings are only counted.
constexpr std::size_t kKeptMax = 20'000;

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

std::string_view digits_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  return text.substr(at, end - at);
}

bool finding_less(const Finding& left, const Finding& right) {
  if (left.path != right.path) return path_less(left.path, right.path);
  return std::tie(left.severity, left.code, left.message, left.span) <
         std::tie(right.severity, right.code, right.message, right.span);
}

}  // namespace

bool has_errors(const std::vector<Finding>& findings) {
  return std::ranges::any_of(
      findings, [](const Finding& finding) { return finding.severity == Severity::Error; });
}

bool path_less(std::string_view left, std::string_view right) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < left.size() && j < right.size()) {
    if (is_digit(left[i]) && is_digit(right[j])) {
      const std::string_view ours = digits_at(left, i);
      const std::string_view theirs = digits_at(right, j);
      if (ours != theirs) {
        return ours.size() != theirs.size() ? ours.size() < theirs.size() : ours < theirs;
      }
      i += ours.size();
      j += theirs.size();
      continue;
    }
    if (left[i] != right[j]) return left[i] < right[j];
    ++i;
    ++j;
  }
  return left.size() - i < right.size() - j;
}

void Findings::error(FindingPlace at, std::string_view code, std::string text, std::string help) {
  add({std::move(at.path), Severity::Error, std::string(code), std::move(text), std::move(help),
       at.span, std::move(at.fix)});
}

void Findings::warning(FindingPlace at, std::string_view code, std::string text, std::string help) {
  add({std::move(at.path), Severity::Warning, std::string(code), std::move(text), std::move(help),
       at.span, std::move(at.fix)});
}

void Findings::add(Finding finding) {
  const bool is_error = finding.severity == Severity::Error;
  if (is_error) ++errors_;
  // The first error is kept even behind a full house of warnings.
  if (kept_.size() < kKeptMax || (is_error && errors_ == 1)) {
    kept_.push_back(std::move(finding));
  } else {
    ++dropped_;
  }
}

std::vector<Finding> Findings::take() {
  std::vector<Finding> all = std::exchange(kept_, {});
  std::size_t left_out = std::exchange(dropped_, 0);
  errors_ = 0;
  std::ranges::sort(all, finding_less);
  const auto twins = std::ranges::unique(all);
  all.erase(twins.begin(), twins.end());
  if (all.size() <= limits::kFindingsMax && left_out == 0) return all;

  const bool any_error = definition::has_errors(all);
  std::ranges::stable_sort(all, {}, &Finding::severity);
  if (all.size() > limits::kFindingsMax) {
    left_out += all.size() - limits::kFindingsMax;
    all.resize(limits::kFindingsMax);
  }
  std::ranges::sort(all, finding_less);
  all.insert(all.begin(), {"root", any_error ? Severity::Error : Severity::Warning, "FINDINGS_CUT",
                           format("{} more findings are not shown", left_out),
                           "correct the ones above and check again", std::nullopt, std::nullopt});
  return all;
}

}  // namespace fermata::definition
