#pragma once
// What becomes of one fire of a clock: pure, from what is known at that moment. Launched, skipped
// with the reason, or held until the workflow may.

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "calendar/zone.h"
#include "definition/trigger.h"
#include "foundation/clock.h"
#include "foundation/result.h"
#include "json/value.h"

namespace fermata::service {

// Which days are no business days.
struct HolidayCalendar {
  std::set<std::int64_t> holidays;  // days since 1970-01-01
  std::set<int> weekend = {0, 6};   // 0 is Sunday
};
// {"holidays": ["2026-12-25", …], "weekend": [0, 6]}. Error: CALENDAR_INVALID.
Result<HolidayCalendar> read_calendar(const json::Value& value);

struct FireFacts {
  const definition::Trigger& trigger;
  TimeMs scheduled_for = 0;
  bool is_paused = false;
  std::int64_t active_runs = 0;
  const calendar::ZoneRules& zone;
  const HolidayCalendar& calendar;
};
enum class FireVerdict : std::uint8_t { Launch, Skip, Hold };
struct FireDecision {
  FireVerdict verdict = FireVerdict::Launch;
  std::string reason;
};
FireDecision decide_fire(const FireFacts& facts);

// Why this day does not count for the filter; nothing when it does.
std::optional<std::string> day_refusal(const definition::RecurringTrigger& trigger, TimeMs at,
                                       const calendar::ZoneRules& zone,
                                       const HolidayCalendar& calendar);

}  // namespace fermata::service
