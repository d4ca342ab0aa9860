// The machine's loop. Two phases: deliver every input, then run steps until all is parked or the
// run is over.
#include "interpreter/machine.h"

#include <algorithm>

#include "foundation/limits.h"
#include "foundation/match.h"
#include "interpreter/deliver.h"
#include "interpreter/run.h"
#include "interpreter/scope.h"
#include "interpreter/semantics.h"
#include "interpreter/steps.h"
#include "interpreter/unwind.h"
#include "json/text.h"

namespace fermata::interpreter {
namespace {

using definition::StepKind;

Outcome enter(Run& run, const StepVisit& visit) {
  switch (run.step(visit).kind) {
#define X(kind, name, parks, since, sentence) \
  case StepKind::kind:                        \
    return enter_##kind(run, visit);
#include "definition/step_types.def"
#undef X
  }
  return Raise{
      run.error_at(visit, category::kCorruption, "STEP_TYPE_UNKNOWN", "unknown step type")};
}

Outcome resume(Run& run, Parked& parked, Settled settled) {
  switch (run.step(parked.visit).kind) {
    case StepKind::ActionCall:
      return resume_ActionCall(run, parked, std::move(settled));
    case StepKind::CallWorkflow:
      return resume_CallWorkflow(run, parked, std::move(settled));
    case StepKind::EventWait:
      return resume_EventWait(run, parked, std::move(settled));
    case StepKind::TimeWait:
      return resume_TimeWait(run, parked, std::move(settled));
    case StepKind::HumanTask:
      return resume_HumanTask(run, parked, std::move(settled));
    case StepKind::If:
    case StepKind::ForEach:
    case StepKind::TryCatch:
    case StepKind::Return:
    case StepKind::StateSet:
    case StepKind::Assign:
      break;
  }
  return Raise{run.error_at(parked.visit, category::kCorruption, "STEP_NOT_PARKABLE",
                            "a step that never waits was waiting")};
}

// What the author's policy makes of a step's error.
void raise(Run& run, const StepVisit& visit, std::uint32_t attempt, RunError error) {
  const definition::StepConfig& config = run.step(visit).config;
  const auto* action = std::get_if<definition::ActionCallStep>(&config);
  const auto* child = std::get_if<definition::CallWorkflowStep>(&config);
  const bool goes_on = (action != nullptr && action->on_error == definition::OnError::Continue) ||
                       (child != nullptr && child->on_error == definition::OnError::Continue);
  if (goes_on && is_catchable(error)) {
    set_error(run.state, error.to_json());
    run.finish(visit, {.status = StepStatus::Handled, .attempt = attempt, .error = &error});
    return;
  }
  run.finish(visit, {.status = StepStatus::Failed, .attempt = attempt, .error = &error});
  unwind(run, std::move(error));
}

// Carries out what a handler said. `parked` is the parked step that said it, or nullptr for one
// just entered.
void apply(Run& run, const StepVisit& visit, Outcome outcome) {
  auto& parked = run.branch().parked;
  const std::uint32_t attempt = parked ? parked->attempt : 1;
  if (!std::holds_alternative<Park>(outcome) && !std::holds_alternative<Repark>(outcome))
    parked.reset();
  std::visit(match{[&](Next& next) {
                     run.finish(visit, {.attempt = attempt, .note = std::move(next.note)});
                   },
                   [&](Enter& entered) { enter_branch(run, visit, std::move(entered)); },
                   [&](Park& park) {
                     parked = Parked{visit, std::move(park.await), 1, std::move(park.input),
                                     std::move(park.idempotency_key)};
                   },
                   [&](Repark& again) { parked->await = std::move(again.await); },
                   [&](Raise& raised) { raise(run, visit, attempt, std::move(raised.error)); },
                   [&](Return&) {
                     run.finish(visit, {});
                     unwind(run, Returning{});
                   }},
             outcome);
}

// Cancels what the parked step waits for. False: its end has to be awaited first.
bool cancel_parked(Run& run, const std::optional<Settled>& settled) {
  auto& parked = run.branch().parked;
  if (!parked) return true;
  const bool is_settled = settled.has_value();
  const auto close = [&](const WaitId& wait, Seq timer) {
    if (timer != 0 && !is_settled) run.emit(CancelTimer{timer});
    run.emit(CloseWait{wait, WaitOutcome::Canceled, std::nullopt, nullptr});
    return true;
  };
  const bool is_over = std::visit(
      match{[&](const AwaitAction& a) {
              if (!is_settled) run.emit(CancelAction{a.seq});
              return is_settled;
            },
            [&](const AwaitChild& a) {
              const bool is_timeout = is_settled && std::holds_alternative<SettledTimer>(*settled);
              if (!is_settled || is_timeout) run.emit(CancelChild{a.seq});
              if (a.timer != 0 && !is_timeout) run.emit(CancelTimer{a.timer});
              return is_settled;
            },
            [&](const AwaitTimer& a) { return close(a.wait_id, a.seq); },
            [&](const AwaitRetry& a) { return close(a.wait_id, a.seq); },
            [&](const AwaitEvent& a) { return close(a.wait_id, a.timer); },
            [&](const AwaitTask& a) { return close(a.wait_id, a.timer); }},
      parked->await);
  if (!is_over) return false;
  run.finish(parked->visit, {.status = StepStatus::Canceled, .attempt = parked->attempt});
  parked.reset();
  return true;
}

// True: the run is ending or has to wait for the end of what it canceled.
bool cancel(Run& run, Delivered& delivered, bool was_canceling) {
  if (run.state.phase != Phase::Canceling) return false;
  if (run.branch().parked && was_canceling && !delivered.settled) return true;
  if (!cancel_parked(run, delivered.settled)) return true;
  end_canceled(run);
  return true;
}

// Between steps of a paused run: a wait of its own says so.
bool pause(Run& run) {
  if (!run.state.is_paused) return false;
  if (!run.state.pause_wait) {
    // By the number of its effect: between two steps a run may be paused more than once.
    run.state.pause_wait = WaitId(run.host.identity.run_id.text + "-pause-" +
                                  std::to_string(run.state.effects + run.effects.size()));
    OpenWait wait;
    wait.wait_id = *run.state.pause_wait;
    wait.type = WaitType::Pause;
    wait.path = StepPath("root");
    wait.accepts_from = run.now;
    if (!run.state.pause_reason.empty())
      wait.details = json::Object{{"reason", run.state.pause_reason}};
    run.emit(std::move(wait));
  }
  run.record_run(RunPhase::Paused);
  return true;
}

bool wants_new_history(const Run& run, const AdvanceOptions& options) {
  const RunState& state = run.state;
  if (state.steps_in_history >= limits::kStepsPerHistory) return true;
  const bool is_worked_out =
      run.uses(Semantics::Second) && state.work_in_history >= limits::kWorkPerHistoryMax;
  return state.steps_in_history > 0 &&
         (is_worked_out || options.suggestion == HistorySuggestion::ContinueAsNew);
}

void continue_as_new(Run& run) {
  run.state.steps_in_history = 0;
  run.state.work_in_history = 0;
  run.state.run_timer = 0;  // timers end with their history
  // The next history counts on behind this advance, whose last effect is the one below.
  const std::uint64_t asked = run.effects.size() + 1;
  run.state.effects += asked;
  json::Value checkpoint = save(run.host, run.state);
  run.state.effects -= asked;
  if (json::text_bytes(checkpoint) > limits::kStateBytesMax) {
    RunError error;
    error.category = category::kValidation;
    error.code = "STATE_TOO_LARGE";
    error.message = "the run carries more data than a checkpoint can hold";
    error.node_path = "root";
    error.at = run.now;
    end_failed(run, std::move(error));
    return;
  }
  run.emit(ContinueAsNew{std::move(checkpoint)});
}

// Whether what is parked is a wait of the author's, or work under way.
RunPhase phase_of(const Parked& parked) {
  const bool is_work = std::holds_alternative<AwaitAction>(parked.await) ||
                       std::holds_alternative<AwaitChild>(parked.await) ||
                       std::holds_alternative<AwaitRetry>(parked.await);
  return is_work ? RunPhase::Running : RunPhase::Waiting;
}

bool is_before(Run& run, std::optional<definition::StepIndex> step) {
  const Branch& branch = run.branch();
  if (!step || run.state.phase != Phase::Running || branch.parked || branch.frames.empty())
    return false;
  const auto* frame = std::get_if<SequenceFrame>(&branch.frames.back());
  if (frame == nullptr) return false;
  const auto& steps = run.host.program.sequences[frame->sequence].steps;
  return frame->next < steps.size() && steps[frame->next] == *step;
}

void start_step(Run& run, SequenceFrame& frame) {
  const definition::Sequence& sequence = run.host.program.sequences[frame.sequence];
  StepVisit visit;
  visit.step = sequence.steps[frame.next++];
  visit.number = ++run.state.steps;
  visit.iteration = run.iteration();
  visit.started_at = run.now;
  run.record(visit, StepStatus::Started);
  run.step_work = 0;
  apply(run, visit, enter(run, visit));
}

// One turn of the loop; false when there is nothing more to do now.
bool turn(Run& run, Delivered& delivered, const AdvanceOptions& options) {
  if (run.state.phase == Phase::Done) return false;
  Branch& branch = run.branch();
  if (branch.parked) {
    if (!delivered.settled) delivered.settled = take_buffered(run);
    if (!delivered.settled) {
      run.record_run(phase_of(*branch.parked));
      return false;
    }
    Settled settled = *std::move(delivered.settled);
    delivered.settled.reset();
    run.record_run(RunPhase::Running);
    const StepVisit visit = branch.parked->visit;
    run.step_work = 0;
    apply(run, visit, resume(run, *branch.parked, std::move(settled)));
    return true;
  }
  auto* frame = branch.frames.empty() ? nullptr : std::get_if<SequenceFrame>(&branch.frames.back());
  if (frame == nullptr || frame->next >= run.host.program.sequences[frame->sequence].steps.size())
    return leave_sequence(run);
  if (is_before(run, options.stop_before) || pause(run)) return false;
  run.record_run(RunPhase::Running);
  if (wants_new_history(run, options)) {
    continue_as_new(run);
    return false;
  }
  start_step(run, *frame);
  return true;
}

void time_out(Run& run) {
  RunError error;
  error.category = category::kTimeout;
  error.code = "RUN_TIMEOUT";
  error.message = "the run took longer than its runTimeoutMs";
  error.node_path = "root";
  error.at = run.now;
  auto& parked = run.branch().parked;
  if (!cancel_parked(run, std::nullopt)) {
    // An action or a child is told to stop; its end is not waited for, the run is over.
    run.finish(parked->visit, {.status = StepStatus::Canceled, .attempt = parked->attempt});
    parked.reset();
  }
  end_failed(run, std::move(error));
}

}  // namespace

RunState initial_state(const Host& host, const json::Value& payload, const json::Value& meta) {
  RunState state;
  state.scopes.payload = payload.is_object() ? payload : json::Value(json::Object{});
  state.scopes.vars = json::Object{};
  state.scopes.meta = meta.is_object() ? meta : json::Value(json::Object{});
  state.scopes.error = nullptr;
  state.system = system_scope(host.identity);
  json::Object& described = state.scopes.meta.get_object();
  for (const auto& member : state.system.get_object())
    described.emplace(member.key(), member.value());
  state.branches.emplace_back();
  state.branches.front().frames.emplace_back(SequenceFrame{0, 0});
  return state;
}

Result<Advance> advance(const Host& host, RunState state, std::span<const Input> inputs,
                        const AdvanceOptions& options) {
  Advance result;
  result.first_effect_number = state.effects + 1;
  Run run(host, state, options.now);
  run.expression_steps_max = options.expression_steps_max;
  if (host.program.run_timeout_ms && state.run_timer == 0) {
    if (!state.run_due_at) state.run_due_at = options.now + *host.program.run_timeout_ms;
    state.run_timer = run.take_seq();
    run.emit(StartTimer{state.run_timer, std::max(*state.run_due_at - options.now, TimeMs{1})});
  }
  const bool was_canceling = state.phase == Phase::Canceling;
  Delivered delivered;
  for (const Input& input : inputs) TRY_DO(deliver(run, input, delivered));
  if (state.phase == Phase::Running && delivered.run_timed_out) time_out(run);
  if (state.phase != Phase::Done && !cancel(run, delivered, was_canceling)) {
    while (turn(run, delivered, options)) {
    }
  }
  result.is_stopped = is_before(run, options.stop_before);
  state.effects += run.effects.size();
  result.effects = std::move(run.effects);
  result.expression_steps = run.expression_steps;
  result.state = std::move(state);
  return result;
}

}  // namespace fermata::interpreter
