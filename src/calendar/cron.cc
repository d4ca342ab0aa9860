#include "calendar/cron.h"

#include <array>
#include <charconv>

#include "calendar/instant.h"
#include "foundation/format.h"

namespace fermata::calendar {
namespace {

constexpr TimeMs kMinuteMs = 60'000;
constexpr std::int64_t kDayMinutes = 1440;
constexpr TimeMs kHorizonMs = 12LL * 366 * kDayMinutes * kMinuteMs;
constexpr std::size_t kTextBytesMax = 128;

struct Field {
  std::string_view name;
  int min;
  int max;
  std::uint64_t Cron::*bits;
};
constexpr std::array kFields = {
    Field{"minute", 0, 59, &Cron::minutes}, Field{"hour", 0, 23, &Cron::hours},
    Field{"day of month", 1, 31, &Cron::days}, Field{"month", 1, 12, &Cron::months},
    Field{"day of week", 0, 7, &Cron::weekdays}};

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t start = text.find_first_not_of(" \t");
    if (start == std::string_view::npos) return words;
    text.remove_prefix(start);
    const std::size_t end = text.find_first_of(" \t");
    words.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return words;
    text.remove_prefix(end);
  }
}

std::optional<int> number_of(std::string_view text) {
  int number = 0;
  const auto [stop, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_whole = status == std::errc{} && stop == text.data() + text.size();
  if (!is_whole || text.front() == '-') return std::nullopt;
  return number;
}

// One item of a list: `*`, `a`, `a-b`, each with an optional `/n`.
std::string parse_item(std::string_view item, const Field& field, std::uint64_t& bits) {
  std::string bad = format("`{}` is no {}", item, field.name);
  int step = 1;
  bool has_step = false;
  if (const std::size_t slash = item.find('/'); slash != std::string_view::npos) {
    const auto number = number_of(item.substr(slash + 1));
    if (!number || *number < 1 || *number > field.max) return bad;
    step = *number;
    has_step = true;
    item = item.substr(0, slash);
  }
  int low = field.min;
  int high = field.name == "day of week" ? 6 : field.max;
  if (item != "*") {
    const std::size_t dash = item.find('-');
    const auto first = number_of(item.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number_of(item.substr(dash + 1));
    if (!first || !last || (has_step && dash == std::string_view::npos)) return bad;
    low = *first;
    high = *last;
  }
  if (low < field.min || high > field.max) {
    return format("{}, which goes from {} to {}", bad, field.min, field.max);
  }
  if (low > high) return format("{}: the range runs backwards", bad);
  for (int value = low; value <= high; value += step) {
    const bool is_sunday_as_seven = field.name == "day of week" && value == 7;
    bits |= std::uint64_t{1} << (is_sunday_as_seven ? 0 : value);
  }
  return {};
}

std::string parse_field(std::string_view text, const Field& field, std::uint64_t& bits) {
  while (true) {
    const std::size_t comma = text.find(',');
    std::string problem = parse_item(text.substr(0, comma), field, bits);
    if (!problem.empty() || comma == std::string_view::npos) return problem;
    text.remove_prefix(comma + 1);
  }
}

bool has(std::uint64_t bits, int value) {
  return (bits >> value & 1) != 0;
}

// Whether some month of the cron has one of its days at all, in a leap year.
bool ever_fires(const Cron& cron) {
  for (int month = 1; month <= 12; ++month) {
    if (!has(cron.months, month)) continue;
    for (int day = 1; day <= days_in_month(2000, month); ++day) {
      if (has(cron.days, day)) return true;
    }
  }
  return false;
}

// Minutes from this local reading up to the next one worth looking at; 0 when it fires.
std::int64_t minutes_to_candidate(const Cron& cron, std::int64_t local_minute) {
  const std::int64_t days = local_minute / kDayMinutes - (local_minute % kDayMinutes < 0 ? 1 : 0);
  const auto of_day = static_cast<int>(local_minute - days * kDayMinutes);
  const Date date = date_from_days(days);
  const bool is_day =
      has(cron.months, date.month) && has(cron.days, date.day) && has(cron.weekdays, weekday(days));
  if (!is_day) return kDayMinutes - of_day;
  if (!has(cron.hours, of_day / 60)) return 60 - of_day % 60;
  return has(cron.minutes, of_day % 60) ? 0 : 1;
}

TimeMs floor_to_minute(TimeMs instant) {
  const TimeMs rest = instant % kMinuteMs;
  return instant - (rest < 0 ? rest + kMinuteMs : rest);
}

}  // namespace

CronParsed parse_cron(std::string_view text) {
  if (text.size() > kTextBytesMax) {
    return {std::nullopt, format("it is longer than {} characters", kTextBytesMax)};
  }
  const auto words = words_of(text);
  if (words.size() != kFields.size()) {
    return {std::nullopt, format("it has {} fields, five are needed", words.size())};
  }
  Cron cron;
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    std::string problem = parse_field(words[i], kFields[i], cron.*kFields[i].bits);
    if (!problem.empty()) return {std::nullopt, std::move(problem)};
  }
  if (words[2] != "*" && words[4] != "*") {
    return {std::nullopt, "day of month and day of week are both set"};
  }
  if (!ever_fires(cron)) return {std::nullopt, "no month has such a day"};
  return {cron, {}};
}

std::optional<TimeMs> next_fire(const Cron& cron, const ZoneRules& zone, TimeMs after) {
  TimeMs at = floor_to_minute(after) + kMinuteMs;
  const TimeMs horizon = at + kHorizonMs;
  while (at <= horizon) {
    const std::int64_t offset = zone.offset_ms_at(at);
    const std::int64_t local_minute = floor_to_minute(at + offset) / kMinuteMs;
    const std::int64_t skip = minutes_to_candidate(cron, local_minute);
    if (skip == 0) return at;
    // A change of the clock inside the stretch moves what lies in it: then it is walked.
    const TimeMs target = at + skip * kMinuteMs;
    at = zone.offset_ms_at(target) == offset ? target : at + kMinuteMs;
  }
  return std::nullopt;
}

std::vector<TimeMs> next_fires(const Cron& cron, const ZoneRules& zone, TimeMs after,
                               std::size_t count) {
  std::vector<TimeMs> fires;
  while (fires.size() < count) {
    const auto next = next_fire(cron, zone, after);
    if (!next) break;
    fires.push_back(*next);
    after = *next;
  }
  return fires;
}

}  // namespace fermata::calendar
