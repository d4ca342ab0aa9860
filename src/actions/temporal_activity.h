#pragma once
// temporal.activity@1: an activity of somebody else's worker, in any language, on a task queue of
// its own. It is scheduled by the worker (worker/foreign_activity.h), not run by us.

#include <string_view>

#include "definition/catalog.h"

namespace fermata::actions {

inline constexpr std::string_view kTemporalActivity = "temporal.activity";

// {taskQueue, activityType, arguments?, heartbeatTimeoutMs?} → whatever the activity gives.
definition::ActionSpec temporal_activity_spec();

}  // namespace fermata::actions
