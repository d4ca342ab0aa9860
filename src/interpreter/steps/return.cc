// control.return: docs/reference/steps.md#controlreturn
#include "interpreter/steps.h"

namespace fermata::interpreter {

Outcome enter_Return(Run&, const StepVisit&) {
  return Return{};
}

}  // namespace fermata::interpreter
