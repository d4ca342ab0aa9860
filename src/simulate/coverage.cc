#include "simulate/coverage.h"

#include "foundation/format.h"

namespace fermata::simulate {
namespace {

using definition::StepKind;

// `root.steps[2].try` of `root.steps[2].try.steps`.
std::string branch_of(const definition::Sequence& sequence) {
  constexpr std::string_view kEnd = ".steps";
  return sequence.path.substr(0, sequence.path.size() - kEnd.size());
}

bool may_time_out(const definition::Step& step) {
  const auto* event = std::get_if<definition::EventWaitStep>(&step.config);
  const auto* task = std::get_if<definition::HumanTaskStep>(&step.config);
  return (event != nullptr && event->timeout_ms) || (task != nullptr && task->timeout_ms);
}

std::string joined(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& entry : list) text += (text.empty() ? "" : ", ") + entry;
  return text;
}

}  // namespace

Coverage::Coverage(const definition::Program& program) : program_(program) {
  for (const definition::Sequence& sequence : program.sequences) {
    // An empty branch is no place to be; an `if` is looked at below, since either way counts.
    const bool is_if =
        sequence.owner < program.steps.size() && program.steps[sequence.owner].kind == StepKind::If;
    if (sequence.owner < program.steps.size() && !is_if && !sequence.steps.empty())
      branches_.insert(branch_of(sequence));
  }
  for (const definition::Step& step : program.steps) {
    if (step.kind == StepKind::If) {
      branches_.insert(step.path.text + ".then");
      branches_.insert(step.path.text + ".else");
    }
    if (may_time_out(step)) branches_.insert(step.path.text + " timeout");
  }
}

void Coverage::take(const RunReport& run) {
  for (const StepLine& line : run.steps) {
    steps_taken_.insert(line.path);
    const auto index = program_.step_at(StepPath(line.path));
    if (!index) continue;
    const definition::Sequence& around = program_.sequences[program_.steps[*index].sequence];
    if (around.owner < program_.steps.size()) branches_taken_.insert(branch_of(around));
    if (const json::Value* branch = json::find(line.note, "branch"))
      branches_taken_.insert(line.path + "." + json::to_std(branch->as_string()));
  }
  for (const WaitLine& line : run.waits) {
    if (line.outcome == interpreter::WaitOutcome::TimedOut)
      branches_taken_.insert(line.path + " timeout");
  }
}

std::vector<std::string> Coverage::steps_missed() const {
  std::vector<std::string> missed;
  for (const definition::Step& step : program_.steps) {
    if (!steps_taken_.contains(step.path.text)) missed.push_back(step.id);
  }
  return missed;
}

std::vector<std::string> Coverage::branches_missed() const {
  std::vector<std::string> missed;
  for (const std::string& branch : branches_) {
    if (!branches_taken_.contains(branch)) missed.push_back(branch);
  }
  return missed;
}

std::string Coverage::text() const {
  const auto steps = steps_missed();
  const auto branches = branches_missed();
  std::string text =
      format("{} of {} steps, {} of {} branches\n", program_.steps.size() - steps.size(),
             program_.steps.size(), branches_.size() - branches.size(), branches_.size());
  if (!steps.empty()) text += format("  never ran: {}\n", joined(steps));
  if (!branches.empty()) text += format("  never taken: {}\n", joined(branches));
  return text;
}

}  // namespace fermata::simulate
