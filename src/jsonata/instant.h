#pragma once
// Instants as ISO 8601 text in UTC with milliseconds, the one form that the language itself writes
// and reads.

#include <optional>
#include <string>
#include <string_view>

#include "foundation/clock.h"

namespace fermata::jsonata {

// ECMA-262's bound of a time value.
inline constexpr double kInstantMax = 8.64e15;

std::string instant_text(TimeMs time);
// YYYY, YYYY-MM, YYYY-MM-DD, and those with THH:mm[:ss[.fff]] and Z, ±hh:mm or nothing (which is
// UTC).
std::optional<TimeMs> parse_instant(std::string_view text);

}  // namespace fermata::jsonata
