// action.call: docs/reference/steps.md#actioncall. Pure actions run here; the others park until
// their result is there. Retries are durable timers between attempts under one idempotency key.
#include "foundation/format.h"
#include "interpreter/evaluate.h"
#include "interpreter/retry.h"
#include "interpreter/scope.h"
#include "interpreter/steps.h"
#include "json/hash.h"
#include "json/text.h"
#include "jsonata/instant.h"

namespace fermata::interpreter {
namespace {

using definition::ActionCallStep;

Outcome succeeded(Run& run, const StepVisit& visit, json::Value output) {
  const auto& step = config_of<ActionCallStep>(run, visit);
  if (!step.save_as) return Next{};
  if (auto wrong = assign(run, *step.save_as, std::move(output))) {
    return Raise{run.error_at(visit, category::kValidation, "ASSIGN_FAILED", *std::move(wrong))};
  }
  return Next{json::Object{{"savedAs", step.save_as->source}}};
}

void ask(Run& run, const Parked& parked) {
  const auto& step = config_of<ActionCallStep>(run, parked.visit);
  RunAction action;
  action.seq = std::get<AwaitAction>(parked.await).seq;
  action.path = run.step(parked.visit).path;
  action.iteration = parked.visit.iteration;
  action.action_id = step.action_id;
  action.action_version = step.action_version;
  action.execution = step.execution;
  action.input = parked.input;
  action.idempotency_key = parked.idempotency_key;
  action.attempt = parked.attempt;
  action.timeout_ms = step.timeout_ms;
  run.emit(std::move(action));
}

std::variant<std::string, RunError> key_of(Run& run, const StepVisit& visit,
                                           const json::Value& input) {
  const auto& step = config_of<ActionCallStep>(run, visit);
  if (step.idempotency_key) {
    Evaluated key = evaluate(run, visit, *step.idempotency_key, "idempotencyKey");
    if (auto* error = std::get_if<RunError>(&key)) return std::move(*error);
    const json::Value& value = std::get<json::Value>(key);
    return value.is_string() ? json::to_std(value.get_string()) : json::to_text(value);
  }
  // Loop turn and visit are part of it, so equal inputs in two turns are two invocations.
  return json::sha256_hex(format("{}\n{}\n{}\n{}\n{}@{}\n{}", run.host.identity.run_id.text,
                                 run.step(visit).path.text, visit.iteration, visit.number,
                                 step.action_id, step.action_version,
                                 json::to_canonical_text(input)));
}

Outcome run_pure(Run& run, const StepVisit& visit, const json::Value& input) {
  const auto& step = config_of<ActionCallStep>(run, visit);
  auto made = run.host.pure_actions.run(step.action_id, step.action_version, input);
  if (auto* output = std::get_if<json::Value>(&made))
    return succeeded(run, visit, std::move(*output));
  RunError error = std::get<RunError>(std::move(made));
  error.node_path = run.step(visit).path.text;
  error.at = run.now;
  return Raise{std::move(error)};
}

}  // namespace

Outcome enter_ActionCall(Run& run, const StepVisit& visit) {
  const auto& step = config_of<ActionCallStep>(run, visit);
  Evaluated resolved = resolve(run, visit, step.input);
  if (auto* error = std::get_if<RunError>(&resolved)) return Raise{std::move(*error)};
  json::Value& input = std::get<json::Value>(resolved);
  if (step.execution == definition::ExecutionClass::Pure) return run_pure(run, visit, input);
  auto key = key_of(run, visit, input);
  if (auto* error = std::get_if<RunError>(&key)) return Raise{std::move(*error)};
  Parked parked;
  parked.visit = visit;
  parked.await = AwaitAction{run.take_seq()};
  parked.input = std::move(input);
  parked.idempotency_key = std::get<std::string>(std::move(key));
  ask(run, parked);
  return Park{parked.await, std::move(parked.input), std::move(parked.idempotency_key)};
}

Outcome resume_ActionCall(Run& run, Parked& parked, Settled settled) {
  if (const auto* retry = std::get_if<AwaitRetry>(&parked.await)) {
    run.emit(CloseWait{retry->wait_id, WaitOutcome::Resolved, std::nullopt, nullptr});
    ++parked.attempt;
    parked.await = AwaitAction{run.take_seq()};
    ask(run, parked);
    return Repark{parked.await};
  }
  if (auto* done = std::get_if<SettledOutput>(&settled))
    return succeeded(run, parked.visit, std::move(done->output));
  auto& failed = std::get<SettledError>(settled);
  failed.error.node_path = run.step(parked.visit).path.text;
  failed.error.at = run.now;
  const auto& step = config_of<ActionCallStep>(run, parked.visit);
  const auto delay =
      step.retry ? next_delay(*step.retry, failed.error, parked.attempt, parked.idempotency_key)
                 : std::nullopt;
  if (!delay) return Raise{std::move(failed.error)};
  // What the other side asked for counts, when it is longer.
  const std::int64_t delay_ms =
      std::max({*delay, failed.retry_after_ms.value_or(0), std::int64_t{1}});
  AwaitRetry await{run.take_seq(), WaitId(run.derived_id("retry", parked.visit, parked.attempt))};
  run.emit(StartTimer{await.seq, delay_ms});
  RecordStep row;
  row.step_number = parked.visit.number;
  row.path = run.step(parked.visit).path;
  row.iteration = parked.visit.iteration;
  row.step_id = run.step(parked.visit).id;
  row.kind = definition::dsl_name(run.step(parked.visit).kind);
  row.status = StepStatus::RetryScheduled;
  row.attempt = parked.attempt;
  row.started_at = parked.visit.started_at;
  row.error = failed.error;
  run.emit(std::move(row));
  OpenWait wait;
  wait.wait_id = await.wait_id;
  wait.type = WaitType::Retry;
  wait.path = run.step(parked.visit).path;
  wait.iteration = parked.visit.iteration;
  wait.timeout_at = run.now + delay_ms;
  wait.accepts_from = run.now;
  wait.details = json::Object{{"attempt", parked.attempt}, {"error", failed.error.to_json()}};
  run.emit(std::move(wait));
  return Repark{await};
}

}  // namespace fermata::interpreter
