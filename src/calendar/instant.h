#pragma once
// Instants as text: a strict subset of ISO 8601, and the proleptic Gregorian calendar under it.
// INVARIANT: no locale, no system time zone: a text without an offset is a date or is refused.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "foundation/clock.h"

namespace fermata::calendar {

struct Date {
  int year = 1970;
  int month = 1;  // 1 to 12
  int day = 1;    // 1 to 31

  bool operator==(const Date&) const = default;
};

// Days since 1970-01-01, and back.
std::int64_t days_from_date(const Date& date);
Date date_from_days(std::int64_t days);
int days_in_month(int year, int month);
// 0 is Sunday.
int weekday(std::int64_t days);

// `2026-03-01` (midnight UTC), `2026-03-01T10:00Z`, `2026-03-01T10:00:00.250+02:00`. Fractions are
// cut to milliseconds; the year has four digits. Empty for anything else.
std::optional<TimeMs> parse_instant(std::string_view text);

// `2026-03-01T10:00:00.250Z`; years outside 0000 to 9999 as `+012026-…`, as ECMAScript writes them.
std::string format_instant(TimeMs instant);

}  // namespace fermata::calendar
