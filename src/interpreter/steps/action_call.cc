// action.call: docs/reference/steps.md#actioncall. Pure actions run here; the others park until
// their result is there. Retries are durable timers between attempts under one idempotency key.
#include <algorithm>

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

// What a worker gives an attempt beyond its timeout (worker/translate.cc).
constexpr std::int64_t kWorkersGraceMs = 15'000;

Outcome succeeded(Run& run, const StepVisit& visit, json::Value output) {
  const auto& step = config_of<ActionCallStep>(run, visit);
  if (!step.save_as) return Next{};
  if (auto wrong = assign(run, visit, *step.save_as, std::move(output)))
    return Raise{*std::move(wrong)};
  return Next{json::Object{{"savedAs", step.save_as->source}}};
}

// What an author logs is told with the step that logged it: it costs neither event nor row.
Outcome with_log(const Run& run, const Parked& parked, Outcome outcome) {
  constexpr std::string_view kLogAction = "log";
  auto* next = std::get_if<Next>(&outcome);
  if (next == nullptr || config_of<ActionCallStep>(run, parked.visit).action_id != kLogAction)
    return outcome;
  if (!next->note.is_object()) next->note = json::Object{};
  next->note.get_object()["log"] = parked.input;
  return outcome;
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
  action.secret_places = secret_places(step.input);
  action.idempotency_key = parked.idempotency_key;
  action.is_authored = step.idempotency_key.has_value();
  action.attempt = parked.attempt;
  action.timeout_ms = step.timeout_ms;
  if (const auto deadline = deadline_of(run, parked.visit))
    action.timeout_ms = std::min(action.timeout_ms, *deadline - run.now);
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
  // It goes through what it gets and through what it makes.
  run.charge(json::text_bytes(input));
  if (auto* output = std::get_if<json::Value>(&made)) {
    run.charge(json::text_bytes(*output));
    return succeeded(run, visit, std::move(*output));
  }
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
  if (auto error = input_refusal(run, visit, input)) return Raise{*std::move(error)};
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
    if (is_too_late(run, parked.visit, kWorkersGraceMs))
      return Raise{step_timeout(run, parked.visit, nullptr)};
    ++parked.attempt;
    parked.await = AwaitAction{run.take_seq()};
    ask(run, parked);
    return Repark{parked.await};
  }
  if (auto* done = std::get_if<SettledOutput>(&settled))
    return with_log(run, parked, succeeded(run, parked.visit, std::move(done->output)));
  auto& failed = std::get<SettledError>(settled);
  failed.error.node_path = run.step(parked.visit).path.text;
  failed.error.at = run.now;
  return retry_or_raise(run, parked,
                        {.policy = config_of<ActionCallStep>(run, parked.visit).retry,
                         .error = std::move(failed.error),
                         .seed = parked.idempotency_key,
                         .asked_ms = failed.retry_after_ms.value_or(0)});
}

}  // namespace fermata::interpreter
