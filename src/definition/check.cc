#include <memory>
#include <utility>

#include "definition/check/rule.h"
#include "definition/parse/document.h"
#include "json/hash.h"

namespace fermata::definition {

Checked check(const json::Value& document, const CheckContext& context) {
  Findings findings;
  Draft draft = read_definition(document, context.actions, findings);
  if (draft.document != nullptr) {
    const RuleInput input{draft, context, findings};
    for (const Rule& rule : all_rules()) rule.run(input);
  }
  Checked checked;
  checked.hash = json::hash(document);
  const bool is_sound = !findings.has_errors();
  checked.findings = findings.take();
  if (is_sound) {
    draft.program.hash = checked.hash;
    checked.program = std::make_shared<const Program>(std::move(draft.program));
  }
  return checked;
}

}  // namespace fermata::definition
