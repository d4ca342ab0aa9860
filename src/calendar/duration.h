#pragma once
// Durations in words for people.

#include <cstdint>
#include <string>

namespace fermata::calendar {

// "250 ms", "1.5 s", "2 min", "1 h 30 min", "3 d 4 h": the two largest units, zero ones left out.
std::string duration_text(std::int64_t duration_ms);

}  // namespace fermata::calendar
