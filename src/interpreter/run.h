#pragma once
// Run: one call of advance() while it is under way: the state, the effects so far, and the few
// operations that step handlers and the machine share. Handlers get it as their context and read
// scopes through it.

#include <string>
#include <string_view>
#include <vector>

#include "interpreter/machine.h"
#include "interpreter/outcome.h"

namespace fermata::interpreter {

class Run {
 public:
  Run(const Host& the_host, RunState& the_state, TimeMs the_time)
      : host(the_host), state(the_state), now(the_time) {}

  const Host& host;
  RunState& state;
  const TimeMs now;
  std::vector<Effect> effects;
  std::uint64_t expression_steps = 0;
  std::uint64_t expression_steps_max = UINT64_MAX;
  std::uint64_t step_work = 0;  // of the step that is under way

  [[nodiscard]] bool uses(Semantics since) const { return host.identity.uses(since); }
  // Work that was done, in steps of expressions: the history is ended by it, not the activation, so
  // that it does not matter how a replay cuts a history into activations.
  void charge(std::uint64_t work) {
    step_work += work;
    state.work_in_history += work;
  }

  Branch& branch() { return state.branches.front(); }
  [[nodiscard]] const definition::Step& step(definition::StepIndex index) const {
    return host.program.steps[index];
  }
  [[nodiscard]] const definition::Step& step(const StepVisit& visit) const {
    return step(visit.step);
  }

  Seq take_seq() { return state.next_seq++; }
  void emit(Effect effect) { effects.push_back(std::move(effect)); }
  // The error with its place and time filled in.
  [[nodiscard]] RunError error_at(const StepVisit& visit, std::string_view category,
                                  std::string_view code, std::string message) const;
  [[nodiscard]] Iteration iteration() const;
  // A name for something of this visit that is the same in every replay.
  [[nodiscard]] std::string derived_id(std::string_view what, const StepVisit& visit,
                                       std::uint32_t attempt) const;

  // A word that is not the visit's last.
  void record(const StepVisit& visit, StepStatus status, std::uint32_t attempt = 1,
              const RunError* error = nullptr);
  struct StepEnd {
    StepStatus status = StepStatus::Succeeded;
    std::uint32_t attempt = 1;
    const RunError* error = nullptr;
    json::Value note;
  };
  // The visit's last word; counts towards continue-as-new.
  void finish(const StepVisit& visit, StepEnd end);
  void record_run(RunPhase phase);

 private:
  RecordStep row(const StepVisit& visit, StepStatus status) const;
};

}  // namespace fermata::interpreter
