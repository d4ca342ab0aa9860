// The trigger union: absent, event, schedule, recurring. `null` is not absent.
#include <algorithm>
#include <array>

#include "definition/check/rules.h"
#include "definition/cron.h"
#include "definition/suggest.h"
#include "foundation/format.h"
#include "jsonata/instant.h"

namespace fermata::definition {
namespace {

constexpr std::array<Field, 4> kEvent = {{{"type", FieldForm::Text, true},
                                          {"eventName", FieldForm::Text, true},
                                          {"sourcePayloadSchemaRef", FieldForm::Text},
                                          {"payloadMapping", FieldForm::MappingMap}}};
constexpr std::array<Field, 2> kSchedule = {
    {{"type", FieldForm::Text, true}, {"runAt", FieldForm::Text, true}}};
constexpr std::array<Field, 3> kRecurring = {{{"type", FieldForm::Text, true},
                                              {"cron", FieldForm::Text, true},
                                              {"timezone", FieldForm::Text, true}}};
constexpr std::array<std::string_view, 3> kTypes = {"event", "schedule", "recurring"};
constexpr std::string_view kClockPayload = "payload.WorkflowClockTrigger.v1";

void check_event(const RuleInput& input, const json::Object& trigger, Report& report) {
  check_fields(trigger, kEvent, "root/trigger", report);
  const auto name = json::string_at(trigger, "eventName");
  if (name && !name->empty() && !trigger.contains("sourcePayloadSchemaRef") &&
      !input.context.schemas.event_payload_ref(*name)) {
    const std::vector<std::string> known = input.context.schemas.event_names();
    const std::vector<std::string_view> names(known.begin(), known.end());
    report.error("root/trigger/eventName", "EVENT_UNKNOWN",
                 format("unknown event `{}`{}", *name, did_you_mean(*name, names)),
                 "register the event, or name its schema with sourcePayloadSchemaRef");
  }
}

void check_clock_payload(const RuleInput& input, Report& report) {
  const auto ref = json::string_at(input.document.get_object(), "payloadSchemaRef");
  if (ref && *ref != kClockPayload) {
    report.error("root/payloadSchemaRef", "TRIGGER_PAYLOAD_FIXED",
                 format("a clock trigger gives the payload {}", kClockPayload),
                 "set payloadSchemaRef to it");
  }
}

void check_schedule(const RuleInput& input, const json::Object& trigger, Report& report) {
  check_fields(trigger, kSchedule, "root/trigger", report);
  check_clock_payload(input, report);
  const auto run_at = json::string_at(trigger, "runAt");
  if (!run_at || run_at->empty()) return;
  const auto at = jsonata::parse_instant(*run_at);
  if (!at) {
    report.error("root/trigger/runAt", "TRIGGER_TIME_INVALID",
                 format("`{}` is not an ISO 8601 instant", *run_at),
                 "write it like 2030-01-31T09:00:00Z");
  } else if (*at <= input.context.now) {
    report.error("root/trigger/runAt", "TRIGGER_TIME_INVALID",
                 format("`{}` is not in the future", *run_at));
  }
}

bool looks_like_zone(std::string_view zone) {
  const auto is_part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '+' || c == '-' || c == '/';
  };
  return !zone.empty() && zone.front() != '/' && zone.back() != '/' &&
         std::ranges::all_of(zone, is_part);
}

void check_recurring(const RuleInput& input, const json::Object& trigger, Report& report) {
  check_fields(trigger, kRecurring, "root/trigger", report);
  check_clock_payload(input, report);
  if (const auto cron = json::string_at(trigger, "cron"); cron && !cron->empty()) {
    if (const auto wrong = cron_error(*cron)) {
      report.error("root/trigger/cron", "TRIGGER_CRON_INVALID", *wrong,
                   "five fields: minute hour day month weekday");
    }
  }
  if (const auto zone = json::string_at(trigger, "timezone");
      zone && !zone->empty() && !looks_like_zone(*zone)) {
    report.error("root/trigger/timezone", "TRIGGER_ZONE_INVALID",
                 format("`{}` is not a time zone's name", *zone),
                 "use a name such as Europe/Berlin");
  }
}

}  // namespace

void check_triggers(const RuleInput& input, Report& report) {
  const json::Value* trigger = json::find(input.document, "trigger");
  if (trigger == nullptr || !trigger->is_object()) return;
  const auto type = json::string_at(trigger->get_object(), "type");
  if (!type) {
    report.error("root/trigger", "FIELD_MISSING", "field `type` is missing",
                 "use event, schedule or recurring");
  } else if (*type == "event") {
    check_event(input, trigger->get_object(), report);
  } else if (*type == "schedule") {
    check_schedule(input, trigger->get_object(), report);
  } else if (*type == "recurring") {
    check_recurring(input, trigger->get_object(), report);
  } else {
    report.error("root/trigger/type", "FIELD_INVALID",
                 format("unknown trigger type `{}`{}", *type, did_you_mean(*type, kTypes)),
                 "use event, schedule or recurring");
  }
}

}  // namespace fermata::definition
