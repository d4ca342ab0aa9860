#pragma once
// Trigger: what starts runs of a definition besides people and the API. Absent means nothing does.
// The launcher evaluates `payload_mapping` over {event}; the schedule adapter reads the clock
// forms.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "definition/mapping.h"
#include "foundation/clock.h"

namespace fermata::definition {

// The one payload contract of clock triggers.
inline constexpr std::string_view kClockPayloadRef = "payload.WorkflowClockTrigger.v1";

struct EventTrigger {
  std::string event_name;
  std::string source_payload_schema_ref;  // empty: the event catalogue's
  // An Object whose keys may be dotted paths into the payload; absent: the payload is the event's.
  std::optional<MappingValue> payload_mapping;
};

// One run, at an instant.
struct ScheduleTrigger {
  std::string run_at_text;  // as authored
  TimeMs run_at = 0;
};

// What a fire does while a run of the workflow has not ended.
enum class OverlapPolicy : std::uint8_t { Allow, Skip, Queue };
enum class DayFilter : std::uint8_t { Any, Business, NonBusiness };

// Runs by a 5-field cron expression in an IANA time zone (calendar/cron.h).
struct RecurringTrigger {
  std::string cron;
  std::string timezone;
  OverlapPolicy overlap = OverlapPolicy::Allow;
  DayFilter day_filter = DayFilter::Any;
  std::string calendar;                     // of holidays, by name; empty: none
  std::optional<std::int64_t> catch_up_ms;  // what could not fire is made up for within this
};

using Trigger = std::variant<EventTrigger, ScheduleTrigger, RecurringTrigger>;

}  // namespace fermata::definition
