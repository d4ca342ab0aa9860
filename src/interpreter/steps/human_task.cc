// human.task: docs/reference/steps.md#humantask. Answers are checked against the form before they
// are sent here, so a wrong one never wakes the run.
#include "interpreter/evaluate.h"
#include "interpreter/scope.h"
#include "interpreter/steps.h"
#include "json/text.h"

namespace fermata::interpreter {
namespace {

using definition::HumanTaskStep;

std::optional<RunError> describe_task(Run& run, const StepVisit& visit, const HumanTaskStep& step,
                                      json::Object& details) {
  const auto put = [&](std::string_view name,
                       const definition::Expression& expression) -> std::optional<RunError> {
    Evaluated value = evaluate(run, visit, expression, name);
    if (auto* error = std::get_if<RunError>(&value)) return std::move(*error);
    const json::Value& text = std::get<json::Value>(value);
    details[name] = text.is_string() || text.is_null() ? text : json::Value(json::to_text(text));
    return std::nullopt;
  };
  details["taskType"] = step.task_type;
  if (auto error = put("title", step.title)) return error;
  if (step.description) {
    if (auto error = put("description", *step.description)) return error;
  }
  if (step.due_at) {
    if (auto error = put("dueAt", *step.due_at)) return error;
  }
  json::Object context;
  for (const auto& [name, expression] : step.context_data) {
    Evaluated value = evaluate(run, visit, expression, name);
    if (auto* error = std::get_if<RunError>(&value)) return std::move(*error);
    context[name] = std::move(std::get<json::Value>(value));
  }
  details["contextData"] = std::move(context);
  if (step.form_schema) details["formSchema"] = *step.form_schema;
  return std::nullopt;
}

}  // namespace

Outcome enter_HumanTask(Run& run, const StepVisit& visit) {
  const auto& step = config_of<HumanTaskStep>(run, visit);
  json::Object details;
  if (auto error = describe_task(run, visit, step, details)) return Raise{*std::move(error)};
  AwaitTask await;
  await.wait_id = WaitId(run.derived_id("wait", visit, 1));
  await.task_id = TaskId(run.derived_id("task", visit, 1));
  if (step.timeout_ms) {
    await.timeout_at = run.now + *step.timeout_ms;
    await.timer = run.take_seq();
    run.emit(StartTimer{await.timer, *step.timeout_ms});
  }
  OpenWait wait;
  wait.wait_id = await.wait_id;
  wait.type = WaitType::Human;
  wait.path = run.step(visit).path;
  wait.iteration = visit.iteration;
  wait.task_id = await.task_id;
  wait.timeout_at = await.timeout_at;
  wait.accepts_from = run.now;
  wait.details = std::move(details);
  run.emit(std::move(wait));
  return Park{std::move(await), nullptr, {}};
}

Outcome resume_HumanTask(Run& run, Parked& parked, Settled settled) {
  const auto& await = std::get<AwaitTask>(parked.await);
  const auto& step = config_of<HumanTaskStep>(run, parked.visit);
  auto* answered = std::get_if<SettledAnswer>(&settled);
  if (answered == nullptr) {
    run.emit(CloseWait{await.wait_id, WaitOutcome::TimedOut, std::nullopt, nullptr});
    return Raise{run.error_at(parked.visit, category::kTimeout, "TASK_EXPIRED",
                              "nobody answered the task in time")};
  }
  if (await.timer != 0) run.emit(CancelTimer{await.timer});
  run.emit(CloseWait{await.wait_id, WaitOutcome::Resolved, std::nullopt,
                     json::Object{{"answerId", answered->answer.answer_id},
                                  {"response", answered->answer.response}}});
  if (auto error = take_var(run, parked.visit, "event", std::move(answered->answer.response)))
    return Raise{*std::move(error)};
  set_var(run.state, "eventName", json::Value("HUMAN_TASK_COMPLETED"));
  if (auto error = assign_all(run, parked.visit, step.assign)) return Raise{*std::move(error)};
  return Next{json::Object{{"taskId", await.task_id.text}}};
}

}  // namespace fermata::interpreter
