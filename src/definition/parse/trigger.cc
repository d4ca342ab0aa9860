#include "definition/parse/trigger.h"

#include "calendar/instant.h"
#include "foundation/format.h"

namespace fermata::definition {
namespace {

EventTrigger read_event(Context& context, Reader& fields) {
  EventTrigger trigger;
  trigger.event_name = fields.text("eventName");
  trigger.source_payload_schema_ref = fields.text("sourcePayloadSchemaRef", {Need::Optional});
  if (fields.object("payloadMapping") != nullptr) {
    trigger.payload_mapping =
        read_mapping(context, *fields.value("payloadMapping"),
                     {fields.path_of("payloadMapping"), ExpressionRole::Payload});
  }
  return trigger;
}

ScheduleTrigger read_schedule(Reader& fields) {
  ScheduleTrigger trigger;
  trigger.run_at_text = fields.text("runAt");
  if (trigger.run_at_text.empty()) return trigger;
  const auto instant = calendar::parse_instant(trigger.run_at_text);
  if (!instant) {
    fields.findings().error(fields.path_of("runAt"), "TIME_TRIGGER_INVALID_RUN_AT",
                            format("`{}` is not an ISO 8601 instant", trigger.run_at_text),
                            "write it as 2026-03-01T10:00:00Z or with an offset such as +01:00");
  }
  trigger.run_at = instant.value_or(0);
  return trigger;
}

RecurringTrigger read_recurring(Reader& fields) {
  // Temporal makes up for nothing that is younger than ten seconds, and for nothing after a year.
  constexpr std::int64_t kCatchUpMsMin = 10'000;
  constexpr std::int64_t kCatchUpMsMax = 365LL * 24 * 3'600 * 1'000;
  RecurringTrigger trigger;
  trigger.cron = fields.text("cron");
  trigger.timezone = fields.text("timezone");
  if (fields.value("overlap") != nullptr) {
    const std::string_view overlap = fields.word("overlap", {"allow", "skip", "queue"});
    trigger.overlap = overlap == "skip"    ? OverlapPolicy::Skip
                      : overlap == "queue" ? OverlapPolicy::Queue
                                           : OverlapPolicy::Allow;
  }
  if (fields.value("dayFilter") != nullptr) {
    const std::string_view days = fields.word("dayFilter", {"any", "business", "nonBusiness"});
    trigger.day_filter = days == "business"      ? DayFilter::Business
                         : days == "nonBusiness" ? DayFilter::NonBusiness
                                                 : DayFilter::Any;
  }
  trigger.calendar = fields.text("calendar", {Need::Optional});
  trigger.catch_up_ms = fields.whole("catchUpMs", {kCatchUpMsMin, kCatchUpMsMax});
  return trigger;
}

}  // namespace

std::optional<Trigger> read_trigger(Context& context, Reader& definition) {
  const json::Value* value = definition.value("trigger");
  if (value == nullptr) return std::nullopt;
  if (value->is_null()) {
    context.findings.error(definition.path_of("trigger"), "FIELD_TYPE",
                           "expected a trigger object, got null",
                           "leave `trigger` out: absent means that runs are started by hand");
    return std::nullopt;
  }
  const json::Object* object = definition.object("trigger");
  if (object == nullptr) return std::nullopt;
  Reader fields(*object, {"the trigger", definition.path_of("trigger")}, context.findings);
  const bool has_type = fields.value("type", Need::Required) != nullptr;
  const std::string_view type = fields.word("type", {"event", "schedule", "recurring"});
  const bool is_known = has_type && (*object).at("type").is_string() &&
                        json::view((*object).at("type").get_string()) == type;
  // Without a type there is no telling which fields belong.
  if (!is_known) return std::nullopt;
  std::optional<Trigger> trigger;
  if (type == "event") {
    trigger = read_event(context, fields);
  } else if (type == "schedule") {
    trigger = read_schedule(fields);
  } else {
    trigger = read_recurring(fields);
  }
  fields.finish();
  return trigger;
}

}  // namespace fermata::definition
