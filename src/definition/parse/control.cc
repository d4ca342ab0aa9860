// The control blocks: if, forEach, tryCatch, callWorkflow, return.

#include "definition/parse/assign_path.h"
#include "definition/parse/steps.h"

namespace fermata::definition {

void read_if(StepReading& reading) {
  IfStep config;
  config.condition =
      need_expression(reading.context, reading.fields, "condition", ExpressionRole::Condition);
  config.then_branch = open_branch(reading, "then", Need::Required);
  config.else_branch = open_branch(reading, "else", Need::Optional);
  refuse_policies(reading, {"retry", "onError", "timeoutMs"});
  reading.step.config = std::move(config);
}

void read_for_each(StepReading& reading) {
  Reader& fields = reading.fields;
  ForEachStep config;
  config.items = need_expression(reading.context, fields, "items", ExpressionRole::Items);
  config.item_var = fields.text("itemVar");
  if (!config.item_var.empty()) {
    check_variable_name(config.item_var, NameUse::LoopItem, fields.path_of("itemVar"),
                        reading.context.findings);
  }
  if (fields.whole("concurrency", {}).value_or(1) > 1) {
    reading.context.findings.error(
        fields.path_of("concurrency"), "CONCURRENCY_UNSUPPORTED",
        "concurrency above 1 is not supported, iterations run one after another",
        "remove `concurrency` or set it to 1");
  }
  config.body = open_branch(reading, "body", Need::Required);
  config.on_item_error = fields.word("onItemError", {"fail", "continue"}) == "continue"
                             ? OnError::Continue
                             : OnError::Fail;
  refuse_policies(reading, {"retry", "onError", "timeoutMs"});
  reading.step.config = std::move(config);
}

void read_try_catch(StepReading& reading) {
  Reader& fields = reading.fields;
  TryCatchStep config;
  config.try_branch = open_branch(reading, "try", Need::Required);
  config.catch_branch = open_branch(reading, "catch", Need::Required);
  config.finally_branch = open_branch(reading, "finally", Need::Optional);
  config.capture_error_as = fields.text("captureErrorAs", {Need::Optional});
  if (!config.capture_error_as.empty()) {
    check_variable_name(config.capture_error_as, NameUse::CapturedError,
                        fields.path_of("captureErrorAs"), reading.context.findings);
  }
  config.catch_on = read_error_names(reading.context, fields, "catchOn");
  refuse_policies(reading, {"retry", "onError", "timeoutMs"});
  reading.step.config = std::move(config);
}

void read_call_workflow(StepReading& reading) {
  Reader& fields = reading.fields;
  CallWorkflowStep config;
  config.workflow_id = WorkflowId(fields.text("workflowId"));
  config.workflow_version = fields.whole("workflowVersion", {}, Need::Required).value_or(0);
  config.input_mapping =
      read_expressions(reading.context, fields, "inputMapping", ExpressionRole::Input);
  config.output_mapping = read_assignments(reading.context, fields, "outputMapping");
  config.retry = read_retry(reading.context, fields);
  config.on_error = read_on_error(fields).value_or(OnError::Fail);
  reading.step.timeout_ms = fields.whole("timeoutMs", {1, limits::kWaitMsMax});
  reading.step.config = std::move(config);
}

void read_return(StepReading& reading) {
  refuse_policies(reading, {"retry", "onError", "timeoutMs"});
  reading.step.config = ReturnStep{};
}

}  // namespace fermata::definition
