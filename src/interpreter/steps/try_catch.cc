// control.tryCatch: docs/reference/steps.md#controltrycatch. Who catches what is in unwind.cc.
#include "interpreter/steps.h"

namespace fermata::interpreter {

Outcome enter_TryCatch(Run& run, const StepVisit& visit) {
  TryFrame frame;
  frame.visit = visit;
  return Enter{std::move(frame), config_of<definition::TryCatchStep>(run, visit).try_branch,
               nullptr};
}

}  // namespace fermata::interpreter
