#pragma once
// Cron: the five fields minute, hour, day of month, month, day of week, and when they fire next.
// A minute fires when its local clock reading matches: a reading that daylight saving leaves out
// does not fire that day, one that it repeats fires twice. INVARIANT: a parsed Cron fires at least
// once in eight years.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "calendar/zone.h"
#include "foundation/clock.h"

namespace fermata::calendar {

struct Cron {
  // Bit n: the value n fires.
  std::uint64_t minutes = 0;
  std::uint64_t hours = 0;
  std::uint64_t days = 0;
  std::uint64_t months = 0;
  std::uint64_t weekdays = 0;  // 0 is Sunday

  bool operator==(const Cron&) const = default;
};

struct CronParsed {
  std::optional<Cron> cron;
  std::string problem;  // when there is none: what is wrong, for a message
};

// Each field: `*`, numbers, ranges `a-b`, lists `a,b` and steps `*/n`, `a-b/n`. Day of week is 0 to
// 7, both Sunday. Setting day of month and day of week together is refused: systems disagree
// whether one or both must match.
CronParsed parse_cron(std::string_view text);

// The first instant after `after` at which `cron` fires; empty when there is none in the next
// twelve years (which no parsed Cron has).
std::optional<TimeMs> next_fire(const Cron& cron, const ZoneRules& zone, TimeMs after);

// The next `count` of them.
std::vector<TimeMs> next_fires(const Cron& cron, const ZoneRules& zone, TimeMs after,
                               std::size_t count);

}  // namespace fermata::calendar
