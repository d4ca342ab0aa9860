#include "interpreter/deliver.h"

#include <algorithm>

#include "foundation/format.h"
#include "foundation/limits.h"
#include "foundation/match.h"
#include "interpreter/steps.h"
#include "interpreter/transitions.h"
#include "json/text.h"

namespace fermata::interpreter {
namespace {

Error nondeterminism(std::string text) {
  return make_error(ErrorKind::Internal, "NONDETERMINISM", std::move(text),
                    "this worker's program does not fit the run's history: run it on the version "
                    "it was started with");
}

// Whether the input is for now: false when it is late.
Result<bool> is_timely(const RunState& state, const InputKind& input) {
  const auto number = number_of(input);
  if (!number) return true;
  if (*number == 0 || *number >= state.next_seq) {
    return nondeterminism(
        format("history settles number {}, which this run never asked for", *number));
  }
  const auto& parked = state.branches.front().parked;
  return parked && is_awaited(*parked, *number);
}

// Whether this id is new; it is remembered, up to a bound.
bool remember(RunState& state, const std::string& id) {
  if (std::ranges::find(state.consumed, id) != state.consumed.end()) return false;
  state.consumed.push_back(id);
  if (state.consumed.size() > limits::kConsumedEventIdsMax) state.consumed.pop_front();
  return true;
}

bool is_full(const Run& run) {
  const RunState& state = run.state;
  if (state.buffered.size() > limits::kBufferedEventsMax) return true;
  return run.uses(Semantics::Second) && state.buffered.size() > 1 &&
         state.buffered_bytes > limits::kBufferedEventsBytesMax;
}

void take_event(Run& run, const EventArrived& event) {
  RunState& state = run.state;
  if (!remember(state, event.event_id.text)) return;
  state.buffered.push_back(event);
  state.buffered_bytes += bytes_of(event);
  while (is_full(run)) {
    state.buffered_bytes -= bytes_of(state.buffered.front());
    state.buffered.pop_front();
    ++state.buffered_dropped;
  }
}

void take_answer(RunState& state, const TaskAnswered& answer) {
  if (!remember(state, answer.answer_id)) return;
  state.answers.push_back(answer);
  if (state.answers.size() > limits::kBufferedAnswersMax) state.answers.pop_front();
}

// What is not for now, but may be for what is to come.
void keep(Run& run, const InputKind& input) {
  if (const auto* event = std::get_if<EventArrived>(&input)) take_event(run, *event);
  if (const auto* answer = std::get_if<TaskAnswered>(&input)) take_answer(run.state, *answer);
}

std::optional<Settled> settled_by(Run& run, const InputKind& input) {
  return std::visit(
      match{[](const ActionCompleted& in) -> std::optional<Settled> {
              return SettledOutput{in.output};
            },
            [](const ActionFailed& in) -> std::optional<Settled> {
              return SettledError{in.error, in.retry_after_ms};
            },
            [](const TimerFired& in) -> std::optional<Settled> { return SettledTimer{in.seq}; },
            [](const ChildCompleted& in) -> std::optional<Settled> {
              return SettledOutput{in.result};
            },
            [](const ChildFailed& in) -> std::optional<Settled> {
              return SettledError{in.error, std::nullopt};
            },
            [&](const EventArrived& in) -> std::optional<Settled> {
              take_event(run, in);
              return take_buffered(run);
            },
            [&](const TaskAnswered& in) -> std::optional<Settled> {
              take_answer(run.state, in);
              return take_buffered(run);
            },
            [](const auto&) -> std::optional<Settled> { return std::nullopt; }},
      input);
}

void cancel(RunState& state, const InputKind& input) {
  state.phase = Phase::Canceling;
  state.cancel_reason = std::get<CancelRequested>(input).reason;
}

void resume(Run& run) {
  run.state.is_paused = false;
  run.state.pause_reason.clear();
  if (!run.state.pause_wait) return;
  run.emit(CloseWait{*run.state.pause_wait, WaitOutcome::Resolved, std::nullopt, nullptr});
  run.state.pause_wait.reset();
}

}  // namespace

std::size_t bytes_of(const EventArrived& event) {
  return json::text_bytes(event.payload) + event.event_id.text.size() + event.event_name.size();
}

std::optional<Settled> take_buffered(Run& run) {
  const auto& parked = run.branch().parked;
  if (!parked) return std::nullopt;
  if (const auto* task = std::get_if<AwaitTask>(&parked->await)) {
    auto& answers = run.state.answers;
    const auto answer = std::ranges::find(answers, task->task_id, &TaskAnswered::task_id);
    if (answer == answers.end()) return std::nullopt;
    SettledAnswer settled{std::move(*answer)};
    answers.erase(answer);
    return settled;
  }
  const auto* await = std::get_if<AwaitEvent>(&parked->await);
  if (await == nullptr) return std::nullopt;
  const auto& wait = config_of<definition::EventWaitStep>(run, parked->visit);
  auto& buffered = run.state.buffered;
  for (auto event = buffered.begin(); event != buffered.end(); ++event) {
    if (!accepts(wait, *await, *event)) continue;
    run.state.buffered_bytes -= bytes_of(*event);
    SettledEvent settled{std::move(*event)};
    buffered.erase(event);
    return settled;
  }
  return std::nullopt;
}

Result<void> deliver(Run& run, const Input& input, Delivered& delivered) {
  const InputKind& kind = input.kind;
  if (const auto* timer = std::get_if<TimerFired>(&kind))
    delivered.run_timed_out |= timer->seq != 0 && timer->seq == run.state.run_timer;
  TRY(const bool is_due, is_timely(run.state, kind));
  // Between two steps nothing is awaited: then what has a number is late by itself.
  if (!is_due) return {};
  switch (reaction_to(run.state, kind)) {
    case Reaction::Settles:
      // The first thing that settles the step does; an event or answer behind it is kept.
      if (!delivered.settled) {
        delivered.settled = settled_by(run, kind);
      } else {
        keep(run, kind);
      }
      return {};
    case Reaction::Keeps:
      keep(run, kind);
      return {};
    case Reaction::Cancels:
      cancel(run.state, kind);
      return {};
    case Reaction::Pauses:
      run.state.is_paused = true;
      run.state.pause_reason = std::get<PauseRequested>(kind).reason;
      return {};
    case Reaction::Resumes:
      resume(run);
      return {};
    case Reaction::Ignores:
      return {};
    case Reaction::Refuses:
      break;
  }
  return nondeterminism(format("history settles number {} as something else than it is",
                               number_of(kind).value_or(0)));
}

}  // namespace fermata::interpreter
