// Steps behind one that always ends the run.

#include <vector>

#include "definition/check/rule.h"
#include "foundation/format.h"

namespace fermata::definition::rules {

// A return ends its sequence; so does an if both of whose branches end. Steps stand in the order of
// the document, children behind their parents, so walking backwards knows children first.
void unreachable_steps(const RuleInput& input) {
  const Program& program = input.draft.program;
  std::vector<bool> sequence_ends(program.sequences.size(), false);
  std::vector<bool> step_ends(program.steps.size(), false);
  const auto ends = [&](SequenceIndex at) { return at != kNoSequence && sequence_ends[at]; };
  for (StepIndex at = static_cast<StepIndex>(program.steps.size()); at-- > 0;) {
    const Step& step = program.steps[at];
    const auto* fork = std::get_if<IfStep>(&step.config);
    const bool both_end = step.kind == StepKind::If && fork != nullptr && ends(fork->then_branch) &&
                          ends(fork->else_branch);
    step_ends[at] = std::holds_alternative<ReturnStep>(step.config) || both_end;
    if (step_ends[at]) sequence_ends[step.sequence] = true;
  }
  for (const Sequence& sequence : program.sequences) {
    for (std::size_t i = 0; i + 1 < sequence.steps.size(); ++i) {
      if (!step_ends[sequence.steps[i]]) continue;
      input.findings.warning(
          input.at(sequence.steps[i + 1]), "UNREACHABLE_STEP",
          format("no run comes here, `{}` always ends it", program.steps[sequence.steps[i]].id),
          "remove the steps from here on, or the return before them");
      break;
    }
  }
}

}  // namespace fermata::definition::rules
