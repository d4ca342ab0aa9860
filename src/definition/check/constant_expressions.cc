// Constants of the wrong kind where a boolean or a list is asked for.

#include <string_view>

#include "definition/check/rule.h"
#include "definition/types/schema_view.h"
#include "foundation/format.h"
#include "jsonata/parser.h"

namespace fermata::definition::rules {
namespace {

// The kind of a constant or constructor; any where it takes a run to know.
Kinds constant_kind(const std::string& source) {
  const jsonata::Parsed parsed = jsonata::parse(source, jsonata::Dialect::Workflow);
  if (parsed.root == nullptr || !parsed.root->predicates.empty()) return kAnyKind;
  switch (parsed.root->type) {
    case jsonata::NodeType::String:
      return kString;
    case jsonata::NodeType::Number:
      return kNumber;
    case jsonata::NodeType::Array:
      return kArray;
    case jsonata::NodeType::Object:
      return kObject;
    case jsonata::NodeType::Value:
      return parsed.root->literal == jsonata::Literal::Null ? kNull : kBoolean;
    default:
      return kAnyKind;
  }
}

Kinds wanted_kinds(ExpressionRole role) {
  switch (role) {
    case ExpressionRole::Condition:
      return kBoolean;
    case ExpressionRole::Items:
      return kArray;
    case ExpressionRole::Instant:
      return kString;
    case ExpressionRole::Key:
      return kString | kNumber | kBoolean;
    case ExpressionRole::Text:
    case ExpressionRole::Input:
    case ExpressionRole::Assigned:
    case ExpressionRole::Payload:
      return kAnyKind;
  }
  return kAnyKind;
}

std::string_view advice(ExpressionRole role) {
  if (role == ExpressionRole::Condition) return "compare it, for example with `= true`";
  return role == ExpressionRole::Items ? "put it into `[ ]`" : "write an expression of this kind";
}

}  // namespace

void constant_expressions(const RuleInput& input) {
  for (const ExpressionSite& site : input.draft.expressions) {
    const Kinds wanted = wanted_kinds(site.role);
    if (wanted.is_any() || site.expression.program == nullptr) continue;
    const Kinds kind = constant_kind(site.expression.source);
    // A correlation key without a value has a rule of its own.
    if (kind.has(wanted) || (site.role == ExpressionRole::Key && kind == kNull)) continue;
    input.findings.error(site.path, "EXPRESSION_TYPE",
                         format("this is always {}, {} is needed", kind.words(), wanted.words()),
                         std::string(advice(site.role)));
  }
}

}  // namespace fermata::definition::rules
