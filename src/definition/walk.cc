#include "definition/walk.h"

#include <algorithm>
#include <array>

#include "foundation/limits.h"

namespace fermata::definition {
namespace {

using F = FieldForm;

constexpr std::array<Field, 4> kIf = {{{"id", F::Text, true},
                                       {"type", F::Text, true},
                                       {"name", F::Text},
                                       {"condition", F::Expr, true}}};
constexpr std::array<Branch, 2> kIfBranches = {{{"then", true}, {"else"}}};
constexpr std::array<Field, 7> kForEach = {{{"id", F::Text, true},
                                            {"type", F::Text, true},
                                            {"name", F::Text},
                                            {"items", F::Expr, true},
                                            {"itemVar", F::Identifier, true},
                                            {"concurrency", F::Positive},
                                            {"onItemError", F::OnItemError}}};
constexpr std::array<Branch, 1> kForEachBranches = {{{"body", true}}};
constexpr std::array<Field, 5> kTryCatch = {{{"id", F::Text, true},
                                             {"type", F::Text, true},
                                             {"name", F::Text},
                                             {"captureErrorAs", F::Identifier},
                                             {"catchOn", F::Texts}}};
constexpr std::array<Branch, 3> kTryBranches = {{{"try", true}, {"catch", true}, {"finally"}}};
constexpr std::array<Field, 9> kCallWorkflow = {{{"id", F::Text, true},
                                                 {"type", F::Text, true},
                                                 {"name", F::Text},
                                                 {"workflowId", F::Text, true},
                                                 {"workflowVersion", F::Positive, true},
                                                 {"inputMapping", F::ExprMap},
                                                 {"outputMapping", F::AssignMap},
                                                 {"retry", F::Retry},
                                                 {"onError", F::OnError}}};
constexpr std::array<Field, 3> kReturn = {
    {{"id", F::Text, true}, {"type", F::Text, true}, {"name", F::Text}}};

constexpr std::array<Field, 8> kAction = {{{"id", F::Text, true},
                                           {"type", F::Text, true},
                                           {"name", F::Text},
                                           {"config", F::Config, true},
                                           {"retry", F::Retry},
                                           {"onError", F::OnError},
                                           {"timeoutMs", F::DurationMs},
                                           {"execution", F::Execution}}};
constexpr std::array<Field, 10> kActionConfig = {{{"actionId", F::Text, true},
                                                  {"version", F::Positive, true},
                                                  {"inputMapping", F::MappingMap},
                                                  {"outputs", F::Any},
                                                  {"saveAs", F::AssignPath},
                                                  {"idempotencyKey", F::Expr},
                                                  {"onError", F::OnError},
                                                  {"designerGroupKey", F::Text},
                                                  {"designerTileKind", F::Text},
                                                  {"designerAppKey", F::Text}}};
constexpr std::array<Field, 4> kNode = {{{"id", F::Text, true},
                                         {"type", F::Text, true},
                                         {"name", F::Text},
                                         {"config", F::Config, true}}};
constexpr std::array<Field, 6> kEventConfig = {{{"eventName", F::Text, true},
                                                {"correlationKey", F::Expr, true},
                                                {"filters", F::Filters},
                                                {"timeoutMs", F::DurationMs},
                                                {"lookbackMs", F::NonNegative},
                                                {"assign", F::AssignMap}}};
constexpr std::array<Field, 4> kTimeConfig = {{{"mode", F::Text, true},
                                               {"durationMs", F::DurationMs},
                                               {"until", F::Expr},
                                               {"assign", F::AssignMap}}};
constexpr std::array<Field, 8> kTaskConfig = {{{"taskType", F::Text, true},
                                               {"title", F::Expr, true},
                                               {"description", F::Expr},
                                               {"contextData", F::ExprMap},
                                               {"assign", F::AssignMap},
                                               {"formSchema", F::Schema},
                                               {"dueAt", F::Expr},
                                               {"timeoutMs", F::DurationMs}}};
constexpr std::array<Field, 1> kStateConfig = {{{"state", F::Text, true}}};
constexpr std::array<Field, 1> kAssignConfig = {{{"assign", F::AssignMap, true}}};

constexpr std::array<StepShape, 11> kShapes = {{
    {"control.if", StepKind::If, kIf, {}, kIfBranches},
    {"control.forEach", StepKind::ForEach, kForEach, {}, kForEachBranches},
    {"control.tryCatch", StepKind::TryCatch, kTryCatch, {}, kTryBranches},
    {"control.callWorkflow", StepKind::CallWorkflow, kCallWorkflow, {}, {}},
    {"control.return", StepKind::Return, kReturn, {}, {}},
    {"action.call", StepKind::ActionCall, kAction, kActionConfig, {}},
    {"event.wait", StepKind::EventWait, kNode, kEventConfig, {}},
    {"time.wait", StepKind::TimeWait, kNode, kTimeConfig, {}},
    {"human.task", StepKind::HumanTask, kNode, kTaskConfig, {}},
    {"state.set", StepKind::StateSet, kNode, kStateConfig, {}},
    {"transform.assign", StepKind::Assign, kNode, kAssignConfig, {}},
}};

// One sequence that is still to be visited.
struct Pending {
  const json::Array* steps;
  std::string path;
  std::size_t depth;
  std::size_t owner;
  std::size_t next = 0;
};

const StepShape* shape_of(const json::Object& step) {
  const json::Value* type = json::find(step, "type");
  return type != nullptr && type->is_string() ? find_shape(json::view(type->get_string()))
                                              : nullptr;
}

}  // namespace

const StepShape* find_shape(std::string_view name) {
  const auto* shape = std::ranges::find(kShapes, name, &StepShape::name);
  return shape == kShapes.end() ? nullptr : shape;
}

std::vector<std::string_view> shape_names() {
  std::vector<std::string_view> names;
  for (const StepShape& shape : kShapes) names.push_back(shape.name);
  return names;
}

Walk walk(const json::Value& document) {
  Walk result;
  std::vector<Pending> stack;
  const json::Value* root = json::find(document, "steps");
  if (root != nullptr && root->is_array())
    stack.push_back({&root->get_array(), "root.steps", 1, SIZE_MAX});
  while (!stack.empty()) {
    Pending& at = stack.back();
    if (at.next == at.steps->size()) {
      stack.pop_back();
      continue;
    }
    if (result.visits.size() >= limits::kStepsMax) {
      result.is_too_long = true;
      return result;
    }
    const json::Value& value = (*at.steps)[at.next];
    Visit visit;
    visit.path = at.path + "[" + std::to_string(at.next) + "]";
    visit.sequence = at.path;
    visit.position = at.next;
    visit.depth = at.depth;
    visit.owner = at.owner;
    ++at.next;
    if (value.is_object()) {
      visit.step = &value.get_object();
      visit.shape = shape_of(*visit.step);
    }
    result.visits.push_back(std::move(visit));
    const Visit& made = result.visits.back();
    if (made.shape == nullptr) continue;
    if (made.depth >= limits::kStepDepthMax && !made.shape->branches.empty()) {
      result.is_too_deep = true;
      continue;
    }
    // Pushed in reverse, so that the first branch is visited first.
    const std::size_t owner = result.visits.size() - 1;
    const std::size_t depth = made.depth + 1;
    for (auto branch = made.shape->branches.rbegin(); branch != made.shape->branches.rend();
         ++branch) {
      const json::Value* steps = json::find(*made.step, branch->name);
      if (steps == nullptr || !steps->is_array()) continue;
      stack.push_back({&steps->get_array(), made.path + "." + std::string(branch->name) + ".steps",
                       depth, owner});
    }
  }
  return result;
}

const json::Object* config_of(const Visit& visit) {
  if (visit.step == nullptr) return nullptr;
  const json::Value* config = json::find(*visit.step, "config");
  return config != nullptr && config->is_object() ? &config->get_object() : nullptr;
}

}  // namespace fermata::definition
