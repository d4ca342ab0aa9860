#pragma once
// Calendar arithmetic of ECMAScript's Date in UTC: time values are doubles, out-of-range parts roll
// over, NaN stands for no date. No clock is read here.

#include <string_view>

namespace fermata::jsonata {

inline constexpr double kDayMs = 86'400'000;

struct DateFields {
  double year = 0;
  int month = 0;     // from 0
  int day = 0;       // from 1
  int week_day = 0;  // Sunday is 0
  int hour = 0;
  int minute = 0;
  int second = 0;
  int millisecond = 0;
};

// `time` must be finite and within ±8.64e15.
DateFields date_fields(double time);
// Date.UTC: months from 0; years 0 to 99 mean 1900 to 1999; NaN when a part is not finite.
double date_utc(double year, double month, double day = 1, double time_in_day = 0);
// Midnight of a day, without the meaning of two-digit years.
double day_time(double year, double month, double day);

// Whether the text has the shape that $toMillis accepts without a picture.
bool is_iso_date(std::string_view text);
// Date.parse of such a text; NaN for dates that do not exist (month 13). No zone means UTC.
double parse_iso_date(std::string_view text);

}  // namespace fermata::jsonata
