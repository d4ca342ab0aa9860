#include "jsonata/instant.h"

#include <chrono>

#include "foundation/format.h"

namespace fermata::jsonata {
namespace {

// Calendar arithmetic only: no clock is read here.
using std::chrono::day;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr std::int64_t kDayMs = 86'400'000;

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::optional<int> digits(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    int number = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return std::nullopt;
      number = number * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return number;
  }
  // Fraction of a second in milliseconds; further digits are cut.
  std::optional<int> fraction() {
    int ms = 0;
    int scale = 100;
    std::size_t count = 0;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      ms += (rest_.front() - '0') * scale;
      scale /= 10;
      rest_.remove_prefix(1);
      ++count;
    }
    return count == 0 ? std::nullopt : std::optional(ms);
  }
  [[nodiscard]] bool is_done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

// The time of day behind the T, in milliseconds; the zone is taken off.
std::optional<std::int64_t> read_time(Reader& reader) {
  const auto hour = reader.digits(2);
  if (!hour || !reader.take(':')) return std::nullopt;
  const auto minute = reader.digits(2);
  if (!minute) return std::nullopt;
  std::int64_t ms = *hour * 3'600'000LL + *minute * 60'000LL;
  if (*hour > 24 || *minute > 59 || (*hour == 24 && *minute > 0)) return std::nullopt;
  if (reader.take(':')) {
    const auto second = reader.digits(2);
    if (!second || *second > 59) return std::nullopt;
    ms += *second * 1'000LL;
    if (reader.take('.')) {
      const auto fraction = reader.fraction();
      if (!fraction) return std::nullopt;
      ms += *fraction;
    }
  }
  if (reader.take('Z') || reader.is_done()) return ms;
  const bool is_west = reader.take('-');
  if (!is_west && !reader.take('+')) return std::nullopt;
  const auto zone_hour = reader.digits(2);
  if (!zone_hour) return std::nullopt;
  reader.take(':');
  const auto zone_minute = reader.digits(2);
  if (!zone_minute || *zone_hour > 23 || *zone_minute > 59) return std::nullopt;
  const std::int64_t offset = *zone_hour * 3'600'000LL + *zone_minute * 60'000LL;
  return is_west ? ms + offset : ms - offset;
}

}  // namespace

std::string instant_text(TimeMs time) {
  std::int64_t days = time / kDayMs;
  std::int64_t ms = time % kDayMs;
  if (ms < 0) {
    ms += kDayMs;
    --days;
  }
  const year_month_day date{sys_days{std::chrono::days{days}}};
  return format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                ms / 3'600'000, ms / 60'000 % 60, ms / 1'000 % 60, ms % 1'000);
}

std::optional<TimeMs> parse_instant(std::string_view text) {
  Reader reader(text);
  const auto y = reader.digits(4);
  if (!y) return std::nullopt;
  int m = 1;
  int d = 1;
  if (reader.take('-')) {
    const auto read = reader.digits(2);
    if (!read) return std::nullopt;
    m = *read;
    if (reader.take('-')) {
      const auto read_day = reader.digits(2);
      if (!read_day) return std::nullopt;
      d = *read_day;
    }
  }
  const year_month_day date{year{*y}, month{static_cast<unsigned>(m)},
                            day{static_cast<unsigned>(d)}};
  if (!date.ok()) return std::nullopt;
  TimeMs time = sys_days{date}.time_since_epoch().count() * kDayMs;
  if (reader.take('T')) {
    const auto in_day = read_time(reader);
    if (!in_day) return std::nullopt;
    time += *in_day;
  }
  return reader.is_done() ? std::optional(time) : std::nullopt;
}

}  // namespace fermata::jsonata
