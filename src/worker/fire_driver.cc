#include "worker/fire_driver.h"

#include "service/clocks.h"
#include "worker/translate.h"

namespace fermata::worker {
namespace {

// "…-2026-11-21T09:00:00Z": the server appends the time that the schedule meant.
std::string scheduled_time(const std::string& workflow_id) {
  constexpr std::size_t kLength = std::string_view("2026-11-21T09:00:00Z").size();
  return workflow_id.size() <= kLength ? "" : workflow_id.substr(workflow_id.size() - kLength);
}

temporal::Command launch(const temporal::InitializeWorkflow& job) {
  json::Value argument = nullptr;
  if (!job.arguments.empty()) {
    auto read = temporal::to_json(job.arguments.front());
    if (read.has_value()) argument = *std::move(read);
  }
  if (argument.is_object()) argument.get_object()["scheduledFor"] = scheduled_time(job.workflow_id);
  temporal::ScheduleActivity activity;
  activity.seq = 1;
  activity.activity_id = "1";
  activity.activity_type = service::kFireActivity;
  activity.task_queue = service::kTaskQueue;
  activity.arguments = {temporal::to_payload(argument)};
  activity.start_to_close_timeout_ms = 60'000;
  activity.retry = until_it_works();
  return activity;
}

temporal::Command end(const temporal::ResolveActivity& job) {
  if (const auto* done = std::get_if<temporal::ActivityCompleted>(&job.outcome))
    return temporal::CompleteWorkflow{done->result};
  if (const auto* failed = std::get_if<temporal::ActivityFailed>(&job.outcome))
    return temporal::FailWorkflow{failed->failure};
  return temporal::CancelExecution{};
}

}  // namespace

Driven FireDriver::handle(const temporal::Activation& activation) {
  // The task waits for a worker that has the key.
  if (!activation.missing_key.empty()) {
    Driven waiting;
    waiting.completion.run_id = activation.run_id;
    waiting.completion.status =
        temporal::TaskFailure{plain_failure(temporal::sealed_error(activation.missing_key))};
    return waiting;
  }
  std::vector<temporal::Command> commands;
  for (const temporal::Job& job : activation.jobs) {
    if (const auto* start = std::get_if<temporal::InitializeWorkflow>(&job)) {
      commands.push_back(launch(*start));
    } else if (const auto* resolved = std::get_if<temporal::ResolveActivity>(&job)) {
      commands.push_back(end(*resolved));
    } else if (std::holds_alternative<temporal::CancelWorkflow>(job)) {
      commands.emplace_back(temporal::RequestCancelActivity{1});
    }
  }
  Driven driven;
  driven.completion = {activation.run_id, std::move(commands)};
  return driven;
}

}  // namespace fermata::worker
