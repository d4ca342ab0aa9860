#include "interpreter/unwind.h"

#include <algorithm>

#include "foundation/format.h"
#include "foundation/limits.h"
#include "foundation/match.h"
#include "interpreter/scope.h"
#include "interpreter/steps.h"
#include "json/text.h"

namespace fermata::interpreter {
namespace {

using definition::ForEachStep;
using definition::kNoSequence;
using definition::SequenceIndex;
using definition::TryCatchStep;

std::vector<Frame>& frames_of(Run& run) {
  return run.branch().frames;
}

void push_sequence(Run& run, SequenceIndex sequence) {
  if (sequence != kNoSequence) frames_of(run).emplace_back(SequenceFrame{sequence, 0});
}

// After the body of one item, or at the loop's start: the next item, or the end of the loop.
void next_item(Run& run, LoopFrame& loop) {
  const auto& step = config_of<ForEachStep>(run, loop.visit);
  if (loop.index < loop.length() && !run.host.program.sequences[step.body].steps.empty()) {
    bind_item(run, loop);
    push_sequence(run, step.body);
    return;
  }
  unbind_item(run, loop);
  const StepVisit visit = loop.visit;
  const std::size_t count = loop.length();
  frames_of(run).pop_back();
  run.finish(visit, {.note = json::Object{{"items", count}}});
}

// The try or catch branch is through, with or without something pending: finally, then onward.
// Returns what has to go on after the frame, when it is gone.
Completion leave_try(Run& run, TryFrame& frame, Completion pending) {
  const auto& step = config_of<TryCatchStep>(run, frame.visit);
  if (frame.phase != TryPhase::Finally && step.finally_branch != kNoSequence) {
    frame.phase = TryPhase::Finally;
    frame.pending = std::move(pending);
    push_sequence(run, step.finally_branch);
    return std::monostate{};
  }
  const StepVisit visit = frame.visit;
  frames_of(run).pop_back();
  const auto* error = std::get_if<RunError>(&pending);
  run.finish(visit, {.status = error == nullptr ? StepStatus::Succeeded : StepStatus::Failed,
                     .error = error});
  return pending;
}

bool catches(const TryCatchStep& step, const RunError& error) {
  if (!is_catchable(error)) return false;
  const auto names = [&](const std::string& word) {
    return word == error.category || word == error.code;
  };
  return step.catch_on.empty() || std::ranges::any_of(step.catch_on, names);
}

// One loop frame on the way out. Returns true when the loop goes on and the unwinding ends.
bool unwind_loop(Run& run, LoopFrame& loop, const Completion& completion) {
  const auto* error = std::get_if<RunError>(&completion);
  const auto& step = config_of<ForEachStep>(run, loop.visit);
  if (error != nullptr && is_catchable(*error) &&
      step.on_item_error == definition::OnError::Continue) {
    set_error(run.state, error->to_json());
    ++loop.index;
    next_item(run, loop);
    return true;
  }
  unbind_item(run, loop);
  const StepVisit visit = loop.visit;
  frames_of(run).pop_back();
  run.finish(visit, {.status = error == nullptr ? StepStatus::Succeeded : StepStatus::Failed,
                     .error = error});
  return false;
}

// One try frame on the way out. Returns true when it takes the completion.
bool unwind_try(Run& run, TryFrame& frame, Completion& completion) {
  const auto& step = config_of<TryCatchStep>(run, frame.visit);
  const auto* error = std::get_if<RunError>(&completion);
  if (error != nullptr && frame.phase == TryPhase::Try && catches(step, *error)) {
    set_error(run.state, error->to_json());
    if (!step.capture_error_as.empty()) set_var(run.state, step.capture_error_as, error->to_json());
    frame.phase = TryPhase::Catch;
    push_sequence(run, step.catch_branch);
    return true;
  }
  if (error != nullptr && !is_catchable(*error)) {
    const StepVisit visit = frame.visit;
    frames_of(run).pop_back();
    run.finish(visit, {.status = StepStatus::Failed, .error = error});
    return false;
  }
  if (frame.phase != TryPhase::Finally && step.finally_branch != kNoSequence) {
    leave_try(run, frame, std::move(completion));
    return true;
  }
  completion = leave_try(run, frame, std::move(completion));
  return false;
}

// What is still open when the run ends: its rows say how.
void close_all(Run& run, StepStatus status, const RunError* error) {
  auto& frames = frames_of(run);
  while (!frames.empty()) {
    if (auto* loop = std::get_if<LoopFrame>(&frames.back())) {
      run.finish(loop->visit, {.status = status, .error = error});
    } else if (auto* frame = std::get_if<TryFrame>(&frames.back())) {
      run.finish(frame->visit, {.status = status, .error = error});
    }
    frames.pop_back();
  }
  auto& pause = run.state.pause_wait;
  if (pause) run.emit(CloseWait{*pause, WaitOutcome::Canceled, std::nullopt, nullptr});
  pause.reset();
}

// A result that Temporal would refuse, again and again, is an error that is told.
void complete(Run& run) {
  const Scopes& scopes = run.state.scopes;
  json::Value result =
      json::Object{{"payload", scopes.payload}, {"vars", scopes.vars}, {"meta", scopes.meta}};
  const bool may_be_large = scopes.bytes_at_most > limits::kResultBytesMax / 2;
  if (may_be_large && run.uses(Semantics::Second) &&
      json::text_bytes(result) > limits::kResultBytesMax) {
    RunError error;
    error.category = category::kValidation;
    error.code = "RESULT_TOO_LARGE";
    error.message =
        format("payload, vars and meta, which are the run's result, have more than {} bytes",
               limits::kResultBytesMax);
    error.node_path = "root";
    error.at = run.now;
    return end_failed(run, std::move(error));
  }
  run.state.phase = Phase::Done;
  run.emit(Complete{std::move(result)});
}

}  // namespace

void enter_branch(Run& run, const StepVisit& visit, Enter enter) {
  std::visit(match{[&](SequenceFrame&) {
                     push_sequence(run, enter.sequence);
                     run.finish(visit, {.note = std::move(enter.note)});
                   },
                   [&](LoopFrame& loop) {
                     frames_of(run).emplace_back(std::move(loop));
                     next_item(run, std::get<LoopFrame>(frames_of(run).back()));
                   },
                   [&](TryFrame& frame) {
                     frames_of(run).emplace_back(std::move(frame));
                     push_sequence(run, enter.sequence);
                   }},
             enter.frame);
}

bool leave_sequence(Run& run) {
  auto& frames = frames_of(run);
  if (!frames.empty() && std::holds_alternative<SequenceFrame>(frames.back())) frames.pop_back();
  if (frames.empty()) {
    complete(run);
    return false;
  }
  if (auto* loop = std::get_if<LoopFrame>(&frames.back())) {
    ++loop->index;
    next_item(run, *loop);
  } else if (auto* frame = std::get_if<TryFrame>(&frames.back())) {
    Completion pending =
        frame->phase == TryPhase::Finally ? std::move(frame->pending) : Completion{};
    pending = leave_try(run, *frame, std::move(pending));
    if (!std::holds_alternative<std::monostate>(pending)) unwind(run, std::move(pending));
  }
  return run.state.phase != Phase::Done;
}

void unwind(Run& run, Completion completion) {
  auto& frames = frames_of(run);
  while (!frames.empty()) {
    if (auto* loop = std::get_if<LoopFrame>(&frames.back())) {
      if (unwind_loop(run, *loop, completion)) return;
    } else if (auto* frame = std::get_if<TryFrame>(&frames.back())) {
      if (unwind_try(run, *frame, completion)) return;
    } else {
      frames.pop_back();
    }
  }
  if (auto* error = std::get_if<RunError>(&completion)) {
    end_failed(run, std::move(*error));
  } else {
    complete(run);
  }
}

void end_canceled(Run& run) {
  close_all(run, StepStatus::Canceled, nullptr);
  run.state.phase = Phase::Done;
  run.emit(CancelRun{run.state.cancel_reason});
}

void end_failed(Run& run, RunError error) {
  // Causes stand within causes, each with its message once more: Temporal must take the whole.
  const std::size_t bytes = json::text_bytes(error.to_json());
  if (run.uses(Semantics::Second) && bytes > limits::kInputBytesMax)
    error.details = json::Object{{"truncated", true}, {"bytes", bytes}};
  close_all(run, StepStatus::Failed, &error);
  run.state.phase = Phase::Done;
  run.emit(Fail{std::move(error)});
}

}  // namespace fermata::interpreter
