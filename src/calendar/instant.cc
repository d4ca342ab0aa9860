#include "calendar/instant.h"

#include "foundation/format.h"

namespace fermata::calendar {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

std::int64_t floor_div(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

// Reads fixed-width pieces from the front of a text; once something does not fit, nothing does.
struct Cursor {
  std::string_view rest;
  bool fits = true;

  int digits(std::size_t count) {
    int number = 0;
    for (std::size_t i = 0; i < count; ++i) {
      fits = fits && i < rest.size() && rest[i] >= '0' && rest[i] <= '9';
      if (!fits) return 0;
      number = number * 10 + (rest[i] - '0');
    }
    rest.remove_prefix(count);
    return number;
  }
  bool next_is(char wanted) {
    if (!fits || rest.empty() || rest.front() != wanted) return false;
    rest.remove_prefix(1);
    return true;
  }
  void need(char wanted) { fits = next_is(wanted) && fits; }
};

// ".25" is 250 ms; digits behind the third are cut.
std::int64_t fraction_ms(Cursor& cursor) {
  std::int64_t ms = 0;
  std::int64_t weight = 100;
  std::size_t count = 0;
  while (!cursor.rest.empty() && cursor.rest.front() >= '0' && cursor.rest.front() <= '9') {
    ms += (cursor.rest.front() - '0') * weight;
    weight /= 10;
    cursor.rest.remove_prefix(1);
    ++count;
  }
  cursor.fits = cursor.fits && count > 0 && count <= 9;
  return ms;
}

std::int64_t offset_ms(Cursor& cursor) {
  if (cursor.next_is('Z')) return 0;
  const bool is_west = cursor.next_is('-');
  if (!is_west) cursor.need('+');
  const int hours = cursor.digits(2);
  cursor.need(':');
  const int minutes = cursor.digits(2);
  cursor.fits = cursor.fits && hours <= 23 && minutes <= 59;
  const std::int64_t ms = (hours * 60 + minutes) * 60'000LL;
  return is_west ? -ms : ms;
}

std::int64_t time_of_day_ms(Cursor& cursor) {
  const int hour = cursor.digits(2);
  cursor.need(':');
  const int minute = cursor.digits(2);
  int second = 0;
  std::int64_t ms = 0;
  if (cursor.next_is(':')) {
    second = cursor.digits(2);
    if (cursor.next_is('.')) ms = fraction_ms(cursor);
  }
  cursor.fits = cursor.fits && hour <= 23 && minute <= 59 && second <= 59;
  return ((hour * 60 + minute) * 60LL + second) * 1000 + ms;
}

}  // namespace

// The civil-from-days arithmetic over eras of 400 years, with March as the first month, so that the
// leap day is the last of its year.
std::int64_t days_from_date(const Date& date) {
  const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = floor_div(year, 400);
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t month = (date.month + 9) % 12;
  const std::int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

Date date_from_days(std::int64_t days) {
  const std::int64_t shifted = days + 719'468;
  const std::int64_t era = floor_div(shifted, 146'097);
  const std::int64_t day_of_era = shifted - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month = (5 * day_of_year + 2) / 153;
  const std::int64_t day = day_of_year - (153 * month + 2) / 5 + 1;
  const std::int64_t civil_month = month < 10 ? month + 3 : month - 9;
  const std::int64_t year = year_of_era + era * 400 + (civil_month <= 2 ? 1 : 0);
  return {static_cast<int>(year), static_cast<int>(civil_month), static_cast<int>(day)};
}

int days_in_month(int year, int month) {
  const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (month == 2) return is_leap ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

int weekday(std::int64_t days) {
  return static_cast<int>(days + 4 - floor_div(days + 4, 7) * 7);
}

std::optional<TimeMs> parse_instant(std::string_view text) {
  Cursor cursor{text};
  Date date;
  date.year = cursor.digits(4);
  cursor.need('-');
  date.month = cursor.digits(2);
  cursor.need('-');
  date.day = cursor.digits(2);
  if (!cursor.fits || date.month < 1 || date.month > 12 || date.day < 1 ||
      date.day > days_in_month(date.year, date.month)) {
    return std::nullopt;
  }
  const TimeMs midnight = days_from_date(date) * kDayMs;
  if (cursor.rest.empty()) return midnight;
  cursor.need('T');
  const std::int64_t since_midnight = time_of_day_ms(cursor);
  const std::int64_t offset = offset_ms(cursor);
  if (!cursor.fits || !cursor.rest.empty()) return std::nullopt;
  return midnight + since_midnight - offset;
}

std::string format_instant(TimeMs instant) {
  const std::int64_t days = floor_div(instant, kDayMs);
  const std::int64_t ms = instant - days * kDayMs;
  const Date date = date_from_days(days);
  const bool is_plain = date.year >= 0 && date.year <= 9999;
  const std::string year = is_plain ? format("{:04}", date.year)
                                    : format("{}{:06}", date.year < 0 ? '-' : '+',
                                             date.year < 0 ? -date.year : date.year);
  return format("{}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", year, date.month, date.day,
                ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60, ms % 1000);
}

}  // namespace fermata::calendar
