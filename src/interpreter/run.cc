#include "interpreter/run.h"

#include "foundation/format.h"
#include "json/hash.h"

namespace fermata::interpreter {

RunError Run::error_at(const StepVisit& visit, std::string_view category, std::string_view code,
                       std::string message) const {
  RunError error;
  error.category = category;
  error.code = code;
  error.message = std::move(message);
  error.node_path = step(visit).path.text;
  error.at = now;
  return error;
}

Iteration Run::iteration() const {
  Iteration text;
  for (const Frame& frame : state.branches.front().frames) {
    const auto* loop = std::get_if<LoopFrame>(&frame);
    if (loop == nullptr) continue;
    if (!text.empty()) text.push_back('.');
    text += std::to_string(loop->index);
  }
  return text;
}

std::string Run::derived_id(std::string_view what, const StepVisit& visit,
                            std::uint32_t attempt) const {
  return json::sha256_hex(format("{}\n{}\n{}\n{}\n{}\n{}", what, host.identity.run_id.text,
                                 step(visit).path.text, visit.iteration, visit.number, attempt))
      .substr(0, 32);
}

RecordStep Run::row(const StepVisit& visit, StepStatus status) const {
  RecordStep row;
  row.step_number = visit.number;
  row.path = step(visit).path;
  row.iteration = visit.iteration;
  row.step_id = step(visit).id;
  row.kind = definition::dsl_name(step(visit).kind);
  row.status = status;
  row.started_at = visit.started_at;
  return row;
}

void Run::record(const StepVisit& visit, StepStatus status, std::uint32_t attempt,
                 const RunError* error) {
  RecordStep made = row(visit, status);
  made.attempt = attempt;
  if (error != nullptr) made.error = *error;
  emit(std::move(made));
}

void Run::finish(const StepVisit& visit, StepEnd end) {
  RecordStep last = row(visit, end.status);
  last.attempt = end.attempt;
  last.finished_at = now;
  if (end.error != nullptr) last.error = *end.error;
  last.note = std::move(end.note);
  emit(std::move(last));
  ++state.steps_in_history;
}

void Run::record_run(RunPhase phase) {
  if (state.reported == phase) return;
  state.reported = phase;
  std::optional<StepPath> current;
  if (branch().parked) current = step(branch().parked->visit).path;
  emit(RecordRun{phase, current});
}

}  // namespace fermata::interpreter
