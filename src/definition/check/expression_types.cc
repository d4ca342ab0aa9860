// Expressions that cannot give the kind of value that their place asks for.

#include <string_view>

#include "definition/check/rule.h"
#include "definition/types/environment.h"
#include "definition/types/infer.h"
#include "foundation/format.h"

namespace fermata::definition::rules {
namespace {

std::string_view advice(ExpressionRole role) {
  if (role == ExpressionRole::Condition) return "compare it, for example with `= true`";
  return role == ExpressionRole::Items ? "put it into `[ ]`" : "write an expression of this kind";
}

}  // namespace

void expression_types(const RuleInput& input) {
  const TypeEnvironment types(input.draft, input.context);
  for (const ExpressionSite& site : input.draft.expressions) {
    const Kinds wanted = wanted_kinds(site.role);
    if (wanted.is_any() || site.expression.program == nullptr) continue;
    const Kinds kinds = types.kinds_of(place_of(site), site.expression.source);
    // A correlation key without a value has a rule of its own.
    if (kinds.has(wanted) || (site.role == ExpressionRole::Key && kinds == kNull)) continue;
    input.findings.error({site.path, TextSpan{0, site.expression.source.size()}}, "EXPRESSION_TYPE",
                         format("this is always {}, {} is needed", kinds.words(), wanted.words()),
                         std::string(advice(site.role)));
  }
}

}  // namespace fermata::definition::rules
