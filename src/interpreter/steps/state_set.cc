// state.set: docs/reference/steps.md#stateset
#include "interpreter/scope.h"
#include "interpreter/steps.h"

namespace fermata::interpreter {

Outcome enter_StateSet(Run& run, const StepVisit& visit) {
  const auto& step = config_of<definition::StateSetStep>(run, visit);
  set_meta(run.state, "state", json::Value(step.state));
  return Next{json::Object{{"state", step.state}}};
}

}  // namespace fermata::interpreter
