#include "service/clocks.h"

#include <algorithm>
#include <set>

#include "calendar/cron.h"
#include "calendar/instant.h"
#include "foundation/format.h"
#include "service/contract.h"
#include "service/zones.h"

namespace fermata::service {
namespace {

using definition::RecurringTrigger;
using definition::ScheduleTrigger;

// A fire that could not be made at its time is made up for within this; what is older is missed.
constexpr std::int64_t kCatchUpMs = 24LL * 3'600 * 1'000;
// What is launched later than this after its time is said to be late.
constexpr std::int64_t kLateMs = 60'000;

bool is_clock(const definition::Program& program) {
  return program.trigger && !std::holds_alternative<definition::EventTrigger>(*program.trigger);
}

std::int64_t catch_up_of(const definition::Trigger& trigger) {
  const auto* recurring = std::get_if<RecurringTrigger>(&trigger);
  return recurring != nullptr ? recurring->catch_up_ms.value_or(kCatchUpMs) : kCatchUpMs;
}

Result<std::shared_ptr<const calendar::ZoneRules>> zone_of(const definition::Trigger& trigger) {
  const auto* recurring = std::get_if<RecurringTrigger>(&trigger);
  if (recurring != nullptr) return system_zone(recurring->timezone);
  return std::shared_ptr<const calendar::ZoneRules>(std::make_shared<calendar::FixedZone>(0));
}

// As the server writes it behind the workflow's id: to the second.
std::string fire_time_text(TimeMs at) {
  std::string text = calendar::format_instant(at);
  constexpr std::string_view kNoMilliseconds = ".000Z";
  if (text.ends_with(kNoMilliseconds)) text.replace(text.size() - kNoMilliseconds.size(), 5, "Z");
  return text;
}

std::string fire_key(const ClockFire& fire) {
  return format("clock:{}:{}", schedule_id(fire.tenant, fire.workflow_id), fire.scheduled_for);
}

temporal::ScheduleRequest request_for(const store::DefinitionRow& workflow,
                                      const definition::Program& program) {
  temporal::ScheduleRequest request;
  request.schedule_id = schedule_id(workflow.tenant, workflow.workflow_id);
  if (const auto* recurring = std::get_if<RecurringTrigger>(&*program.trigger)) {
    request.cron = {recurring->cron};
    request.time_zone = recurring->timezone;
  } else {
    request.once_at = std::get<ScheduleTrigger>(*program.trigger).run_at;
  }
  request.workflow_id = "workflow-runtime-v2:fire:" + request.schedule_id;
  request.workflow_type = kFireWorkflow;
  request.task_queue = kTaskQueue;
  request.input = {
      temporal::to_payload(ClockFire{workflow.tenant, workflow.workflow_id, ""}.to_json())};
  request.overlap = temporal::Overlap::AllowAll;
  request.catch_up_window_ms = catch_up_of(*program.trigger);
  request.is_paused = workflow.settings.paused_at.has_value();
  request.note =
      format("workflow `{}` version {}", workflow.workflow_id.text, workflow.published_version);
  return request;
}

json::Value nothing(std::string_view reason) {
  return json::Object{{"launched", false}, {"reason", reason}};
}

}  // namespace

json::Value ClockFire::to_json() const {
  return json::Object{
      {"tenant", tenant.text}, {"workflowId", workflow_id.text}, {"scheduledFor", scheduled_for}};
}

Result<ClockFire> ClockFire::from_json(const json::Value& value) {
  if (!value.is_object())
    return make_error(ErrorKind::Invalid, "RUN_ARGUMENTS_INVALID", "a fire is an object");
  const json::Object& object = value.get_object();
  ClockFire fire{TenantId(json::string_at(object, "tenant").value_or("")),
                 WorkflowId(json::string_at(object, "workflowId").value_or("")),
                 json::string_at(object, "scheduledFor").value_or("")};
  if (fire.tenant.empty() || fire.workflow_id.empty())
    return make_error(ErrorKind::Invalid, "RUN_ARGUMENTS_INVALID", "a fire names no workflow");
  return fire;
}

std::string schedule_id(const TenantId& tenant, const WorkflowId& workflow) {
  return format("fermata:{}:{}", tenant.text, workflow.text);
}

Result<std::size_t> Clocks::sync() {
  constexpr std::size_t kPerCall = 100;
  TRY(const auto workflows, parts_.store.unsynced_schedules(kPerCall));
  std::size_t changed = 0;
  for (const store::DefinitionRow& workflow : workflows) {
    const auto done = sync_one(workflow);
    if (!done.has_value()) {
      if (done.error().kind == ErrorKind::Unavailable) return done.error();
      const json::Value error = json::Object{{"code", done.error().code},
                                             {"message", done.error().message},
                                             {"version", workflow.published_version}};
      if (workflow.schedule_error != error)
        TRY_DO(parts_.store.set_schedule_error(workflow.tenant, workflow.workflow_id, error));
      continue;
    }
    if (workflow.schedule_error)
      TRY_DO(parts_.store.set_schedule_error(workflow.tenant, workflow.workflow_id, std::nullopt));
    TRY_DO(parts_.store.mark_schedule(workflow));
    ++changed;
  }
  return changed;
}

Result<void> Clocks::sync_one(const store::DefinitionRow& workflow) {
  TRY(const definition::ProgramPtr program,
      parts_.definitions.load(
          {workflow.tenant, workflow.workflow_id, workflow.published_version, ""}));
  if (!is_clock(*program) || workflow.archived_at) {
    const auto gone =
        parts_.client.delete_schedule(schedule_id(workflow.tenant, workflow.workflow_id));
    return gone.has_value() || gone.error().code == "TEMPORAL_NOT_FOUND" ? Result<void>() : gone;
  }
  const temporal::ScheduleRequest request = request_for(workflow, *program);
  const auto made = parts_.client.create_schedule(request);
  if (made.has_value() || made.error().code != "TEMPORAL_ALREADY_EXISTS") return made;
  return parts_.client.update_schedule(request);
}

Result<HolidayCalendar> Clocks::calendar_of(const TenantId& tenant,
                                            const definition::Trigger& trigger) {
  const auto* recurring = std::get_if<RecurringTrigger>(&trigger);
  if (recurring == nullptr || recurring->calendar.empty()) return HolidayCalendar{};
  TRY(const auto calendars, parts_.store.calendars(tenant));
  for (const store::CalendarRow& row : calendars)
    if (row.name == recurring->calendar) return read_calendar(row.calendar);
  return make_error(ErrorKind::Invalid, "CALENDAR_INVALID",
                    format("there is no calendar `{}`", recurring->calendar),
                    "register it, or take it out of the trigger");
}

Result<FireDecision> Clocks::decide(const store::DefinitionRow& workflow,
                                    const definition::Trigger& trigger, TimeMs scheduled_for) {
  TRY(const HolidayCalendar calendar, calendar_of(workflow.tenant, trigger));
  TRY(const auto zone, zone_of(trigger));
  TRY(const std::int64_t active, parts_.store.active_runs(workflow.tenant, workflow.workflow_id));
  return decide_fire(
      {trigger, scheduled_for, workflow.settings.paused_at.has_value(), active, *zone, calendar});
}

Result<void> Clocks::launch(const store::DefinitionRow& workflow,
                            const definition::Trigger& trigger, store::FireRow& row) {
  const auto* recurring = std::get_if<RecurringTrigger>(&trigger);
  const TimeMs now = parts_.clock.now();
  json::Object payload{{"triggerType", recurring != nullptr ? "recurring" : "schedule"},
                       {"scheduleId", schedule_id(workflow.tenant, workflow.workflow_id)},
                       {"scheduledFor", fire_time_text(row.scheduled_for)},
                       {"firedAt", calendar::format_instant(now)},
                       {"timezone", recurring != nullptr ? recurring->timezone : "UTC"},
                       {"workflowId", workflow.workflow_id.text},
                       {"workflowVersion", workflow.published_version}};
  if (recurring != nullptr) payload["cron"] = recurring->cron;
  LaunchRequest request;
  request.tenant = workflow.tenant;
  request.workflow_id = workflow.workflow_id;
  request.version = workflow.published_version;
  request.trigger_type = recurring != nullptr ? "recurring" : "schedule";
  request.trigger_metadata = payload;
  request.payload = std::move(payload);
  request.fire_key = row.fire_key;
  const auto launched = parts_.launcher.launch(request);
  row.outcome = "LAUNCHED";
  if (now - row.scheduled_for > kLateMs) row.reason = format("{} ms late", now - row.scheduled_for);
  if (launched.has_value()) {
    row.run_id = launched->run_id.text;
    return {};
  }
  const Error& error = launched.error();
  row.reason = format("{} ({})", error.message, error.code);
  if (error.kind == ErrorKind::Unavailable) return error;
  row.outcome = error.code == "WORKFLOW_AT_LIMIT" ? "HELD"
                : error.code == "WORKFLOW_PAUSED" ? "SKIPPED"
                                                  : "FAILED";
  return {};
}

Result<json::Value> Clocks::fire(const ClockFire& fire) {
  const auto workflow = parts_.store.definition(fire.tenant, fire.workflow_id);
  if (!workflow.has_value() && workflow.error().code == "NOT_FOUND")
    return nothing("there is no such workflow");
  TRY_DO(workflow);
  store::FireRow row;
  row.tenant = fire.tenant;
  row.workflow_id = fire.workflow_id;
  row.fire_key = fire_key(fire);
  row.scheduled_for = calendar::parse_instant(fire.scheduled_for).value_or(parts_.clock.now());
  row.workflow_version = workflow->published_version;
  row.fired_at = parts_.clock.now();
  TRY(const auto before, parts_.launcher.launched(fire.tenant, row.fire_key));
  TRY(const definition::ProgramPtr program,
      parts_.definitions.load({fire.tenant, fire.workflow_id, workflow->published_version, ""}));
  if (before) {
    // The process died before it could say so. Its own run does not stand in the fire's way.
    row.outcome = "LAUNCHED";
    row.run_id = before->run_id.text;
  } else if (workflow->archived_at) {
    row.outcome = "SKIPPED";
    row.reason = "the workflow is archived";
  } else if (is_clock(*program)) {
    const auto decided = decide(*workflow, *program->trigger, row.scheduled_for);
    if (!decided.has_value() && decided.error().kind == ErrorKind::Unavailable)
      return decided.error();
    row.reason = decided.has_value() ? decided->reason : decided.error().message;
    row.outcome = !decided.has_value()                    ? "FAILED"
                  : decided->verdict == FireVerdict::Skip ? "SKIPPED"
                                                          : "HELD";
    if (decided.has_value() && decided->verdict == FireVerdict::Launch)
      TRY_DO(launch(*workflow, *program->trigger, row));
  } else {
    row.outcome = "SKIPPED";
    row.reason = "the workflow has no clock any more";
  }
  row.recorded_at = parts_.clock.now();
  TRY_DO(parts_.store.put_fires(std::span(&row, 1)));
  // It can never fire again; what cannot be taken away now has no fires left either.
  if (row.outcome == "LAUNCHED" && is_clock(*program) &&
      std::holds_alternative<ScheduleTrigger>(*program->trigger))
    static_cast<void>(parts_.client.delete_schedule(schedule_id(fire.tenant, fire.workflow_id)));
  json::Object done{{"launched", row.outcome == "LAUNCHED" && row.run_id.has_value()},
                    {"outcome", row.outcome},
                    {"reason", row.reason}};
  if (row.run_id) done["runId"] = *row.run_id;
  return json::Value(std::move(done));
}

Result<std::size_t> Clocks::fire_held() {
  constexpr std::size_t kPerRound = 200;
  TRY(const auto held, parts_.store.held_fires(kPerRound));
  std::set<std::pair<std::string, std::string>> busy;
  std::size_t launched = 0;
  for (const store::FireRow& row : held) {
    const std::pair workflow(row.tenant.text, row.workflow_id.text);
    if (busy.contains(workflow)) continue;
    TRY(const json::Value done,
        fire({row.tenant, row.workflow_id, fire_time_text(row.scheduled_for)}));
    // One at a time, in order.
    busy.insert(workflow);
    if (json::bool_at(done.get_object(), "launched").value_or(false)) ++launched;
  }
  return launched;
}

Result<std::size_t> Clocks::note_missed() {
  TRY(const auto workflows, parts_.store.scheduled_workflows());
  std::size_t noted = 0;
  for (const store::DefinitionRow& workflow : workflows) {
    const auto one = note_missed_of(workflow);
    if (one.has_value()) noted += *one;
  }
  return noted;
}

Result<std::size_t> Clocks::note_missed_of(const store::DefinitionRow& workflow) {
  constexpr std::size_t kLookBack = 50;
  TRY(const definition::ProgramPtr program,
      parts_.definitions.load(
          {workflow.tenant, workflow.workflow_id, workflow.published_version, ""}));
  if (!is_clock(*program) || workflow.archived_at) return std::size_t{0};
  TRY(const store::VersionRow version,
      parts_.store.version(workflow.tenant, workflow.workflow_id, workflow.published_version));
  TRY(const auto fires, parts_.store.fires(workflow.tenant, workflow.workflow_id, kLookBack));
  std::set<TimeMs> known;
  for (const store::FireRow& row : fires) known.insert(row.scheduled_for);
  TimeMs after = version.published_at;
  if (fires.size() == kLookBack) after = std::max(after, fires.back().scheduled_for);
  const TimeMs now = parts_.clock.now();
  const TimeMs missed_before = now - catch_up_of(*program->trigger) - kLateMs;
  const auto& paused_at = workflow.settings.paused_at;
  TRY(const auto expected, preview(workflow.tenant, *program->trigger, after, 2 * kLookBack));
  std::vector<store::FireRow> rows;
  for (const Preview& due : expected) {
    const bool is_paused = paused_at && due.at > *paused_at && due.at < now - kLateMs;
    if (known.contains(due.at) || (due.at > missed_before && !is_paused)) continue;
    store::FireRow row;
    row.tenant = workflow.tenant;
    row.workflow_id = workflow.workflow_id;
    row.fire_key = fire_key({workflow.tenant, workflow.workflow_id, fire_time_text(due.at)});
    row.scheduled_for = due.at;
    row.outcome = is_paused ? "SKIPPED" : "MISSED";
    row.reason =
        is_paused ? "the workflow is paused" : "nothing could fire it within the catch-up time";
    row.workflow_version = workflow.published_version;
    row.recorded_at = now;
    rows.push_back(std::move(row));
  }
  if (!rows.empty()) TRY_DO(parts_.store.put_fires(rows));
  return rows.size();
}

Result<std::vector<Clocks::Preview>> Clocks::preview(const TenantId& tenant,
                                                     const definition::Trigger& trigger,
                                                     TimeMs after, std::size_t count) {
  if (const auto* once = std::get_if<ScheduleTrigger>(&trigger)) {
    std::vector<Preview> one;
    if (once->run_at > after) one.push_back({once->run_at, 0, ""});
    return one;
  }
  const auto* recurring = std::get_if<RecurringTrigger>(&trigger);
  if (recurring == nullptr)
    return make_error(ErrorKind::Invalid, "TRIGGER_NO_CLOCK", "the workflow has no clock");
  const calendar::CronParsed parsed = calendar::parse_cron(recurring->cron);
  if (!parsed.cron)
    return make_error(ErrorKind::Invalid, "TRIGGER_NO_CLOCK",
                      format("`{}` is not a cron expression: {}", recurring->cron, parsed.problem));
  TRY(const auto zone, zone_of(trigger));
  TRY(const HolidayCalendar calendar, calendar_of(tenant, trigger));
  std::vector<Preview> fires;
  for (const TimeMs at : calendar::next_fires(*parsed.cron, *zone, after, count)) {
    fires.push_back(
        {at, zone->offset_ms_at(at), day_refusal(*recurring, at, *zone, calendar).value_or("")});
  }
  return fires;
}

}  // namespace fermata::service
