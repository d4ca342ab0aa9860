#pragma once
// Leaving frames: at the end of a sequence, on an error, on a return, on cancellation. The only
// place where frames end.

#include "interpreter/run.h"

namespace fermata::interpreter {

// The innermost sequence has no more steps: go on with what holds it. Returns false when the run is
// complete.
bool leave_sequence(Run& run);
// An error or a return walks outward until a handler takes it. The run ends here when nobody does.
void unwind(Run& run, Completion completion);
// Pushes the frames of a step that entered a branch.
void enter_branch(Run& run, const StepVisit& visit, Enter enter);
// The run ends canceled: every open frame is recorded so.
void end_canceled(Run& run);
void end_failed(Run& run, RunError error);

}  // namespace fermata::interpreter
