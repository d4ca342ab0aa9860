// control.callWorkflow: docs/reference/steps.md#controlcallworkflow. A new child run for each
// attempt.
#include "foundation/format.h"
#include "foundation/limits.h"
#include "interpreter/evaluate.h"
#include "interpreter/retry.h"
#include "interpreter/scope.h"
#include "interpreter/steps.h"

namespace fermata::interpreter {
namespace {

using definition::CallWorkflowStep;

Await start_child(Run& run, const Parked& parked) {
  const auto& step = config_of<CallWorkflowStep>(run, parked.visit);
  StartChild child;
  child.seq = run.take_seq();
  child.path = run.step(parked.visit).path;
  child.iteration = parked.visit.iteration;
  child.child_run_id = RunId(run.derived_id("child", parked.visit, parked.attempt));
  child.workflow_id = step.workflow_id;
  child.workflow_version = step.workflow_version;
  child.payload = parked.input;
  child.depth = run.host.identity.depth + 1;
  AwaitChild await{child.seq, child.child_run_id, 0};
  run.emit(std::move(child));
  if (const auto deadline = deadline_of(run, parked.visit)) {
    await.timer = run.take_seq();
    run.emit(StartTimer{await.timer, *deadline - run.now});
  }
  return await;
}

// The parent's error for a child's failure.
RunError child_error(Run& run, const Parked& parked, const RunError& cause) {
  const auto& step = config_of<CallWorkflowStep>(run, parked.visit);
  RunError error =
      run.error_at(parked.visit, category::kChildWorkflow, cause.code,
                   format("child workflow `{}` failed: {}", step.workflow_id.text, cause.message));
  error.details = json::Object{{"workflowId", step.workflow_id.text},
                               {"workflowVersion", step.workflow_version},
                               {"cause", cause.to_json()}};
  if (const auto* await = std::get_if<AwaitChild>(&parked.await))
    error.details.get_object()["childRunId"] = await->child_run_id.text;
  return error;
}

}  // namespace

Outcome enter_CallWorkflow(Run& run, const StepVisit& visit) {
  const auto& step = config_of<CallWorkflowStep>(run, visit);
  if (run.host.identity.depth + 1 > limits::kChildDepthMax) {
    return Raise{run.error_at(
        visit, category::kValidation, "CHILD_DEPTH_EXCEEDED",
        format("child workflows are nested deeper than {} levels", limits::kChildDepthMax))};
  }
  json::Object payload;
  for (const auto& [name, expression] : step.input_mapping) {
    Evaluated value = evaluate(run, visit, expression, name);
    if (auto* error = std::get_if<RunError>(&value)) return Raise{std::move(*error)};
    payload[name] = std::move(std::get<json::Value>(value));
  }
  Parked parked;
  parked.visit = visit;
  parked.input = std::move(payload);
  if (auto error = input_refusal(run, visit, parked.input)) return Raise{*std::move(error)};
  parked.await = start_child(run, parked);
  return Park{parked.await, std::move(parked.input), {}};
}

Outcome resume_CallWorkflow(Run& run, Parked& parked, Settled settled) {
  const auto& step = config_of<CallWorkflowStep>(run, parked.visit);
  if (const auto* retry = std::get_if<AwaitRetry>(&parked.await)) {
    run.emit(CloseWait{retry->wait_id, WaitOutcome::Resolved, std::nullopt, nullptr});
    if (is_too_late(run, parked.visit, 0)) return Raise{step_timeout(run, parked.visit, nullptr)};
    ++parked.attempt;
    return Repark{start_child(run, parked)};
  }
  const auto& await = std::get<AwaitChild>(parked.await);
  if (std::holds_alternative<SettledTimer>(settled)) {
    run.emit(CancelChild{await.seq});
    return Raise{step_timeout(run, parked.visit, nullptr)};
  }
  if (await.timer != 0) run.emit(CancelTimer{await.timer});
  if (auto* done = std::get_if<SettledOutput>(&settled)) {
    const ExtraNames child = {{"childRun", &done->output}};
    for (const definition::Assignment& output : step.output_mapping) {
      Evaluated value = evaluate_at(run, parked.visit, output.value,
                                    {.what = output.path.source, .names = child});
      if (auto* error = std::get_if<RunError>(&value)) return Raise{std::move(*error)};
      if (auto wrong =
              assign(run, parked.visit, output.path, std::move(std::get<json::Value>(value))))
        return Raise{*std::move(wrong)};
    }
    return Next{json::Object{{"childRunId", await.child_run_id.text}}};
  }
  const RunError cause = std::get<SettledError>(std::move(settled)).error;
  RunError error = child_error(run, parked, cause);
  const std::string seed = run.derived_id("child", parked.visit, 1);
  return retry_or_raise(run, parked,
                        {.policy = step.retry, .error = std::move(error), .seed = seed});
}

}  // namespace fermata::interpreter
