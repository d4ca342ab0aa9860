#pragma once
// Step handlers, one file each in steps/. `enter` begins a step; `resume` goes on when what a
// parked step waited for is there. Both say what comes next through an Outcome and touch no frames.

#include "interpreter/outcome.h"
#include "interpreter/run.h"

namespace fermata::interpreter {

// Named after the kinds of step_types.def.
// NOLINTBEGIN(readability-identifier-naming)
#define X(kind, name, parks, since, sentence) \
  Outcome enter_##kind(Run& run, const StepVisit& visit);
#include "definition/step_types.def"
#undef X

Outcome resume_ActionCall(Run& run, Parked& parked, Settled settled);
Outcome resume_CallWorkflow(Run& run, Parked& parked, Settled settled);
Outcome resume_EventWait(Run& run, Parked& parked, Settled settled);
Outcome resume_TimeWait(Run& run, Parked& parked, Settled settled);
Outcome resume_HumanTask(Run& run, Parked& parked, Settled settled);
// NOLINTEND(readability-identifier-naming)

// The configuration of the visited step.
template <typename Config>
const Config& config_of(const Run& run, const StepVisit& visit) {
  return std::get<Config>(run.step(visit).config);
}

// The first filter that turns the payload away; null: all let it through.
const definition::EventFilter* first_refusal(const definition::EventWaitStep& wait,
                                             const json::Value& payload);
// What the filter looks at in a payload; null: there is nothing.
const json::Value* value_for(const definition::EventFilter& filter, const json::Value& payload);
// Whether an event satisfies the wait of this step.
bool accepts(const definition::EventWaitStep& wait, const AwaitEvent& await,
             const EventArrived& event);
// Puts the loop's current item into the scopes.
void bind_item(Run& run, LoopFrame& loop);
// Removes the loop's names and puts back what they hid.
void unbind_item(Run& run, LoopFrame& loop);

}  // namespace fermata::interpreter
