#include "definition/program.h"

#include <algorithm>

namespace fermata::definition {

std::optional<StepIndex> Program::step_at(const StepPath& path) const {
  const auto found = std::ranges::find(steps, path, &Step::path);
  return found == steps.end() ? std::nullopt
                              : std::optional(static_cast<StepIndex>(found - steps.begin()));
}

std::optional<SequenceIndex> Program::sequence_at(std::string_view path) const {
  const auto found = std::ranges::find(
      sequences, path, [](const Sequence& sequence) { return std::string_view(sequence.path); });
  return found == sequences.end()
             ? std::nullopt
             : std::optional(static_cast<SequenceIndex>(found - sequences.begin()));
}

std::string_view dsl_name(StepKind kind) {
  switch (kind) {
#define X(kind, name, parks, since, sentence) \
  case StepKind::kind:                        \
    return name;
#include "definition/step_types.def"
#undef X
  }
  return "";
}

std::string_view describe(StepKind kind) {
  switch (kind) {
#define X(kind, name, parks, since, sentence) \
  case StepKind::kind:                        \
    return sentence;
#include "definition/step_types.def"
#undef X
  }
  return "";
}

}  // namespace fermata::definition
