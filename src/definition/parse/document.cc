#include "definition/parse/document.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "definition/parse/steps.h"
#include "definition/parse/trigger.h"
#include "definition/suggest.h"
#include "foundation/format.h"
#include "foundation/limits.h"

namespace fermata::definition {
namespace {

constexpr std::size_t kDescriptionBytesMax = 16 * limits::kKiB;

// A sequence whose steps are being read, from the root inwards.
struct Open {
  const json::Array* steps;
  SequenceIndex sequence;
  std::size_t next = 0;
  std::size_t depth = 1;
};

void read_step_body(Context& context, const json::Object& object, StepIndex at,
                    std::vector<OpenBranch>& branches) {
  Step step = std::move(context.draft.program.steps[at]);
  Reader fields(object, {"a step", step.path.text, '.'}, context.findings);
  step.id = fields.text("id");
  const std::string type_name = fields.text("type");
  step.name = fields.text("name", {Need::Optional});
  const auto type = find_step_type(type_name);
  if (type) {
    step.kind = type->kind;
    step.type_name = type->name;
    Reader named(object, {std::string(type->name), step.path.text, '.'}, context.findings);
    for (const std::string_view key : {"id", "type", "name"}) named.value(key);
    StepReading reading{context, named, step, branches};
    type->read(reading);
    named.finish();
  } else if (!type_name.empty()) {
    const auto names = step_type_names();
    context.findings.error(
        fields.path_of("type"), "UNKNOWN_NODE_TYPE", format("`{}` is not a step type", type_name),
        did_you_mean(type_name, std::span(names),
                     format("the step types are {}", listing(std::span(names)))));
  }
  context.draft.program.steps[at] = std::move(step);
}

class StepsReader {
 public:
  StepsReader(Context& context, const json::Array& root) : context_(context) {
    context.draft.program.sequences.push_back({"root.steps", kNoStep, {}});
    open_.push_back({&root, 0});
  }

  void run() {
    while (!open_.empty()) {
      Open& top = open_.back();
      if (top.next == top.steps->size()) {
        open_.pop_back();
      } else if (!read_next(top)) {
        return;
      }
    }
  }

 private:
  // False when the definition is too large to read on.
  bool read_next(Open& top) {
    Program& program = context_.draft.program;
    const std::size_t position = top.next++;
    const std::size_t depth = top.depth;
    const std::string path = format("{}[{}]", program.sequences[top.sequence].path, position);
    if (program.steps.size() == limits::kStepsMax) {
      context_.findings.error(path, "TOO_MANY_STEPS",
                              format("a definition has at most {} steps", limits::kStepsMax),
                              "move a part into a workflow of its own and call it");
      return false;
    }
    const json::Value& value = (*top.steps)[position];
    if (!value.is_object()) {
      report_type(context_.findings, path, "a step object", value);
      return true;
    }
    const auto at = static_cast<StepIndex>(program.steps.size());
    Step step;
    step.path = StepPath(path);
    step.sequence = top.sequence;
    step.position = static_cast<std::uint32_t>(program.sequences[top.sequence].steps.size());
    program.steps.push_back(std::move(step));
    program.sequences[top.sequence].steps.push_back(at);
    context_.draft.sources.push_back(&value.get_object());
    context_.step = at;
    std::vector<OpenBranch> branches;
    read_step_body(context_, value.get_object(), at, branches);
    context_.step = kNoStep;
    enter(branches, depth, path);
    return true;
  }

  void enter(const std::vector<OpenBranch>& branches, std::size_t depth, const std::string& path) {
    const bool has_steps = std::ranges::any_of(
        branches, [](const OpenBranch& branch) { return !branch.steps->empty(); });
    if (depth == limits::kStepDepthMax && has_steps) {
      context_.findings.error(path, "STEP_NESTING_TOO_DEEP",
                              format("steps are nested deeper than {}", limits::kStepDepthMax),
                              "move the inner part into a workflow of its own and call it");
      return;
    }
    for (auto branch = branches.rbegin(); branch != branches.rend(); ++branch) {
      open_.push_back({branch->steps, branch->sequence, 0, depth + 1});
    }
  }

  Context& context_;
  std::vector<Open> open_;
};

}  // namespace

Draft read_definition(const json::Value& document, const ActionCatalog& actions,
                      Findings& findings) {
  Draft draft;
  if (!document.is_object()) {
    report_type(findings, "root", "a definition object", document);
    return draft;
  }
  draft.document = &document.get_object();
  Program& program = draft.program;
  Context context{actions, draft, findings, kNoStep, {}};
  Reader fields(document.get_object(), {"a definition", "root", '.'}, findings);
  program.workflow_id = WorkflowId(fields.text("id"));
  program.version = fields.whole("version", {}, Need::Required).value_or(0);
  program.name = fields.text("name");
  program.description = fields.text("description", {Need::Optional, kDescriptionBytesMax});
  program.payload_schema_ref = fields.text("payloadSchemaRef");
  program.run_timeout_ms = fields.whole("runTimeoutMs", {1, limits::kWaitMsMax});
  program.trigger = read_trigger(context, fields);
  if (const json::Array* steps = fields.array("steps", Need::Required)) {
    StepsReader(context, *steps).run();
  }
  fields.finish();
  if (program.sequences.empty()) program.sequences.push_back({"root.steps", kNoStep, {}});
  program.index_paths();
  return draft;
}

}  // namespace fermata::definition
