// state.set: docs/reference/steps.md#stateset
#include "interpreter/steps.h"

namespace fermata::interpreter {

Outcome enter_StateSet(Run& run, const StepVisit& visit) {
  const auto& step = config_of<definition::StateSetStep>(run, visit);
  run.state.scopes.meta.get_object()["state"] = step.state;
  return Next{json::Object{{"state", step.state}}};
}

}  // namespace fermata::interpreter
