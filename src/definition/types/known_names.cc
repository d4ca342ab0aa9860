#include "definition/types/known_names.h"

namespace fermata::definition {

std::set<std::string_view> variable_names(const Draft& draft) {
  std::set<std::string_view> names = {"event", "eventName", "timeWait"};
  for (const AssignSite& site : draft.assigns) {
    if (site.target.root == AssignRoot::Vars) names.insert(site.target.segments.front());
  }
  for (const Step& step : draft.program.steps) {
    const auto* guard = std::get_if<TryCatchStep>(&step.config);
    if (guard != nullptr) names.insert(guard->capture_error_as);
    const auto* loop = std::get_if<ForEachStep>(&step.config);
    if (loop != nullptr) names.insert(loop->item_var);
  }
  names.erase("");
  return names;
}

bool is_in_loop(const Draft& draft, StepIndex at) {
  if (at == kNoStep) return false;
  const Program& program = draft.program;
  for (StepIndex owner = program.sequences[program.steps[at].sequence].owner; owner != kNoStep;
       owner = program.sequences[program.steps[owner].sequence].owner) {
    if (std::holds_alternative<ForEachStep>(program.steps[owner].config)) return true;
  }
  return false;
}

std::set<std::string_view> local_names(const Draft& draft, StepIndex at) {
  if (!is_in_loop(draft, at)) return {};
  std::set<std::string_view> names(kLoopWords.begin(), kLoopWords.end());
  for (const AssignSite& site : draft.assigns) {
    if (site.target.root == AssignRoot::Local) names.insert(site.target.segments.front());
  }
  return names;
}

std::set<std::string_view> loop_names(const Draft& draft, StepIndex at) {
  std::set<std::string_view> names = local_names(draft, at);
  if (names.empty()) return names;
  const Program& program = draft.program;
  for (StepIndex owner = program.sequences[program.steps[at].sequence].owner; owner != kNoStep;
       owner = program.sequences[program.steps[owner].sequence].owner) {
    const auto* loop = std::get_if<ForEachStep>(&program.steps[owner].config);
    if (loop != nullptr) names.insert(loop->item_var);
  }
  return names;
}

bool sees_child(const ExpressionSite& site) {
  return site.path.find("outputMapping") != std::string::npos;
}

}  // namespace fermata::definition
