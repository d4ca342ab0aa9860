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

// Whether the parked step waits for this number: of its action, timer, retry, child, or timeout.
bool awaits(const Parked& parked, Seq seq) {
  return std::visit(match{[&](const AwaitAction& a) { return a.seq == seq; },
                          [&](const AwaitTimer& a) { return a.seq == seq; },
                          [&](const AwaitRetry& a) { return a.seq == seq; },
                          [&](const AwaitEvent& a) { return a.timer == seq; },
                          [&](const AwaitTask& a) { return a.timer == seq; },
                          [&](const AwaitChild& a) { return a.seq == seq || a.timer == seq; }},
                    parked.await);
}

void settle(Run& run, Delivered& delivered, Seq seq, Settled settled) {
  const auto& parked = run.branch().parked;
  // Settled already, or of a step that was left: late news changes nothing.
  if (!parked || !awaits(*parked, seq) || delivered.settled) return;
  delivered.settled = std::move(settled);
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
      match{[&](const ActionCompleted& done) -> Result<void> {
              TRY_DO(check_seq(run, done.seq));
              settle(run, delivered, done.seq, SettledOutput{done.output});
              return {};
            },
            [&](const ActionFailed& failed) -> Result<void> {
              TRY_DO(check_seq(run, failed.seq));
              settle(run, delivered, failed.seq, SettledError{failed.error, failed.retry_after_ms});
              return {};
            },
            [&](const TimerFired& fired) -> Result<void> {
              TRY_DO(check_seq(run, fired.seq));
              if (fired.seq == run.state.run_timer) delivered.run_timed_out = true;
              settle(run, delivered, fired.seq, SettledTimer{fired.seq});
              return {};
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
            [&](const ChildCompleted& done) -> Result<void> {
              TRY_DO(check_seq(run, done.seq));
              settle(run, delivered, done.seq, SettledOutput{done.result});
              return {};
            },
            [&](const ChildFailed& failed) -> Result<void> {
              TRY_DO(check_seq(run, failed.seq));
              settle(run, delivered, failed.seq, SettledError{failed.error, std::nullopt});
              return {};
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
