#include "definition/expressions.h"

#include <algorithm>
#include <functional>
#include <map>

#include "definition/check/rule.h"
#include "definition/parse/document.h"
#include "definition/place.h"
#include "definition/types/environment.h"
#include "definition/types/free_names.h"
#include "definition/types/infer.h"

namespace fermata::definition {
namespace {

std::string_view word_of(ExpressionRole role) {
  switch (role) {
    case ExpressionRole::Condition:
      return "condition";
    case ExpressionRole::Items:
      return "items";
    case ExpressionRole::Key:
      return "key";
    case ExpressionRole::Instant:
      return "instant";
    case ExpressionRole::Text:
      return "text";
    case ExpressionRole::Input:
      return "input";
    case ExpressionRole::Assigned:
      return "assigned";
    case ExpressionRole::Payload:
      return "payload";
  }
  return "input";
}

std::string words_of(Kinds kinds) {
  return kinds.is_any() ? "anything" : kinds.words();
}

}  // namespace

std::vector<UsedName> used_names(const std::string& source) {
  std::vector<UsedName> used;
  for (const FreeName& name : free_names(source)) {
    std::string text;
    for (const std::string& part : name.path) text += (text.empty() ? "" : ".") + part;
    used.push_back({std::move(text), name.span_to(name.path.size() - 1)});
  }
  std::ranges::sort(used, {}, &UsedName::span);
  return used;
}

std::vector<ExpressionReport> check_expressions(const json::Value& document,
                                                const CheckContext& context) {
  Findings findings;
  const Draft draft = read_definition(document, context.actions, findings);
  if (draft.document == nullptr) return {};
  const RuleInput input{draft, context, findings};
  for (const Rule& rule : all_rules()) rule.run(input);
  std::map<std::string, std::vector<Finding>, std::less<>> by_path;
  for (Finding& finding : findings.take()) by_path[finding.path].push_back(std::move(finding));
  const TypeEnvironment types(draft, context);
  std::vector<ExpressionReport> reports;
  for (const ExpressionSite& site : draft.expressions) {
    const std::string& source = site.expression.source;
    reports.push_back({site.path, source_pointer_of(document, site.path), source,
                       word_of(site.role), words_of(wanted_kinds(site.role)),
                       words_of(types.kinds_of(place_of(site), source)), used_names(source),
                       by_path[site.path]});
  }
  std::ranges::sort(reports, [](const ExpressionReport& left, const ExpressionReport& right) {
    return path_less(left.path, right.path);
  });
  return reports;
}

}  // namespace fermata::definition
