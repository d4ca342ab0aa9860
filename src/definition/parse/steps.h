#pragma once
// One reader per step type. `fields` is the step's object with `id`, `type` and `name` already
// read; the function reads the rest into `step.config`, and finish() is called afterwards. Control
// blocks open their branches; the caller reads those later, so nothing here recurses.
// Where next: parse/document.h, docs/reference/steps.md.

#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "definition/parse/context.h"

namespace fermata::definition {

// Steps that are still to be read into a sequence that exists already.
struct OpenBranch {
  const json::Array* steps = nullptr;
  SequenceIndex sequence = kNoSequence;
};

struct StepReading {
  Context& context;
  Reader& fields;
  Step& step;
  std::vector<OpenBranch>& branches;
};

void read_if(StepReading& reading);
void read_for_each(StepReading& reading);
void read_try_catch(StepReading& reading);
void read_call_workflow(StepReading& reading);
void read_return(StepReading& reading);
void read_action_call(StepReading& reading);
void read_email_parse_body(StepReading& reading);
void read_email_render_comment_blocks(StepReading& reading);
void read_event_wait(StepReading& reading);
void read_time_wait(StepReading& reading);
void read_human_task(StepReading& reading);
void read_state_set(StepReading& reading);
void read_assign(StepReading& reading);

// An authored type and how it is read. Two authored types may compile to one kind.
struct StepType {
  std::string_view name;
  StepKind kind = StepKind::Return;
  void (*read)(StepReading& reading) = nullptr;
};

// The type, if there is one of this name.
std::optional<StepType> find_step_type(std::string_view name);
// All names, in the order of step_types.def, then the ones that compile to others.
std::vector<std::string_view> step_type_names();

// Members that are honoured elsewhere but not by this step: each one written is a finding.
void refuse_policies(StepReading& reading, std::initializer_list<std::string_view> keys);

// The config object of a node step as a reader, or nothing and a finding.
std::optional<Reader> config_of(StepReading& reading);

// A branch of a control block: its sequence, or kNoSequence when it is not written.
SequenceIndex open_branch(StepReading& reading, std::string_view key, Need need);

// The `outputs` of a transform.compose_text call as the value that the action takes: every
// reference carries {"$expr": path} as its `value`. What is wrong becomes findings.
json::Value read_compose_outputs(Context& context, const json::Array& outputs,
                                 const std::string& path);

}  // namespace fermata::definition
