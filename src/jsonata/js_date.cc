#include "jsonata/js_date.h"

#include <cmath>
#include <cstdint>
#include <limits>

namespace fermata::jsonata {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kTimeMax = 8.64e15;

// Days since 1970-01-01 of a date of the proleptic Gregorian calendar, by eras of 400 years that
// start in March.
std::int64_t days_of(std::int64_t year, int month, int day) {
  year -= month < 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * ((month + 10) % 12) + 2) / 5 + day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // `count` digits, the first at most `first_max`; -1 and nothing taken otherwise.
  int digits(std::size_t count, char first_max = '9') {
    if (rest_.size() < count || rest_[0] > first_max) return -1;
    int number = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return -1;
      number = number * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return number;
  }
  // -03 and its like: nothing is taken when it does not fit.
  int part(char mark, char first_max) {
    const std::string_view back = rest_;
    const int number = take(mark) ? digits(2, first_max) : -1;
    if (number < 0) rest_ = back;
    return number;
  }
  // Milliseconds of .123456; -1 when there is none.
  int fraction() {
    if (rest_.size() < 2 || rest_[0] != '.' || rest_[1] < '0' || rest_[1] > '9') return -1;
    rest_.remove_prefix(1);
    int ms = 0;
    for (int scale = 100; !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; scale /= 10) {
      ms += (rest_[0] - '0') * scale;
      rest_.remove_prefix(1);
    }
    return ms;
  }
  [[nodiscard]] bool is_done() const { return rest_.empty(); }
  std::string_view rest_;
};

struct IsoParts {
  bool fits = false;
  int year = 0;
  int month = -1;
  int day = -1;
  int hour = -1;
  int minute = 0;
  int second = 0;
  int millisecond = -1;
  bool has_zone = false;
  int zone_minutes = 0;
};

bool read_zone(Scanner& scan, IsoParts& parts) {
  if (scan.take('Z')) {
    parts.has_zone = true;
    return true;
  }
  const bool is_west = scan.take('-');
  if (!is_west && !scan.take('+')) return true;
  const int hours = scan.digits(2, '2');
  scan.take(':');
  const int minutes = hours < 0 ? -1 : scan.digits(2, '5');
  if (minutes < 0) return false;
  parts.has_zone = true;
  parts.zone_minutes = (is_west ? -1 : 1) * (hours * 60 + minutes);
  return true;
}

IsoParts read_iso(std::string_view text) {
  Scanner scan(text);
  IsoParts parts;
  parts.year = scan.digits(4);
  if (parts.year < 0) return parts;
  // A zone follows the year directly only with a sign and four digits: try the date parts first,
  // and take them back when what follows does not fit, as a regular expression would.
  for (int tries = 2; tries >= 0; --tries) {
    Scanner at = scan;
    IsoParts now = parts;
    if (tries >= 1) now.month = at.part('-', '1');
    if (tries >= 2) now.day = at.part('-', '3');
    if (at.take('T')) {
      now.hour = at.digits(2, '2');
      now.minute = at.take(':') ? at.digits(2, '5') : -1;
      now.second = at.take(':') ? at.digits(2, '5') : -1;
      if (now.hour < 0 || now.minute < 0 || now.second < 0) continue;
    }
    now.millisecond = at.fraction();
    if (read_zone(at, now) && at.is_done()) {
      now.fits = true;
      return now;
    }
  }
  return parts;
}

}  // namespace

DateFields date_fields(double time) {
  const double days = std::floor(time / kDayMs);
  auto rest = static_cast<std::int64_t>(time - days * kDayMs);
  const auto count = static_cast<std::int64_t>(days);
  DateFields out;
  out.week_day = static_cast<int>(((count + 4) % 7 + 7) % 7);
  const std::int64_t shifted = count + 719468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const std::int64_t of_era = shifted - era * 146097;
  const std::int64_t year_of_era =
      (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t march_month = (5 * of_year + 2) / 153;
  out.day = static_cast<int>(of_year - (153 * march_month + 2) / 5 + 1);
  out.month = static_cast<int>((march_month + 2) % 12);
  out.year = static_cast<double>(year_of_era + era * 400 + (out.month < 2 ? 1 : 0));
  out.hour = static_cast<int>(rest / 3'600'000);
  rest %= 3'600'000;
  out.minute = static_cast<int>(rest / 60'000);
  rest %= 60'000;
  out.second = static_cast<int>(rest / 1'000);
  out.millisecond = static_cast<int>(rest % 1'000);
  return out;
}

double day_time(double year, double month, double day) {
  if (!std::isfinite(year) || !std::isfinite(month) || !std::isfinite(day)) return kNaN;
  year = std::trunc(year);
  month = std::trunc(month);
  const double years = year + std::floor(month / 12);
  if (std::fabs(years) > 400'000 || std::fabs(day) > 1e9) return kNaN;
  const int in_year = static_cast<int>(month - std::floor(month / 12) * 12);
  const std::int64_t days = days_of(static_cast<std::int64_t>(years), in_year, 1);
  return (static_cast<double>(days) + std::trunc(day) - 1) * kDayMs;
}

double date_utc(double year, double month, double day, double time_in_day) {
  if (year >= 0 && year <= 99) year += 1900;
  const double time = day_time(year, month, day) + time_in_day;
  return std::isfinite(time) && std::fabs(time) <= kTimeMax ? std::trunc(time) : kNaN;
}

bool is_iso_date(std::string_view text) {
  return read_iso(text).fits;
}

double parse_iso_date(std::string_view text) {
  const IsoParts parts = read_iso(text);
  const int month = parts.month < 0 ? 1 : parts.month;
  const int day = parts.day < 0 ? 1 : parts.day;
  const bool has_time = parts.hour >= 0;
  if (!parts.fits || month < 1 || month > 12 || day < 1 || day > 31) return kNaN;
  if (!has_time && (parts.millisecond >= 0 || parts.has_zone)) return kNaN;
  const int ms = parts.millisecond < 0 ? 0 : parts.millisecond;
  if (parts.hour > 24 || (parts.hour == 24 && parts.minute + parts.second + ms > 0)) return kNaN;
  const double in_day =
      has_time
          ? ((parts.hour * 60.0 + parts.minute - parts.zone_minutes) * 60 + parts.second) * 1000 +
                ms
          : 0;
  return day_time(parts.year, month - 1, day) + in_day;
}

}  // namespace fermata::jsonata
