// The table of step types, and what their readers share.

#include <algorithm>
#include <array>
#include <span>

#include "definition/parse/steps.h"
#include "foundation/format.h"

namespace fermata::definition {
namespace {

constexpr std::array kStepTypes = {
#define X(kind, name, parks, since, sentence) StepType{name, StepKind::kind, nullptr},
#include "definition/step_types.def"
#undef X
    StepType{"email.parseBody", StepKind::ActionCall, read_email_parse_body},
    StepType{"email.renderCommentBlocks", StepKind::ActionCall, read_email_render_comment_blocks},
};

auto reader_of(StepKind kind) -> void (*)(StepReading&) {
  switch (kind) {
    case StepKind::If:
      return read_if;
    case StepKind::ForEach:
      return read_for_each;
    case StepKind::TryCatch:
      return read_try_catch;
    case StepKind::CallWorkflow:
      return read_call_workflow;
    case StepKind::Return:
      return read_return;
    case StepKind::ActionCall:
      return read_action_call;
    case StepKind::EventWait:
      return read_event_wait;
    case StepKind::TimeWait:
      return read_time_wait;
    case StepKind::HumanTask:
      return read_human_task;
    case StepKind::StateSet:
      return read_state_set;
    case StepKind::Assign:
      return read_assign;
  }
  return nullptr;
}

}  // namespace

std::optional<StepType> find_step_type(std::string_view name) {
  const auto found = std::ranges::find(kStepTypes, name, &StepType::name);
  if (found == kStepTypes.end()) return std::nullopt;
  StepType type = *found;
  if (type.read == nullptr) type.read = reader_of(type.kind);
  return type;
}

std::vector<std::string_view> step_type_names() {
  std::vector<std::string_view> names;
  for (const StepType& type : kStepTypes) names.push_back(type.name);
  return names;
}

void refuse_policies(StepReading& reading, std::initializer_list<std::string_view> keys) {
  const std::string_view type = reading.step.type_name;
  for (const std::string_view key : keys) {
    if (reading.fields.value(key) == nullptr) continue;
    reading.context.findings.error(reading.fields.path_of(key), "POLICY_IGNORED",
                                   format("{} does not honour `{}`", type, key),
                                   "remove it; action.call and control.callWorkflow honour it");
  }
}

std::optional<Reader> config_of(StepReading& reading) {
  const json::Object* config = reading.fields.object("config", Need::Required);
  if (config == nullptr) return std::nullopt;
  return std::optional<Reader>(std::in_place, *config,
                               Reader::Place{format("the config of {}", reading.step.type_name),
                                             reading.fields.path_of("config")},
                               reading.context.findings);
}

SequenceIndex open_branch(StepReading& reading, std::string_view key, Need need) {
  const json::Array* steps = reading.fields.array(key, need);
  if (steps == nullptr) return kNoSequence;
  auto& sequences = reading.context.draft.program.sequences;
  const auto index = static_cast<SequenceIndex>(sequences.size());
  sequences.push_back(
      {format("{}.{}.steps", reading.step.path.text, key), reading.context.step, {}});
  reading.branches.push_back({steps, index});
  return index;
}

}  // namespace fermata::definition
