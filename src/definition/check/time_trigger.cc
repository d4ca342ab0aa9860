// Clock triggers: an instant in the future, or a cron expression in a known time zone.

#include <bit>

#include "calendar/cron.h"
#include "calendar/instant.h"
#include "calendar/zone_names.h"
#include "definition/check/rule.h"
#include "definition/suggest.h"
#include "foundation/format.h"

namespace fermata::definition::rules {
namespace {

// A run each minute would crowd out everything else: five minutes is the shortest steady beat.
constexpr int kFiresPerHourMax = 12;

void check_schedule(const RuleInput& input, const ScheduleTrigger& trigger) {
  const bool is_readable = calendar::parse_instant(trigger.run_at_text).has_value();
  if (!is_readable || trigger.run_at > input.context.now) return;
  input.findings.error("root.trigger/runAt", "TIME_TRIGGER_INVALID_RUN_AT",
                       format("`{}` is not in the future", trigger.run_at_text),
                       "choose a later instant");
}

void check_cron(const RuleInput& input, const std::string& text) {
  if (text.empty()) return;
  const calendar::CronParsed parsed = calendar::parse_cron(text);
  if (!parsed.cron) {
    input.findings.error("root.trigger/cron", "TIME_TRIGGER_INVALID_CRON",
                         format("`{}` is not a cron expression: {}", text, parsed.problem),
                         "write five fields: minute, hour, day of month, month, day of week");
    return;
  }
  const bool is_every_hour = std::popcount(parsed.cron->hours) == 24;
  if (is_every_hour && std::popcount(parsed.cron->minutes) > kFiresPerHourMax) {
    input.findings.error("root.trigger/cron", "TIME_TRIGGER_INVALID_CRON",
                         format("`{}` fires more often than every five minutes", text),
                         "use `*/5` or a longer interval");
  }
}

void check_zone(const RuleInput& input, const std::string& zone) {
  if (zone.empty() || calendar::is_zone_name(zone)) return;
  input.findings.error(
      "root.trigger/timezone", "TIME_TRIGGER_INVALID_TIMEZONE",
      format("`{}` is not an IANA time zone", zone),
      did_you_mean(zone, calendar::zone_names(), "write a name such as `Europe/Berlin` or `UTC`"));
}

}  // namespace

void time_trigger(const RuleInput& input) {
  const auto& trigger = input.draft.program.trigger;
  if (!trigger) return;
  if (const auto* schedule = std::get_if<ScheduleTrigger>(&*trigger)) {
    check_schedule(input, *schedule);
  }
  if (const auto* recurring = std::get_if<RecurringTrigger>(&*trigger)) {
    check_cron(input, recurring->cron);
    check_zone(input, recurring->timezone);
  }
}

}  // namespace fermata::definition::rules
