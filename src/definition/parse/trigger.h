#pragma once
// The trigger: absent, or one of event, schedule, recurring.

#include <optional>

#include "definition/parse/context.h"

namespace fermata::definition {

// The member `trigger` of the definition. Absent is no trigger; null is a mistake.
std::optional<Trigger> read_trigger(Context& context, Reader& definition);

}  // namespace fermata::definition
