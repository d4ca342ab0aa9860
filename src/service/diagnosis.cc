#include "service/diagnosis.h"

#include <algorithm>

#include "calendar/instant.h"
#include "foundation/format.h"
#include "service/contract.h"
#include "service/explain.h"
#include "store/run_views.h"

namespace fermata::service {
namespace {

// Temporal lists who polled lately; a poll lasts a minute.
constexpr std::int64_t kPollMs = 90'000;

DiagnosisFinding wait_finding(const projection::WaitRow& wait) {
  struct Kind {
    std::string_view type;
    std::string_view code;
    std::string_view help;
  };
  constexpr Kind kKinds[] = {{"event", "WAITS_FOR_EVENT", "send the event, or cancel the run"},
                             {"human", "WAITS_FOR_PERSON", "answer the task"},
                             {"retry", "WAITS_FOR_RETRY", ""}};
  const auto* kind = std::ranges::find(kKinds, wait.wait_type, &Kind::type);
  const bool is_time = kind == std::end(kKinds);
  return {std::string(is_time ? "WAITS_FOR_TIME" : kind->code),
          format("{} waits for {}", wait.step_path, what_wakes(wait)),
          std::string(is_time ? "" : kind->help)};
}

}  // namespace

Result<RunDiagnosis> Diagnosis::diagnose(const TenantId& tenant, const RunId& run) {
  TRY(const store::RunView view, store_.run(tenant, run));
  RunDiagnosis made;
  made.status = view.run.status;
  TRY(made.last_change, last_change(view));
  if (view.run.completed_at) {
    made.findings.push_back({"ENDED", format("the run is {}", view.run.status), ""});
    return made;
  }
  if (view.run.status == "PAUSED") {
    made.findings.push_back({"PAUSED", "an operator paused the run", "resume it"});
    return made;
  }
  TRY_DO(explain_waits(view, made));
  TRY_DO(explain_children(view, made));
  if (made.findings.empty() && clock_.now() - made.last_change >= kQuietMs)
    explain_silence(view, made);
  if (made.findings.empty()) explain_sealed(view, made);
  if (made.findings.empty())
    made.findings.push_back({"MOVING", "the run made progress within the last minute", ""});
  return made;
}

// Of the last minute exactly; of a time before it, when the run or its current step began.
Result<TimeMs> Diagnosis::last_change(const store::RunView& view) {
  const TenantId& tenant = view.launch.tenant;
  const RunId& run = view.launch.run_id;
  const TimeMs now = clock_.now();
  TimeMs last = view.run.updated_at;
  const auto take = [&](const projection::StepRow& row) {
    last = std::max({last, row.started_at, row.completed_at.value_or(0)});
  };
  TRY(const auto current, store_.views().current_step(tenant, run));
  if (current) take(*current);
  TRY(const auto recent,
      store_.views().timeline(tenant, run, {.from = now - kQuietMs, .to = now + 1, .columns = 1}));
  for (const projection::StepRow& row : recent.rows) take(row);
  for (const store::TimelineBucket& bucket : recent.buckets) last = std::max(last, bucket.to);
  return std::min(last, now);
}

Result<void> Diagnosis::explain_waits(const store::RunView& view, RunDiagnosis& made) {
  if (view.run.status != "WAITING") return {};
  store::RunViews& views = store_.views();
  TRY(const auto waits, views.open_waits(view.launch.tenant, view.launch.run_id));
  for (const projection::WaitRow& wait : waits) {
    const bool is_overdue = wait.timeout_at && clock_.now() - *wait.timeout_at >= kQuietMs;
    made.findings.push_back(wait_finding(wait));
    if (!is_overdue) continue;
    made.findings.push_back(
        {"WAIT_OVERDUE",
         format("its time was over at {}", calendar::format_instant(*wait.timeout_at)), ""});
    explain_silence(view, made);
  }
  return {};
}

Result<void> Diagnosis::explain_children(const store::RunView& view, RunDiagnosis& made) {
  store::RunFilter below;
  below.parent_run_id = view.launch.run_id.text;
  below.statuses = {"RUNNING", "WAITING", "PAUSED"};
  below.limit = 10;
  TRY(const auto children, store_.views().runs(view.launch.tenant, below));
  for (const store::RunView& child : children) {
    made.findings.push_back(
        {"WAITS_FOR_CHILD",
         format("child run `{}` is {}", child.launch.run_id.text, child.run.status),
         "ask for the child's diagnosis"});
  }
  return {};
}

void Diagnosis::explain_silence(const store::RunView& view, RunDiagnosis& made) {
  made.is_stuck = true;
  const std::size_t before = made.findings.size();
  const auto described = explain_execution(view, made);
  if (!described) return;
  explain_queue(made);
  if (made.findings.size() > before) return;
  if (described->has_pending_workflow_task) {
    made.findings.push_back({"TASK_UNDER_WAY", "a worker has the run's task and works on it",
                             "wait for it, or cancel the run"});
    return;
  }
  made.findings.push_back({"UNEXPLAINED", "workers poll the queue and Temporal reports no failure",
                           "look into the workers' logs for the run's id"});
}

// Asked for at once: it does not mend itself.
void Diagnosis::explain_sealed(const store::RunView& view, RunDiagnosis& made) {
  const auto described = client_.describe({view.launch.temporal_workflow_id, ""});
  if (described.has_value()) explain_sealed(*described, made);
}

void Diagnosis::explain_sealed(const temporal::WorkflowDescription& described, RunDiagnosis& made) {
  bool is_sealed = std::ranges::any_of(described.failing_activities, [](const auto& activity) {
    return activity.failure_type == kSealedFailure;
  });
  // One on another worker's queue waits for its next try by a timer of the run.
  if (!is_sealed && described.pending_activities == 0) {
    const auto failure = client_.last_activity_failure(described.ref);
    is_sealed = failure.has_value() && *failure == kSealedFailure;
  }
  if (!is_sealed) return;
  made.findings.push_back({"ACTION_SEALED",
                           "a worker without the payload key took an action and could not read it",
                           "start every worker of the action's queue with the key; the action is "
                           "tried again by itself"});
}

// Nothing when that explains it all.
std::optional<temporal::WorkflowDescription> Diagnosis::explain_execution(
    const store::RunView& view, RunDiagnosis& made) {
  const auto described = client_.describe({view.launch.temporal_workflow_id, ""});
  if (!described.has_value()) {
    const Error& error = described.error();
    if (error.code != "TEMPORAL_NOT_FOUND") {
      made.findings.push_back({"TEMPORAL_AWAY", error.message, "see that Temporal is running"});
    } else if (!view.launch.temporal_run_id) {
      made.findings.push_back({"NOT_STARTED", "the run was launched and Temporal never got it",
                               "it is started by itself once Temporal takes it"});
    } else {
      made.findings.push_back({"HISTORY_GONE", "Temporal does not know the run any more",
                               "launch it again by a replay"});
    }
    return std::nullopt;
  }
  if (described->status != temporal::WorkflowStatus::Running &&
      described->status != temporal::WorkflowStatus::ContinuedAsNew) {
    made.findings.push_back(
        {"ROWS_LAG", "the run has ended in Temporal and its rows do not say so yet",
         format("the worker mends it; at once: `fermata rebuild {}`", view.launch.run_id.text)});
    return std::nullopt;
  }
  if (described->workflow_task_attempt > 1) {
    made.findings.push_back(
        {"TASK_FAILING",
         format("the run's next step fails inside the worker, attempt {}",
                described->workflow_task_attempt),
         "look into the workers' logs for the run's id; a corrected worker goes on by itself"});
  }
  explain_sealed(*described, made);
  if (described->pending_activities > 0) {
    made.findings.push_back({"ACTION_UNDER_WAY",
                             format("{} long actions are under way", described->pending_activities),
                             "wait for them, or cancel the run"});
  }
  return *described;
}

void Diagnosis::explain_queue(RunDiagnosis& made) {
  const auto queue = client_.describe_task_queue(std::string(kTaskQueue));
  if (!queue.has_value()) {
    made.findings.push_back(
        {"TEMPORAL_AWAY", queue.error().message, "see that Temporal is running"});
    return;
  }
  const auto is_there = [&](const temporal::Poller& poller) {
    return clock_.now() - poller.last_access < kPollMs;
  };
  if (std::ranges::none_of(queue->workflow_pollers, is_there)) {
    made.findings.push_back({"NO_POLLER", format("no worker asks queue `{}` for work", kTaskQueue),
                             "start `fermata worker`"});
  }
  if (queue->backlog > 0) {
    made.findings.push_back({"BACKLOG",
                             format("{} tasks wait on queue `{}`", queue->backlog, kTaskQueue),
                             "start more workers"});
  }
}

}  // namespace fermata::service
