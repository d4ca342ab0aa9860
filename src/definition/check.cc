#include <array>

#include "definition/check/rules.h"
#include "definition/definition.h"
#include "json/hash.h"

namespace fermata::definition {
namespace {

constexpr std::array<Rule, 7> kRules = {check_document, check_steps,       check_control,
                                        check_actions,  check_expressions, check_waits,
                                        check_triggers};

}  // namespace

Checked check(const json::Value& document, const CheckContext& context) {
  Checked checked;
  checked.hash = json::hash(document);
  const Walk visits = walk(document);
  Report report;
  for (const Rule rule : kRules) {
    rule({document, visits, context}, report);
    if (!document.is_object()) break;
  }
  checked.findings = report.take();
  if (!has_errors(checked.findings)) {
    auto compiled = compile(document, context.actions);
    if (compiled.has_value()) checked.program = *std::move(compiled);
  }
  return checked;
}

}  // namespace fermata::definition
