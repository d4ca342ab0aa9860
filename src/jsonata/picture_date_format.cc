// Moments to text: components, weeks of the ISO calendar, zones.
#include <algorithm>
#include <cmath>
#include <limits>

#include "jsonata/js_number.h"
#include "jsonata/picture_date.h"
#include "jsonata/picture_date_names.h"
#include "jsonata/text.h"

namespace fermata::jsonata {
namespace {

using Names = DatePart::Names;

// The Monday of the week that holds the month's first Thursday.
double first_week(double year, int month) {
  const double first = date_utc(year, month);
  const int week_day = date_fields(first).week_day;
  const int iso_day = week_day == 0 ? 7 : week_day;
  return iso_day > 4 ? first + (8 - iso_day) * kDayMs : first - (iso_day - 1) * kDayMs;
}

struct YearMonth {
  double year;
  int month;
  [[nodiscard]] YearMonth next() const {
    return month == 11 ? YearMonth{year + 1, 0} : YearMonth{year, month + 1};
  }
  [[nodiscard]] YearMonth previous() const {
    return month == 0 ? YearMonth{year - 1, 11} : YearMonth{year, month - 1};
  }
};

double weeks(double start, double end) {
  return (end - start) / (kDayMs * 7) + 1;
}

double week_of_year(const DateFields& date) {
  const double today = date_utc(date.year, date.month, date.day);
  double week = weeks(first_week(date.year, 0), today);
  if (week > 52) {
    if (today >= first_week(date.year + 1, 0)) week = 1;
  } else if (week < 1) {
    week = weeks(first_week(date.year - 1, 0), today);
  }
  return std::floor(week);
}

double week_of_month(const DateFields& date) {
  const YearMonth month{date.year, date.month};
  const double today = date_utc(date.year, date.month, date.day);
  double week = weeks(first_week(month.year, month.month), today);
  if (week > 4) {
    const YearMonth next = month.next();
    if (today >= first_week(next.year, next.month)) week = 1;
  } else if (week < 1) {
    const YearMonth previous = month.previous();
    week = weeks(first_week(previous.year, previous.month), today);
  }
  return std::floor(week);
}

double week_year(double time, const DateFields& date) {
  if (time < first_week(date.year, 0)) return date.year - 1;
  return time >= first_week(date.year + 1, 0) ? date.year + 1 : date.year;
}

double week_month(double time, const DateFields& date) {
  const YearMonth month{date.year, date.month};
  const YearMonth next = month.next();
  if (time < first_week(month.year, month.month)) return month.previous().month + 1;
  return (time >= first_week(next.year, next.month) ? next.month : month.month) + 1;
}

struct Zone {
  double hours = 0;
  double minutes = 0;
};

const char* format_zone(const DatePart& part, const Zone& zone, std::string& out) {
  const double offset = zone.hours * 100 + zone.minutes;
  const int digits = part.integer.mandatory_digits;
  const bool is_whole = part.integer.is_regular || digits == 3 || digits == 4;
  if (!is_whole && digits != 1 && digits != 2) return "D3134";
  if (offset == 0 && part.is_z_for_zero) {
    out.push_back('Z');
    return nullptr;
  }
  if (part.component == U'z') out += "GMT";
  if (offset >= 0) out.push_back('+');
  if (is_whole) return format_integer(offset, part.integer, out);
  if (const char* code = format_integer(zone.hours, part.integer, out)) return code;
  if (zone.minutes == 0) return nullptr;
  out.push_back(':');
  IntegerPicture minutes;
  minutes.mandatory_digits = 2;
  return format_integer(zone.minutes, minutes, out);
}

const char* format_name(const DatePart& part, double number, std::string& out) {
  std::string_view name;
  if (part.component == U'M' || part.component == U'x') {
    name = kMonthNames[static_cast<std::size_t>(number) - 1];
  } else if (part.component == U'F') {
    name = kDayNames[static_cast<std::size_t>(number)];
  } else {
    return "D3133";
  }
  std::string text(name);
  if (part.names == Names::Upper) text = to_upper(text);
  if (part.names == Names::Lower) text = to_lower(text);
  if (part.width_max && static_cast<double>(text.size()) > *part.width_max)
    text.resize(static_cast<std::size_t>(std::max(*part.width_max, 0.0)));
  out += text;
  return nullptr;
}

const char* format_part(const DatePart& part, double time, const Zone& zone, std::string& out) {
  constexpr std::u32string_view kNumbers = U"YMDdFWwXxHhms";
  if (part.component == U'Z' || part.component == U'z') return format_zone(part, zone, out);
  if (part.component == U'C' || part.component == U'E') {
    out += "ISO";
    return nullptr;
  }
  if (part.component == U'P') {
    const bool is_late = date_component(time, U'P') > 0;
    out += part.names == Names::Upper ? (is_late ? "PM" : "AM") : (is_late ? "pm" : "am");
    return nullptr;
  }
  const bool is_number = kNumbers.find(part.component) != std::u32string_view::npos;
  if (!is_number && part.component != U'f') {
    out += "undefined";
    return nullptr;
  }
  double number = date_component(time, part.component);
  if (part.component == U'Y' && part.year_digits != -1)
    number = std::fmod(number, std::pow(10.0, part.year_digits));
  if (is_number && part.names != Names::None) return format_name(part, number, out);
  if (!part.has_integer) return "D3133";
  return format_integer(number, part.integer, out);
}

}  // namespace

double date_component(double time, char32_t component) {
  const DateFields date = date_fields(time);
  switch (component) {
    case U'Y':
      return date.year;
    case U'M':
      return date.month + 1;
    case U'D':
      return date.day;
    case U'd':
      return (date_utc(date.year, date.month, date.day) - date_utc(date.year, 0)) / kDayMs + 1;
    case U'F':
      return date.week_day == 0 ? 7 : date.week_day;
    case U'W':
      return week_of_year(date);
    case U'w':
      return week_of_month(date);
    case U'X':
      return week_year(time, date);
    case U'x':
      return week_month(time, date);
    case U'H':
      return date.hour;
    case U'h':
      return date.hour % 12 == 0 ? 12 : date.hour % 12;
    case U'P':
      return date.hour >= 12 ? 1 : 0;
    case U'm':
      return date.minute;
    case U's':
      return date.second;
    case U'f':
      return date.millisecond;
    default:
      return std::numeric_limits<double>::quiet_NaN();
  }
}

const char* format_date(double time, const DatePicture& picture,
                        std::optional<std::string_view> zone_text, std::string& out) {
  Zone zone;
  if (zone_text) {
    const double offset = leading_integer(*zone_text);
    zone = {std::floor(offset / 100), std::fmod(offset, 100)};
  }
  const double local = time + (60 * zone.hours + zone.minutes) * 60'000;
  if (!(std::fabs(local) <= 8.64e15)) return "D3110";
  for (const DatePart& part : picture.parts) {
    if (part.is_literal()) {
      out += part.literal;
    } else if (const char* code = format_part(part, std::trunc(local), zone, out)) {
      return code;
    }
  }
  return nullptr;
}

}  // namespace fermata::jsonata
