// Names that expressions look up and that nothing in the definition sets: a value that is missing
// in every run.

#include <algorithm>
#include <set>
#include <vector>

#include "definition/check/rule.h"
#include "definition/suggest.h"
#include "definition/types/free_names.h"
#include "definition/types/known_names.h"
#include "foundation/format.h"

namespace fermata::definition::rules {
namespace {

struct Known {
  std::set<std::string_view> variables;
  std::set<std::string_view> locals;  // bare names of loops
  std::set<std::string_view> in_local;

  [[nodiscard]] bool has_bare(std::string_view name, const ExpressionSite& site) const {
    const bool is_child = name == "childRun" && sees_child(site);
    return is_child || std::ranges::find(kRoots, name) != kRoots.end() || locals.contains(name) ||
           variables.contains(name);
  }
};

void warn_of_variable(const RuleInput& input, const ExpressionSite& site, const FreeName& name,
                      const Known& known) {
  const std::vector<std::string_view> candidates(known.variables.begin(), known.variables.end());
  input.findings.warning(
      {site.path, name.spans[1],
       written_name(nearest(name.path[1], std::span<const std::string_view>(candidates)))},
      "UNKNOWN_NAME",
      format("nothing sets `vars.{}` (near character {})", name.path[1], name.position),
      did_you_mean(name.path[1], std::span(candidates), "set it in a step before"));
}

void warn_of_bare(const RuleInput& input, const ExpressionSite& site, const FreeName& name,
                  const Known& known) {
  std::vector<std::string_view> candidates(known.variables.begin(), known.variables.end());
  candidates.insert(candidates.end(), known.locals.begin(), known.locals.end());
  candidates.insert(candidates.end(), kRoots.begin(), kRoots.end());
  const std::string& unknown = name.path.front();
  const bool is_loop_word = std::ranges::find(kLoopWords, unknown) != kLoopWords.end();
  const std::string_view otherwise = is_loop_word ? "it exists only inside the body of a forEach"
                                                  : "set it in a step before, or read `payload`, "
                                                    "`vars`, `local`, `system`, `meta`, `error`";
  input.findings.warning(
      {site.path, name.spans[0],
       written_name(nearest(unknown, std::span<const std::string_view>(candidates)))},
      "UNKNOWN_NAME", format("nothing sets `{}` (near character {})", unknown, name.position),
      did_you_mean(unknown, std::span(candidates), otherwise));
}

void warn_of_local(const RuleInput& input, const ExpressionSite& site, const FreeName& name,
                   const Known& known) {
  const std::string& unknown = name.path[1];
  std::string otherwise =
      "it has `item`, `index`, `length`, `isFirst`, `isLast`, and what is assigned to it";
  if (known.in_local.empty()) otherwise = "it has members only inside the body of a forEach";
  if (known.locals.contains(unknown)) otherwise = format("write `{0}` or `vars.{0}`", unknown);
  const std::vector<std::string_view> candidates(known.in_local.begin(), known.in_local.end());
  input.findings.warning(
      {site.path, name.spans[1],
       written_name(nearest(unknown, std::span<const std::string_view>(candidates)))},
      "UNKNOWN_NAME",
      format("`local` has no `{}` here (near character {})", unknown, name.position),
      did_you_mean(unknown, std::span(candidates), otherwise));
}

void check_site(const RuleInput& input, const ExpressionSite& site, const Known& known) {
  for (const FreeName& name : free_names(site.expression.source)) {
    if (name.path.front() == "vars") {
      const bool is_unset = name.path.size() > 1 && !known.variables.contains(name.path[1]) &&
                            name.path[1] != "__forEach";
      if (is_unset) warn_of_variable(input, site, name, known);
    } else if (name.path.front() == "local") {
      const bool is_there = name.path.size() == 1 || known.in_local.contains(name.path[1]);
      if (!is_there) warn_of_local(input, site, name, known);
    } else if (!known.has_bare(name.path.front(), site)) {
      warn_of_bare(input, site, name, known);
    }
  }
}

}  // namespace

void names(const RuleInput& input) {
  Known known{variable_names(input.draft), {}, {}};
  StepIndex step = kNoStep;
  for (const ExpressionSite& site : input.draft.expressions) {
    const bool is_readable = site.expression.program != nullptr && site.step != kNoStep;
    if (!is_readable) continue;
    if (site.step != step) {
      known.locals = loop_names(input.draft, site.step);
      known.in_local = local_names(input.draft, site.step);
    }
    step = site.step;
    check_site(input, site, known);
  }
}

}  // namespace fermata::definition::rules
