// time.wait: docs/reference/steps.md#timewait. Due at once is no timer.
#include <cmath>
#include <limits>

#include "foundation/format.h"
#include "foundation/limits.h"
#include "interpreter/evaluate.h"
#include "interpreter/scope.h"
#include "interpreter/steps.h"
#include "jsonata/instant.h"

namespace fermata::interpreter {
namespace {

// Milliseconds that no TimeMs holds, before or after.
constexpr double kBeyond = 0x1p63;

std::variant<TimeMs, RunError> due_time(Run& run, const StepVisit& visit,
                                        const definition::TimeWaitStep& step) {
  if (step.duration_ms) return run.now + *step.duration_ms;
  Evaluated value = evaluate(run, visit, *step.until, "until");
  if (auto* error = std::get_if<RunError>(&value)) return std::move(*error);
  const json::Value& until = std::get<json::Value>(value);
  const bool is_beyond = until.is_number() && std::fabs(json::as_double(until)) >= kBeyond;
  const auto at = is_beyond           ? std::optional(std::numeric_limits<TimeMs>::max())
                  : until.is_string() ? jsonata::parse_instant(json::view(until.get_string()))
                  : until.is_number() ? std::optional(static_cast<TimeMs>(json::as_double(until)))
                                      : std::nullopt;
  if (!at) {
    return run.error_at(visit, category::kValidation, "INSTANT_INVALID",
                        "until: expected an ISO 8601 instant or milliseconds");
  }
  if (*at > run.now + limits::kWaitMsMax) {
    return run.error_at(visit, category::kValidation, "WAIT_TOO_LONG",
                        "until: more than ten years away");
  }
  return *at;
}

Outcome resumed(Run& run, const StepVisit& visit, TimeMs due_at) {
  const auto& step = config_of<definition::TimeWaitStep>(run, visit);
  set_var(run.state, "timeWait",
          json::Object{{"mode", step.duration_ms ? "duration" : "until"},
                       {"dueAt", jsonata::instant_text(due_at)},
                       {"resumedAt", jsonata::instant_text(run.now)}});
  if (auto error = assign_all(run, visit, step.assign)) return Raise{*std::move(error)};
  return Next{json::Object{{"dueAt", jsonata::instant_text(due_at)}}};
}

}  // namespace

Outcome enter_TimeWait(Run& run, const StepVisit& visit) {
  const auto due = due_time(run, visit, config_of<definition::TimeWaitStep>(run, visit));
  if (const auto* error = std::get_if<RunError>(&due)) return Raise{*error};
  const TimeMs due_at = std::get<TimeMs>(due);
  if (due_at <= run.now) return resumed(run, visit, due_at);
  AwaitTimer await{run.take_seq(), WaitId(run.derived_id("wait", visit, 1)), due_at};
  run.emit(StartTimer{await.seq, due_at - run.now});
  OpenWait wait;
  wait.wait_id = await.wait_id;
  wait.type = WaitType::Time;
  wait.path = run.step(visit).path;
  wait.iteration = visit.iteration;
  wait.timeout_at = due_at;
  wait.accepts_from = run.now;
  run.emit(std::move(wait));
  return Park{await, nullptr, {}};
}

// The shape of all resume functions.
// NOLINTNEXTLINE(performance-unnecessary-value-param)
Outcome resume_TimeWait(Run& run, Parked& parked, Settled) {
  const auto& await = std::get<AwaitTimer>(parked.await);
  run.emit(CloseWait{await.wait_id, WaitOutcome::Resolved, std::nullopt, nullptr});
  return resumed(run, parked.visit, await.due_at);
}

}  // namespace fermata::interpreter
