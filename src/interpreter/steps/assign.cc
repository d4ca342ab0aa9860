// transform.assign: docs/reference/steps.md#transformassign
#include "interpreter/scope.h"
#include "interpreter/steps.h"

namespace fermata::interpreter {

Outcome enter_Assign(Run& run, const StepVisit& visit) {
  if (auto error = assign_all(run, visit, config_of<definition::AssignStep>(run, visit).assign))
    return Raise{*std::move(error)};
  return Next{};
}

}  // namespace fermata::interpreter
