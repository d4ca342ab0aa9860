#include <memory>
#include <utility>

#include "definition/definition.h"
#include "definition/parse/document.h"
#include "foundation/format.h"
#include "json/hash.h"

namespace fermata::definition {

Result<ProgramPtr> compile(const json::Value& document, const ActionCatalog& actions) {
  Findings findings;
  Draft draft = read_definition(document, actions, findings);
  if (findings.has_errors()) {
    for (const Finding& finding : findings.take()) {
      if (finding.severity != Severity::Error) continue;
      return make_error(ErrorKind::Invalid, "DEFINITION_INVALID",
                        format("{}: {}", finding.path, finding.message), finding.help);
    }
  }
  draft.program.hash = json::hash(document);
  return ProgramPtr(std::make_shared<const Program>(std::move(draft.program)));
}

}  // namespace fermata::definition
