#pragma once
// Zones: the system's time zones as the calendar wants them.

#include <memory>
#include <string>

#include "calendar/zone.h"
#include "foundation/result.h"

namespace fermata::service {

// Error: ZONE_UNKNOWN.
Result<std::shared_ptr<const calendar::ZoneRules>> system_zone(const std::string& name);

}  // namespace fermata::service
