#include "service/clocks.h"

#include "calendar/instant.h"
#include "foundation/format.h"
#include "service/contract.h"

namespace fermata::service {
namespace {

using definition::RecurringTrigger;
using definition::ScheduleTrigger;

// A fire that could not be made at its time is made up for within this; what is older is missed.
constexpr std::int64_t kCatchUpMs = 24LL * 3'600 * 1'000;

bool is_clock(const definition::Program& program) {
  return program.trigger && !std::holds_alternative<definition::EventTrigger>(*program.trigger);
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
  request.catch_up_window_ms = kCatchUpMs;
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
  for (const store::DefinitionRow& workflow : workflows) {
    TRY_DO(sync_one(workflow));
    TRY_DO(parts_.store.mark_schedule(workflow.tenant, workflow.workflow_id,
                                      workflow.published_version));
  }
  return workflows.size();
}

Result<void> Clocks::sync_one(const store::DefinitionRow& workflow) {
  TRY(const definition::ProgramPtr program,
      parts_.definitions.load(
          {workflow.tenant, workflow.workflow_id, workflow.published_version, ""}));
  if (!is_clock(*program)) {
    const auto gone =
        parts_.client.delete_schedule(schedule_id(workflow.tenant, workflow.workflow_id));
    return gone.has_value() || gone.error().code == "TEMPORAL_NOT_FOUND" ? Result<void>() : gone;
  }
  const temporal::ScheduleRequest request = request_for(workflow, *program);
  const auto made = parts_.client.create_schedule(request);
  if (made.has_value() || made.error().code != "TEMPORAL_ALREADY_EXISTS") return made;
  return parts_.client.update_schedule(request);
}

Result<json::Value> Clocks::fire(const ClockFire& fire) {
  const auto workflow = parts_.store.definition(fire.tenant, fire.workflow_id);
  if (!workflow.has_value() && workflow.error().code == "NOT_FOUND")
    return nothing("there is no such workflow");
  TRY_DO(workflow);
  TRY(const definition::ProgramPtr program,
      parts_.definitions.load({fire.tenant, fire.workflow_id, workflow->published_version, ""}));
  if (!is_clock(*program)) return nothing("the workflow has no clock any more");
  const auto* recurring = std::get_if<RecurringTrigger>(&*program->trigger);
  const std::string type = recurring != nullptr ? "recurring" : "schedule";
  const std::string schedule = schedule_id(fire.tenant, fire.workflow_id);
  json::Object payload{{"triggerType", type},
                       {"scheduleId", schedule},
                       {"scheduledFor", fire.scheduled_for},
                       {"firedAt", calendar::format_instant(parts_.clock.now())},
                       {"timezone", recurring != nullptr ? recurring->timezone : "UTC"},
                       {"workflowId", fire.workflow_id.text},
                       {"workflowVersion", workflow->published_version}};
  if (recurring != nullptr) payload["cron"] = recurring->cron;
  LaunchRequest request;
  request.tenant = fire.tenant;
  request.workflow_id = fire.workflow_id;
  request.version = workflow->published_version;
  request.trigger_type = type;
  request.trigger_metadata = payload;
  request.payload = std::move(payload);
  request.fire_key = format("clock:{}:{}", schedule, fire.scheduled_for);
  const auto launched = parts_.launcher.launch(request);
  if (!launched.has_value() && launched.error().code == "STORE_CONFLICT")
    return nothing("this fire has launched before");
  TRY_DO(launched);
  return json::Value(json::Object{{"launched", true}, {"runId", launched->run_id.text}});
}

}  // namespace fermata::service
