#pragma once
// log@1: a line in the operator's log.

#include <memory>

#include "actions/action.h"
#include "foundation/log.h"

namespace fermata::actions {

// `log` must outlive the action.
std::unique_ptr<Action> make_log(Log& log);

}  // namespace fermata::actions
