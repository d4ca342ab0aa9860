#pragma once
// The names of the IANA time zones, so that a definition can be checked without zone data.
// zone_names.cc is made by tools/zone_names.py from the system's tzdata.

#include <span>
#include <string_view>

namespace fermata::calendar {

// All names, links included, sorted.
std::span<const std::string_view> zone_names();
// Exact, letters' case included: the adapters look zones up by it.
bool is_zone_name(std::string_view name);

}  // namespace fermata::calendar
