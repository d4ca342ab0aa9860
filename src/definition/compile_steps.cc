#include "definition/compile_steps.h"

#include <algorithm>
#include <array>

#include "definition/fields.h"
#include "definition/values.h"

namespace fermata::definition {
namespace {

using json::find;
using json::int_at;
using json::string_at;

std::vector<std::string> texts(const json::Value* list) {
  std::vector<std::string> all;
  if (list == nullptr) return all;
  for (const json::Value& item : list->get_array()) all.push_back(json::to_std(item.get_string()));
  return all;
}

std::optional<Expression> optional_expression(const json::Value* value) {
  return value == nullptr ? std::nullopt : std::optional(compile_expression(*value));
}

struct OpName {
  std::string_view name;
  FilterOp op;
};
constexpr std::array<OpName, 13> kOps = {{{"=", FilterOp::Equal},
                                          {"!=", FilterOp::NotEqual},
                                          {"in", FilterOp::In},
                                          {"not_in", FilterOp::NotIn},
                                          {"exists", FilterOp::Exists},
                                          {"not_exists", FilterOp::NotExists},
                                          {">", FilterOp::Greater},
                                          {">=", FilterOp::GreaterEqual},
                                          {"<", FilterOp::Less},
                                          {"<=", FilterOp::LessEqual},
                                          {"contains", FilterOp::Contains},
                                          {"starts_with", FilterOp::StartsWith},
                                          {"ends_with", FilterOp::EndsWith}}};

EventFilter compile_filter(const json::Object& filter) {
  EventFilter made;
  made.source_path = *string_at(filter, "path");
  std::string_view rest = made.source_path;
  if (rest.starts_with("$.")) rest.remove_prefix(2);
  if (rest.starts_with(".")) rest.remove_prefix(1);
  while (true) {
    const std::size_t dot = rest.find('.');
    made.path.emplace_back(rest.substr(0, dot));
    if (dot == std::string_view::npos) break;
    rest = rest.substr(dot + 1);
  }
  made.op = std::ranges::find(kOps, *string_at(filter, "op"), [](const OpName& row) {
              return std::string(row.name);
            })->op;
  if (const json::Value* value = find(filter, "value")) made.value = *value;
  return made;
}

ActionCallStep compile_action(const Visit& visit, const json::Object& config,
                              const ActionCatalog& actions) {
  ActionCallStep call;
  call.action_id = *string_at(config, "actionId");
  call.action_version = static_cast<int>(*int_at(config, "version"));
  const ActionSpec* spec = actions.find(call.action_id, call.action_version);
  call.execution = spec == nullptr ? ExecutionClass::Short : spec->execution;
  if (const auto execution = string_at(*visit.step, "execution")) {
    call.execution = *execution == "durable" ? ExecutionClass::Durable : ExecutionClass::Short;
  }
  call.input.kind = MappingValue::Kind::Object;
  if (const json::Value* mapping = find(config, "inputMapping"))
    call.input = compile_mapping(*mapping);
  if (const json::Value* outputs = find(config, "outputs")) {
    call.input.keys.emplace_back("outputs");
    MappingValue literal;
    literal.literal = *outputs;
    call.input.items.push_back(std::move(literal));
  }
  if (const auto save_as = string_at(config, "saveAs")) call.save_as = parse_assign_path(*save_as);
  call.idempotency_key = optional_expression(find(config, "idempotencyKey"));
  call.retry = compile_retry(find(*visit.step, "retry"));
  const json::Value* policy = find(*visit.step, "onError");
  call.on_error = compile_on_error(policy != nullptr ? policy : find(config, "onError"));
  call.timeout_ms =
      int_at(*visit.step, "timeoutMs").value_or(spec == nullptr ? 30'000 : spec->timeout_ms);
  return call;
}

EventWaitStep compile_event(const json::Object& config) {
  EventWaitStep wait;
  wait.event_name = *string_at(config, "eventName");
  wait.correlation_key = compile_expression(*find(config, "correlationKey"));
  if (const json::Value* filters = find(config, "filters")) {
    for (const json::Value& filter : filters->get_array())
      wait.filters.push_back(compile_filter(filter.get_object()));
  }
  wait.timeout_ms = int_at(config, "timeoutMs");
  wait.lookback_ms = int_at(config, "lookbackMs").value_or(0);
  wait.assign = compile_assignments(find(config, "assign"));
  return wait;
}

TimeWaitStep compile_time(const json::Object& config) {
  TimeWaitStep wait;
  if (*string_at(config, "mode") == "duration") {
    wait.duration_ms = int_at(config, "durationMs");
  } else {
    wait.until = optional_expression(find(config, "until"));
  }
  wait.assign = compile_assignments(find(config, "assign"));
  return wait;
}

HumanTaskStep compile_task(const json::Object& config) {
  HumanTaskStep task;
  task.task_type = *string_at(config, "taskType");
  task.title = compile_expression(*find(config, "title"));
  task.description = optional_expression(find(config, "description"));
  task.context_data = compile_expressions(find(config, "contextData"));
  if (const json::Value* schema = find(config, "formSchema")) task.form_schema = *schema;
  task.due_at = optional_expression(find(config, "dueAt"));
  task.timeout_ms = int_at(config, "timeoutMs");
  task.assign = compile_assignments(find(config, "assign"));
  return task;
}

CallWorkflowStep compile_call(const json::Object& step) {
  CallWorkflowStep call;
  call.workflow_id = WorkflowId(*string_at(step, "workflowId"));
  call.workflow_version = *int_at(step, "workflowVersion");
  call.input_mapping = compile_expressions(find(step, "inputMapping"));
  call.output_mapping = compile_assignments(find(step, "outputMapping"));
  call.retry = compile_retry(find(step, "retry"));
  call.on_error = compile_on_error(find(step, "onError"));
  return call;
}

ForEachStep compile_loop(const json::Object& step) {
  ForEachStep loop;
  loop.items = compile_expression(*find(step, "items"));
  loop.item_var = *string_at(step, "itemVar");
  loop.on_item_error = compile_on_error(find(step, "onItemError"));
  return loop;
}

}  // namespace

StepConfig compile_step(const Visit& visit, const ActionCatalog& actions) {
  const json::Object& step = *visit.step;
  const json::Object* config = config_of(visit);
  switch (visit.shape->kind) {
    case StepKind::If: {
      IfStep made;
      made.condition = compile_expression(*find(step, "condition"));
      return made;
    }
    case StepKind::ForEach:
      return compile_loop(step);
    case StepKind::TryCatch: {
      TryCatchStep made;
      made.capture_error_as = string_at(step, "captureErrorAs").value_or("");
      made.catch_on = texts(find(step, "catchOn"));
      return made;
    }
    case StepKind::CallWorkflow:
      return compile_call(step);
    case StepKind::Return:
      return ReturnStep{};
    case StepKind::ActionCall:
      return compile_action(visit, *config, actions);
    case StepKind::EventWait:
      return compile_event(*config);
    case StepKind::TimeWait:
      return compile_time(*config);
    case StepKind::HumanTask:
      return compile_task(*config);
    case StepKind::StateSet:
      return StateSetStep{*string_at(*config, "state")};
    case StepKind::Assign:
      return AssignStep{compile_assignments(find(*config, "assign"))};
  }
  return ReturnStep{};
}

}  // namespace fermata::definition
