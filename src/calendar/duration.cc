#include "calendar/duration.h"

#include <string_view>

#include "foundation/format.h"

namespace fermata::calendar {
namespace {

std::string pair_of(std::int64_t large, std::string_view large_unit, std::int64_t small,
                    std::string_view small_unit) {
  if (small == 0) return format("{} {}", large, large_unit);
  return format("{} {} {} {}", large, large_unit, small, small_unit);
}

}  // namespace

std::string duration_text(std::int64_t duration_ms) {
  if (duration_ms < 0) return "-" + duration_text(-duration_ms);
  if (duration_ms < 1000) return format("{} ms", duration_ms);
  const std::int64_t seconds = duration_ms / 1000;
  if (seconds < 60) {
    const std::int64_t tenths = duration_ms / 100 % 10;
    return tenths == 0 ? format("{} s", seconds) : format("{}.{} s", seconds, tenths);
  }
  const std::int64_t minutes = seconds / 60;
  if (minutes < 60) return pair_of(minutes, "min", seconds % 60, "s");
  const std::int64_t hours = minutes / 60;
  if (hours < 24) return pair_of(hours, "h", minutes % 60, "min");
  return pair_of(hours / 24, "d", hours % 24, "h");
}

}  // namespace fermata::calendar
