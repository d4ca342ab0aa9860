#include "interpreter/deliver.h"

#include <algorithm>

#include "foundation/format.h"
#include "foundation/limits.h"
#include "foundation/match.h"
#include "interpreter/steps.h"

namespace fermata::interpreter {
namespace {

Result<void> check_seq(const Run& run, Seq seq) {
  if (seq > 0 && seq < run.state.next_seq) return {};
  return make_error(ErrorKind::Internal, "NONDETERMINISM",
                    format("history settles number {}, which this run never asked for", seq),
                    "this worker's program does not fit the run's history: run it on the version "
                    "it was started with");
}

enum class Kind : std::uint8_t { Action, Timer, Child };

// What the parked step waits for under this number, if it does.
std::optional<Kind> awaited(const Parked& parked, Seq seq) {
  const auto timer = [&](Seq mine) {
    return mine == seq ? std::optional(Kind::Timer) : std::nullopt;
  };
  return std::visit(match{[&](const AwaitAction& a) {
                            return a.seq == seq ? std::optional(Kind::Action) : std::nullopt;
                          },
                          [&](const AwaitTimer& a) { return timer(a.seq); },
                          [&](const AwaitRetry& a) { return timer(a.seq); },
                          [&](const AwaitEvent& a) { return timer(a.timer); },
                          [&](const AwaitTask& a) { return timer(a.timer); },
                          [&](const AwaitChild& a) {
                            return a.seq == seq ? std::optional(Kind::Child) : timer(a.timer);
                          }},
                    parked.await);
}

Result<void> settle(Run& run, Delivered& delivered, Seq seq, Kind kind, Settled settled) {
  TRY_DO(check_seq(run, seq));
  const auto& parked = run.branch().parked;
  const auto wanted = parked ? awaited(*parked, seq) : std::nullopt;
  // Of a step that was left: late news changes nothing.
  if (!wanted) return {};
  if (*wanted != kind) {
    return make_error(ErrorKind::Internal, "NONDETERMINISM",
                      format("history settles number {} as something else than it is", seq),
                      "this worker's program does not fit the run's history: run it on the version "
                      "it was started with");
  }
  if (!delivered.settled) delivered.settled = std::move(settled);
  return {};
}

// Whether this id is new; it is remembered, up to a bound.
bool remember(RunState& state, const std::string& id) {
  if (std::ranges::find(state.consumed, id) != state.consumed.end()) return false;
  state.consumed.push_back(id);
  if (state.consumed.size() > limits::kConsumedEventIdsMax) state.consumed.pop_front();
  return true;
}

void take_event(RunState& state, const EventArrived& event) {
  if (!remember(state, event.event_id.text)) return;
  state.buffered.push_back(event);
  if (state.buffered.size() > limits::kBufferedEventsMax) {
    state.buffered.pop_front();
    ++state.buffered_dropped;
  }
}

void take_answer(Run& run, const TaskAnswered& answer, Delivered& delivered) {
  const auto& parked = run.branch().parked;
  if (!parked || delivered.settled) return;
  const auto* task = std::get_if<AwaitTask>(&parked->await);
  if (task == nullptr || task->task_id != answer.task_id || !remember(run.state, answer.answer_id))
    return;
  delivered.settled = SettledAnswer{answer};
}

void pause(Run& run) {
  if (run.state.phase == Phase::Running) run.state.is_paused = true;
}

void resume(Run& run) {
  run.state.is_paused = false;
  if (!run.state.pause_wait) return;
  run.emit(CloseWait{*run.state.pause_wait, WaitOutcome::Resolved, std::nullopt, nullptr});
  run.state.pause_wait.reset();
}

}  // namespace

std::optional<Settled> take_buffered(Run& run) {
  const auto& parked = run.branch().parked;
  const auto* await = parked ? std::get_if<AwaitEvent>(&parked->await) : nullptr;
  if (await == nullptr) return std::nullopt;
  const auto& wait = config_of<definition::EventWaitStep>(run, parked->visit);
  auto& buffered = run.state.buffered;
  for (auto event = buffered.begin(); event != buffered.end(); ++event) {
    if (!accepts(wait, *await, *event)) continue;
    SettledEvent settled{std::move(*event)};
    buffered.erase(event);
    return settled;
  }
  return std::nullopt;
}

Result<void> deliver(Run& run, const Input& input, Delivered& delivered) {
  return std::visit(
      match{[&](const ActionCompleted& done) {
              return settle(run, delivered, done.seq, Kind::Action, SettledOutput{done.output});
            },
            [&](const ActionFailed& failed) {
              return settle(run, delivered, failed.seq, Kind::Action,
                            SettledError{failed.error, failed.retry_after_ms});
            },
            [&](const TimerFired& fired) {
              if (fired.seq != 0 && fired.seq == run.state.run_timer)
                delivered.run_timed_out = true;
              return settle(run, delivered, fired.seq, Kind::Timer, SettledTimer{fired.seq});
            },
            [&](const EventArrived& event) -> Result<void> {
              take_event(run.state, event);
              // At once, so that a timeout behind it in the same activation comes too late.
              if (!delivered.settled) delivered.settled = take_buffered(run);
              return {};
            },
            [&](const TaskAnswered& answer) -> Result<void> {
              take_answer(run, answer, delivered);
              return {};
            },
            [&](const ChildCompleted& done) {
              return settle(run, delivered, done.seq, Kind::Child, SettledOutput{done.result});
            },
            [&](const ChildFailed& failed) {
              return settle(run, delivered, failed.seq, Kind::Child,
                            SettledError{failed.error, std::nullopt});
            },
            [&](const CancelRequested& cancel) -> Result<void> {
              if (run.state.phase == Phase::Running) {
                run.state.phase = Phase::Canceling;
                run.state.cancel_reason = cancel.reason;
              }
              return {};
            },
            [&](const PauseRequested&) -> Result<void> {
              pause(run);
              return {};
            },
            [&](const ResumeRequested&) -> Result<void> {
              resume(run);
              return {};
            }},
      input.kind);
}

}  // namespace fermata::interpreter
