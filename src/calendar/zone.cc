#include "calendar/zone.h"

#include <algorithm>

namespace fermata::calendar {

TimeMs to_instant(const ZoneRules& zone, std::int64_t local_ms, Fold fold) {
  constexpr std::int64_t kDayMs = 86'400'000;
  // The offsets on either side of any change near this reading.
  const TimeMs by_old = local_ms - zone.offset_ms_at(local_ms - kDayMs);
  const TimeMs by_new = local_ms - zone.offset_ms_at(local_ms + kDayMs);
  const auto shows_it = [&](TimeMs instant) {
    return instant + zone.offset_ms_at(instant) == local_ms;
  };
  const bool old_holds = shows_it(by_old);
  const bool new_holds = shows_it(by_new);
  if (old_holds && new_holds) {
    return fold == Fold::Earlier ? std::min(by_old, by_new) : std::max(by_old, by_new);
  }
  return new_holds ? by_new : by_old;
}

}  // namespace fermata::calendar
