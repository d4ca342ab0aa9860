// Schedules.
#include "foundation/format.h"
#include "temporal/api/workflowservice/v1/request_response.pb.h"
#include "temporal/client_support.h"

namespace fermata::temporal {
namespace {

namespace api = ::temporal::api::workflowservice::v1;
namespace enums = ::temporal::api::enums::v1;
using ::temporal::api::schedule::v1::Schedule;

enums::ScheduleOverlapPolicy to_proto(Overlap overlap) {
  switch (overlap) {
    case Overlap::Skip:
      return enums::SCHEDULE_OVERLAP_POLICY_SKIP;
    case Overlap::BufferOne:
      return enums::SCHEDULE_OVERLAP_POLICY_BUFFER_ONE;
    case Overlap::BufferAll:
      return enums::SCHEDULE_OVERLAP_POLICY_BUFFER_ALL;
    case Overlap::CancelOther:
      return enums::SCHEDULE_OVERLAP_POLICY_CANCEL_OTHER;
    case Overlap::TerminateOther:
      return enums::SCHEDULE_OVERLAP_POLICY_TERMINATE_OTHER;
    case Overlap::AllowAll:
      return enums::SCHEDULE_OVERLAP_POLICY_ALLOW_ALL;
  }
  return enums::SCHEDULE_OVERLAP_POLICY_ALLOW_ALL;
}

template <typename Range>
void set_range(Range* range, int value) {
  range->set_start(value);
  range->set_end(value);
}

// One instant as a calendar entry that matches once.
void set_once(::temporal::api::schedule::v1::ScheduleSpec* spec, TimeMs at) {
  const std::int64_t seconds = at / 1'000;
  const std::int64_t days = seconds / 86'400;
  const int in_day = static_cast<int>(seconds % 86'400);
  // Howard Hinnant's civil_from_days, for dates after 1970 (public domain algorithm).
  const std::int64_t z = days + 719'468;
  const std::int64_t era = z / 146'097;
  const int day_of_era = static_cast<int>(z - era * 146'097);
  const int year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int shifted = (5 * day_of_year + 2) / 153;
  const int day = day_of_year - (153 * shifted + 2) / 5 + 1;
  const int month = shifted < 10 ? shifted + 3 : shifted - 9;
  const int year = static_cast<int>(era * 400) + year_of_era + (month <= 2 ? 1 : 0);
  auto* calendar = spec->add_structured_calendar();
  set_range(calendar->add_second(), in_day % 60);
  set_range(calendar->add_minute(), in_day / 60 % 60);
  set_range(calendar->add_hour(), in_day / 3'600);
  set_range(calendar->add_day_of_month(), day);
  set_range(calendar->add_month(), month);
  set_range(calendar->add_year(), year);
  auto* every_day = calendar->add_day_of_week();
  every_day->set_start(0);
  every_day->set_end(6);
}

void fill(Schedule* to, const ScheduleRequest& from, const PayloadCodec* codec) {
  for (const std::string& cron : from.cron) to->mutable_spec()->add_cron_string(cron);
  to->mutable_spec()->set_timezone_name(from.time_zone);
  if (from.once_at) {
    set_once(to->mutable_spec(), *from.once_at);
    to->mutable_state()->set_limited_actions(true);
    to->mutable_state()->set_remaining_actions(1);
  }
  auto* start = to->mutable_action()->mutable_start_workflow();
  start->set_workflow_id(from.workflow_id);
  start->mutable_workflow_type()->set_name(from.workflow_type);
  start->mutable_task_queue()->set_name(from.task_queue);
  encode::set_payloads(start->mutable_input()->mutable_payloads(), sealed(codec, from.input));
  if (from.task_timeout_ms > 0)
    encode::set_duration(start->mutable_workflow_task_timeout(), from.task_timeout_ms);
  to->mutable_policies()->set_overlap_policy(to_proto(from.overlap));
  encode::set_duration(to->mutable_policies()->mutable_catchup_window(), from.catch_up_window_ms);
  to->mutable_state()->set_paused(from.is_paused);
  to->mutable_state()->set_notes(from.note);
}

api::PatchScheduleRequest patch_of(const Client& client, const std::string& id) {
  api::PatchScheduleRequest to;
  to.set_namespace_(client.options().target_namespace);
  to.set_schedule_id(id);
  to.set_identity(client.options().identity);
  to.set_request_id(new_request_id());
  return to;
}

}  // namespace

Result<void> Client::create_schedule(const ScheduleRequest& request) const {
  api::CreateScheduleRequest to;
  to.set_namespace_(options().target_namespace);
  to.set_schedule_id(request.schedule_id);
  to.set_identity(options().identity);
  to.set_request_id(new_request_id());
  fill(to.mutable_schedule(), request, codec());
  return send_only<api::CreateScheduleResponse>(*this, "CreateSchedule", to);
}

Result<void> Client::update_schedule(const ScheduleRequest& request) const {
  api::UpdateScheduleRequest to;
  to.set_namespace_(options().target_namespace);
  to.set_schedule_id(request.schedule_id);
  to.set_identity(options().identity);
  to.set_request_id(new_request_id());
  fill(to.mutable_schedule(), request, codec());
  return send_only<api::UpdateScheduleResponse>(*this, "UpdateSchedule", to);
}

Result<ScheduleDescription> Client::describe_schedule(const std::string& id) const {
  api::DescribeScheduleRequest to;
  to.set_namespace_(options().target_namespace);
  to.set_schedule_id(id);
  TRY(const auto answer, send<api::DescribeScheduleResponse>(*this, "DescribeSchedule", to));
  ScheduleDescription description;
  description.is_paused = answer.schedule().state().paused();
  description.note = answer.schedule().state().notes();
  for (const auto& time : answer.info().future_action_times()) {
    description.next_fires.push_back(encode::from_proto(time));
  }
  description.fires = answer.info().action_count();
  description.missed = answer.info().missed_catchup_window();
  return description;
}

Result<void> Client::pause_schedule(const std::string& id, std::string_view note) const {
  auto to = patch_of(*this, id);
  to.mutable_patch()->set_pause(note.empty() ? "paused" : std::string(note));
  return send_only<api::PatchScheduleResponse>(*this, "PatchSchedule", to);
}

Result<void> Client::unpause_schedule(const std::string& id, std::string_view note) const {
  auto to = patch_of(*this, id);
  to.mutable_patch()->set_unpause(note.empty() ? "resumed" : std::string(note));
  return send_only<api::PatchScheduleResponse>(*this, "PatchSchedule", to);
}

Result<void> Client::trigger_schedule(const std::string& id) const {
  auto to = patch_of(*this, id);
  to.mutable_patch()->mutable_trigger_immediately()->set_overlap_policy(
      enums::SCHEDULE_OVERLAP_POLICY_ALLOW_ALL);
  return send_only<api::PatchScheduleResponse>(*this, "PatchSchedule", to);
}

Result<void> Client::delete_schedule(const std::string& id) const {
  api::DeleteScheduleRequest to;
  to.set_namespace_(options().target_namespace);
  to.set_schedule_id(id);
  to.set_identity(options().identity);
  return send_only<api::DeleteScheduleResponse>(*this, "DeleteSchedule", to);
}

}  // namespace fermata::temporal
