#pragma once
// Report: what a simulation has seen, as values. INVARIANT: everything in it is made from effects,
// as production's rows are. Where next: recorder.h fills it, render.h shows it.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "foundation/clock.h"
#include "interpreter/effect.h"
#include "interpreter/run_error.h"
#include "json/value.h"

namespace fermata::simulate {

// One visit of one step, with its last word.
struct StepLine {
  std::uint64_t number = 0;
  std::string path;
  std::string id;
  std::string_view type;
  std::string iteration;
  interpreter::StepStatus status = interpreter::StepStatus::Started;
  std::uint32_t attempt = 1;
  TimeMs started_at = 0;
  std::optional<TimeMs> finished_at;
  std::optional<interpreter::RunError> error;
  json::Value note;
};
struct WaitLine {
  std::string wait_id;
  std::string path;
  std::string iteration;
  interpreter::WaitType type = interpreter::WaitType::Time;
  std::optional<interpreter::WaitOutcome> outcome;  // nothing: still open
  TimeMs opened_at = 0;
  std::optional<TimeMs> closed_at;
  std::optional<TimeMs> timeout_at;
  std::optional<std::string> event_name;
  std::optional<std::string> correlation_key;
  std::optional<std::string> task_id;
  std::optional<std::string> matched_event_id;
  json::Value details;
};
// An action that was really asked for: once per attempt, not for a reused success.
struct SideEffect {
  std::size_t run = 0;
  TimeMs at = 0;
  std::string path;
  std::string iteration;
  std::string action;  // id@version
  std::uint32_t attempt = 1;
  json::Value input;
  std::string idempotency_key;
  std::variant<json::Value, interpreter::RunError> outcome;
};

struct RunReport {
  std::string workflow;     // id@version
  std::string parent_path;  // of the step that called it; empty for the root
  std::string run_id;
  // SUCCEEDED, FAILED, CANCELED; RUNNING, WAITING, PAUSED for ever; or STOPPED before a step
  std::string status;
  std::optional<interpreter::RunError> error;
  // {payload, vars, meta, error}; of a run that was stopped all that its next step sees
  json::Value scopes;
  std::vector<StepLine> steps;
  std::vector<WaitLine> waits;
  std::uint32_t histories = 1;  // one more per continue-as-new
};
struct TimelineLine {
  TimeMs at = 0;
  std::size_t run = 0;
  std::string text;
};
struct Report {
  std::vector<RunReport> runs;  // the first is the root; children in the order of their start
  std::vector<SideEffect> side_effects;
  std::vector<std::string> warnings;
  std::vector<TimelineLine> timeline;
  TimeMs origin = 0;  // what rendered times count from
  TimeMs ended_at = 0;

  [[nodiscard]] const RunReport& root() const { return runs.front(); }
};

}  // namespace fermata::simulate
