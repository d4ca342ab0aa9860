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

constexpr std::int64_t kCatchUpMs = 24LL * 3'600 * 1'000;
// One that comes once comes however late: as long as Temporal keeps it.
constexpr std::int64_t kOnceCatchUpMs = 365 * kCatchUpMs;

Result<std::shared_ptr<const calendar::ZoneRules>> zone_of(const definition::Trigger& trigger) {
  const auto* recurring = std::get_if<RecurringTrigger>(&trigger);
  if (recurring != nullptr) return system_zone(recurring->timezone);
  return std::shared_ptr<const calendar::ZoneRules>(std::make_shared<calendar::FixedZone>(0));
}

// Schedules know whole seconds.
TimeMs once_at(const ScheduleTrigger& trigger) {
  return trigger.run_at - trigger.run_at % 1'000;
}

temporal::ScheduleRequest request_for(const store::DefinitionRow& workflow,
                                      const definition::Program& program) {
  temporal::ScheduleRequest request;
  request.schedule_id = schedule_id(workflow.tenant, workflow.workflow_id);
  if (const auto* recurring = std::get_if<RecurringTrigger>(&*program.trigger)) {
    request.cron = {recurring->cron};
    request.time_zone = recurring->timezone;
  } else {
    request.once_at = once_at(std::get<ScheduleTrigger>(*program.trigger));
  }
  request.workflow_id = "workflow-runtime-v2:fire:" + request.schedule_id;
  request.workflow_type = kFireWorkflow;
  request.task_queue = kTaskQueue;
  request.input = {
      temporal::to_payload(ClockFire{workflow.tenant, workflow.workflow_id, ""}.to_json())};
  request.overlap = temporal::Overlap::AllowAll;
  request.catch_up_window_ms = catch_up_ms(*program.trigger);
  request.is_paused = workflow.settings.paused_at.has_value();
  request.note =
      format("workflow `{}` version {}", workflow.workflow_id.text, workflow.published_version);
  return request;
}

Result<void> remove_schedule(const temporal::Client& client, const store::DefinitionRow& workflow) {
  const auto gone = client.delete_schedule(schedule_id(workflow.tenant, workflow.workflow_id));
  return gone.has_value() || gone.error().code == "TEMPORAL_NOT_FOUND" ? Result<void>() : gone;
}

// Nothing that comes later changes it: what is held, was missed or failed without a run may still
// be launched.
bool is_settled(const store::FireRow& row) {
  return row.outcome == "LAUNCHED" || row.outcome == "SKIPPED" ||
         (row.outcome == "FAILED" && row.run_id);
}

std::string said(const Error& error) {
  return format("{} ({})", error.message, error.code);
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

bool has_clock(const definition::Program& program) {
  return program.trigger && !std::holds_alternative<definition::EventTrigger>(*program.trigger);
}

std::int64_t catch_up_ms(const definition::Trigger& trigger) {
  const auto* recurring = std::get_if<RecurringTrigger>(&trigger);
  return recurring != nullptr ? recurring->catch_up_ms.value_or(kCatchUpMs) : kOnceCatchUpMs;
}

std::string fire_time_text(TimeMs at) {
  std::string text = calendar::format_instant(at);
  constexpr std::string_view kNoMilliseconds = ".000Z";
  if (text.ends_with(kNoMilliseconds)) text.replace(text.size() - kNoMilliseconds.size(), 5, "Z");
  return text;
}

std::string fire_key(const ClockFire& fire) {
  return format("clock:{}:{}", schedule_id(fire.tenant, fire.workflow_id), fire.scheduled_for);
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
  if (!has_clock(*program) || workflow.archived_at) return remove_schedule(parts_.client, workflow);
  const temporal::ScheduleRequest request = request_for(workflow, *program);
  if (request.once_at && *request.once_at <= parts_.clock.now())
    return sync_once(workflow, request);
  const auto made = parts_.client.create_schedule(request);
  if (made.has_value() || made.error().code != "TEMPORAL_ALREADY_EXISTS") return made;
  return parts_.client.update_schedule(request);
}

// Its time came before its schedule could be made: nothing in Temporal would ever fire it.
Result<void> Clocks::sync_once(const store::DefinitionRow& workflow,
                               const temporal::ScheduleRequest& request) {
  TRY_DO(remove_schedule(parts_.client, workflow));
  const ClockFire due{workflow.tenant, workflow.workflow_id, fire_time_text(*request.once_at)};
  TRY(const store::VersionRow version,
      parts_.store.version(workflow.tenant, workflow.workflow_id, workflow.published_version));
  if (*request.once_at > counts_since(version)) {
    TRY(const json::Value fired, fire(due));
    return {};
  }
  store::FireRow row = unmade(workflow, *request.once_at);
  row.outcome = "MISSED";
  row.reason = "its time was over when the workflow came here";
  return parts_.store.put_fires(std::span(&row, 1));
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
  row.reason = said(error);
  if (error.kind == ErrorKind::Unavailable) return error;
  row.outcome = error.code == "WORKFLOW_AT_LIMIT" ? "HELD"
                : error.code == "WORKFLOW_PAUSED" ? "SKIPPED"
                                                  : "FAILED";
  // Refused by Temporal: then its run is there, and has failed.
  TRY(const auto refused, parts_.launcher.launched(row.tenant, row.fire_key));
  if (refused) row.run_id = refused->run_id.text;
  return {};
}

Result<json::Value> Clocks::fire(const ClockFire& fire) {
  const auto made = fire_as(fire, Patience::UntilCaughtUp);
  if (!made.has_value() && made.error().code == "NOT_FOUND") {
    // Deleted while its schedule was being made.
    static_cast<void>(parts_.client.delete_schedule(schedule_id(fire.tenant, fire.workflow_id)));
    return nothing("there is no such workflow");
  }
  TRY_DO(made);
  json::Object done{{"launched", made->outcome == "LAUNCHED" && made->run_id.has_value()},
                    {"outcome", made->outcome},
                    {"reason", made->reason}};
  if (made->run_id) done["runId"] = *made->run_id;
  return json::Value(std::move(done));
}

Result<store::FireRow> Clocks::fire_as(const ClockFire& fire, Patience patience) {
  TRY(const store::DefinitionRow workflow, parts_.store.definition(fire.tenant, fire.workflow_id));
  const auto program =
      parts_.definitions.load({fire.tenant, fire.workflow_id, workflow.published_version, ""});
  if (!program.has_value() && program.error().kind == ErrorKind::Unavailable)
    return program.error();
  TRY(const auto before, parts_.store.fire(fire.tenant, fire_key(fire)));
  const bool is_done = before && is_settled(*before);
  store::FireRow row = is_done ? *before : store::FireRow();
  if (!is_done) {
    row = unmade(workflow, calendar::parse_instant(fire.scheduled_for).value_or(0));
    row.fire_key = fire_key(fire);
    row.fired_at = parts_.clock.now();
    if (row.scheduled_for == 0) row.scheduled_for = *row.fired_at;
    TRY_DO(settle(workflow, program, patience, row));
    if (!before || before->outcome != row.outcome || before->reason != row.reason)
      TRY_DO(parts_.store.put_fires(std::span(&row, 1)));
  }
  // It can never fire again; what cannot be taken away now has no fires left either.
  const auto* once = program.has_value() && has_clock(**program)
                         ? std::get_if<ScheduleTrigger>(&*(*program)->trigger)
                         : nullptr;
  if (row.outcome != "HELD" && once != nullptr && once_at(*once) == row.scheduled_for)
    static_cast<void>(parts_.client.delete_schedule(schedule_id(fire.tenant, fire.workflow_id)));
  return row;
}

Result<void> Clocks::take_run(const Launched& launched, store::FireRow& row) {
  row.outcome = "LAUNCHED";
  row.run_id = launched.run_id.text;
  if (launched.is_started) return {};
  TRY(const store::RunView view, parts_.store.run(row.tenant, launched.run_id));
  if (view.run.status != "FAILED") return {};
  row.outcome = "FAILED";
  if (view.run.error && view.run.error->is_object())
    row.reason = json::string_at(view.run.error->get_object(), "message").value_or("");
  return {};
}

Result<void> Clocks::settle(const store::DefinitionRow& workflow,
                            const Result<definition::ProgramPtr>& program, Patience patience,
                            store::FireRow& row) {
  // Launched, and the process died before it could write that down.
  TRY(const auto launched, parts_.launcher.launched(row.tenant, row.fire_key));
  if (launched) return take_run(*launched, row);
  const std::int64_t late_ms = *row.fired_at - row.scheduled_for;
  if (workflow.archived_at) {
    row.outcome = "SKIPPED";
    row.reason = "the workflow is archived";
  } else if (!program.has_value()) {
    row.outcome = "FAILED";
    row.reason = said(program.error());
  } else if (!has_clock(**program)) {
    row.outcome = "SKIPPED";
    row.reason = "the workflow has no clock any more";
  } else if (patience == Patience::UntilCaughtUp &&
             late_ms > catch_up_ms(*(*program)->trigger) + kLateMs) {
    row.outcome = "MISSED";
    row.reason = format("it came {} ms late, after its catch-up time", late_ms);
  } else {
    return follow(workflow, *(*program)->trigger, row);
  }
  return {};
}

Result<void> Clocks::follow(const store::DefinitionRow& workflow,
                            const definition::Trigger& trigger, store::FireRow& row) {
  const auto decided = decide(workflow, trigger, row.scheduled_for);
  if (!decided.has_value() && decided.error().kind == ErrorKind::Unavailable)
    return decided.error();
  row.reason = decided.has_value() ? decided->reason : said(decided.error());
  row.outcome = !decided.has_value()                    ? "FAILED"
                : decided->verdict == FireVerdict::Skip ? "SKIPPED"
                                                        : "HELD";
  if (!decided.has_value() || decided->verdict != FireVerdict::Launch) return {};
  return launch(workflow, trigger, row);
}

Result<std::size_t> Clocks::fire_held() {
  constexpr std::size_t kPerRound = 200;
  TRY(const auto held, parts_.store.held_fires(kPerRound));
  std::set<std::pair<std::string, std::string>> busy;
  std::size_t launched = 0;
  for (const store::FireRow& row : held) {
    const std::pair workflow(row.tenant.text, row.workflow_id.text);
    if (busy.contains(workflow)) continue;
    const auto done = fire_as({row.tenant, row.workflow_id, fire_time_text(row.scheduled_for)},
                              Patience::Endless);
    if (!done.has_value() && done.error().kind == ErrorKind::Unavailable) return done.error();
    // One at a time, in order.
    busy.insert(workflow);
    if (done.has_value() && done->outcome == "LAUNCHED") ++launched;
  }
  return launched;
}

Result<std::vector<Clocks::Preview>> Clocks::preview(const TenantId& tenant,
                                                     const definition::Trigger& trigger,
                                                     const Window& window) {
  std::vector<Preview> fires;
  if (const auto* once = std::get_if<ScheduleTrigger>(&trigger)) {
    const TimeMs at = once_at(*once);
    if (at > window.after && at <= window.until) fires.push_back({at, 0, ""});
    return fires;
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
  TimeMs after = window.after;
  while (fires.size() < window.count) {
    const auto at = calendar::next_fire(*parsed.cron, *zone, after);
    if (!at || *at > window.until) break;
    fires.push_back(
        {*at, zone->offset_ms_at(*at), day_refusal(*recurring, *at, *zone, calendar).value_or("")});
    after = *at;
  }
  return fires;
}

}  // namespace fermata::service
