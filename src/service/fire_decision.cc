#include "service/fire_decision.h"

#include <algorithm>

#include "calendar/instant.h"
#include "foundation/format.h"

namespace fermata::service {
namespace {

using definition::DayFilter;
using definition::OverlapPolicy;
using definition::RecurringTrigger;

constexpr std::int64_t kDayMs = 24LL * 3'600 * 1'000;
constexpr std::size_t kHolidaysMax = 5'000;

Error invalid(std::string message) {
  return make_error(ErrorKind::Invalid, "CALENDAR_INVALID", std::move(message),
                    R"(send {"holidays": ["2026-12-25"], "weekend": [0, 6]})");
}

}  // namespace

Result<HolidayCalendar> read_calendar(const json::Value& value) {
  HolidayCalendar calendar;
  if (!value.is_object()) return invalid("a calendar is an object");
  if (const json::Value* holidays = json::find(value, "holidays")) {
    if (!holidays->is_array() || holidays->get_array().size() > kHolidaysMax)
      return invalid(format("holidays: expected a list of at most {} dates", kHolidaysMax));
    for (const json::Value& day : holidays->get_array()) {
      const auto at = day.is_string() && day.get_string().size() == 10
                          ? calendar::parse_instant(json::view(day.get_string()))
                          : std::nullopt;
      if (!at) return invalid("holidays: expected dates as 2026-12-25");
      calendar.holidays.insert(*at / kDayMs);
    }
  }
  if (const json::Value* weekend = json::find(value, "weekend")) {
    calendar.weekend.clear();
    if (!weekend->is_array()) return invalid("weekend: expected a list of weekdays");
    for (const json::Value& day : weekend->get_array()) {
      if (!day.is_int64() || day.get_int64() < 0 || day.get_int64() > 6)
        return invalid("weekend: expected weekdays from 0, Sunday, to 6");
      calendar.weekend.insert(static_cast<int>(day.get_int64()));
    }
  }
  return calendar;
}

std::optional<std::string> day_refusal(const RecurringTrigger& trigger, TimeMs at,
                                       const calendar::ZoneRules& zone,
                                       const HolidayCalendar& calendar) {
  if (trigger.day_filter == DayFilter::Any) return std::nullopt;
  const TimeMs local = at + zone.offset_ms_at(at);
  const std::int64_t day = local / kDayMs - (local % kDayMs < 0 ? 1 : 0);
  const bool is_holiday = calendar.holidays.contains(day);
  const bool is_weekend = calendar.weekend.contains(calendar::weekday(day));
  const bool is_business = !is_holiday && !is_weekend;
  if (is_business == (trigger.day_filter == DayFilter::Business)) return std::nullopt;
  return is_holiday   ? "the day is a holiday"
         : is_weekend ? "the day is of a weekend"
                      : "the day is a business day";
}

FireDecision decide_fire(const FireFacts& facts) {
  if (facts.is_paused) return {FireVerdict::Skip, "the workflow is paused"};
  const auto* recurring = std::get_if<RecurringTrigger>(&facts.trigger);
  if (recurring == nullptr) return {};
  if (auto refusal = day_refusal(*recurring, facts.scheduled_for, facts.zone, facts.calendar))
    return {FireVerdict::Skip, *std::move(refusal)};
  if (facts.active_runs == 0 || recurring->overlap == OverlapPolicy::Allow) return {};
  return recurring->overlap == OverlapPolicy::Skip
             ? FireDecision{FireVerdict::Skip, "a run before has not ended"}
             : FireDecision{FireVerdict::Hold, "a run before has not ended"};
}

}  // namespace fermata::service
