// Steps that are not there: probably unfinished, never wrong.

#include "definition/check/rule.h"
#include "foundation/format.h"

namespace fermata::definition::rules {
namespace {

void warn(const RuleInput& input, std::string path, std::string_view what) {
  input.findings.warning(std::move(path), "EMPTY_STEPS", format("{} has no steps", what),
                         "add steps, or remove what is not needed");
}

}  // namespace

void empty_branches(const RuleInput& input) {
  const auto is_empty = [](const json::Object& owner, std::string_view key) {
    const json::Value* steps = json::find(owner, key);
    return steps != nullptr && steps->is_array() && steps->get_array().empty();
  };
  if (is_empty(*input.draft.document, "steps")) warn(input, "root.steps", "the definition");
  for (StepIndex at = 0; at < input.draft.sources.size(); ++at) {
    const json::Object& source = *input.draft.sources[at];
    const StepKind kind = input.draft.step(at).kind;
    if (kind == StepKind::ForEach && is_empty(source, "body")) {
      warn(input, input.at(at, "body"), "the loop's body");
    } else if (kind == StepKind::TryCatch && is_empty(source, "try")) {
      warn(input, input.at(at, "try"), "the try branch");
    } else if (kind == StepKind::If && is_empty(source, "then")) {
      const bool has_else = source.contains("else") && !is_empty(source, "else");
      if (!has_else) warn(input, input.at(at, "then"), "the condition");
    }
  }
}

}  // namespace fermata::definition::rules
