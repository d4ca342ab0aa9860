#include "service/housekeeping.h"

#include <algorithm>

#include "foundation/format.h"
#include "service/run_policy.h"
#include "store/audit_log.h"
#include "store/retention.h"

namespace fermata::service {
namespace {

constexpr std::int64_t kDayMs = 24LL * 3'600 * 1'000;
constexpr std::chrono::milliseconds kRest(2'000);
// While there is more to delete it goes on after a rest; else this long.
constexpr std::int64_t kDeletePeriodMs = 60'000;
// Of a workflow's ended runs no more than this many count, the newest.
constexpr std::int64_t kCountedMax = 1'000;

}  // namespace

Result<void> Housekeeping::note(const TenantId& tenant, const std::string& action,
                                const std::string& target, const std::string& reason) {
  store::AuditRow row;
  row.tenant = tenant;
  row.audit_id = parts_.random.uuid();
  row.actor = "fermata";
  row.action = action;
  row.target_type = target.empty() ? "retention" : "workflows";
  row.target_id = target;
  row.reason = reason;
  row.outcome = "DONE";
  row.at = parts_.clock.now();
  return parts_.store.audit().begin(row);
}

Result<bool> Housekeeping::pause_when_failing(const TenantId& tenant, const WorkflowId& workflow) {
  TRY(const store::DefinitionRow row, parts_.store.definition(tenant, workflow));
  const RunPolicy policy = RunPolicy::from_json(row.settings.policy);
  if (row.settings.paused_at || !policy.auto_pause) return false;
  const auto newest =
      static_cast<std::size_t>(std::clamp(policy.runs_min, std::int64_t{1}, kCountedMax));
  TRY(const auto counts,
      parts_.store.retention().endings(tenant, workflow, policy.counts_from, newest));
  const auto count = [&](const std::string& status) {
    const auto found = counts.find(status);
    return found == counts.end() ? 0 : found->second;
  };
  const Endings endings{count("SUCCEEDED"), count("FAILED")};
  if (!must_pause(policy, endings)) return false;
  TRY_DO(note(tenant, "workflows.auto-pause", workflow.text,
              format("{} of the newest {} runs that ended failed", endings.failed,
                     endings.failed + endings.succeeded)));
  store::WorkflowSettings settings = row.settings;
  settings.paused_at = parts_.clock.now();
  TRY_DO(parts_.store.put_settings(tenant, workflow, settings));
  parts_.log.warn("workflow paused, too many of its runs failed",
                  {{"workflow_id", workflow.text}, {"tenant", tenant.text}});
  return true;
}

Result<std::size_t> Housekeeping::pause_failing() {
  TRY(const auto policies, parts_.store.retention().policies());
  std::size_t paused = 0;
  for (const store::PolicyRow& row : policies) {
    if (!RunPolicy::from_json(row.policy).auto_pause) continue;
    TRY(const bool is_paused, pause_when_failing(row.tenant, row.workflow));
    if (is_paused) ++paused;
  }
  return paused;
}

Result<std::size_t> Housekeeping::delete_old() {
  store::Retention& retention = parts_.store.retention();
  TRY(const auto tenants, retention.rows());
  TRY(const auto policies, retention.policies());
  const TimeMs now = parts_.clock.now();
  std::map<TenantId, store::RetentionRow> asked;
  for (const store::RetentionRow& row : tenants) asked[row.tenant] = row;
  std::map<TenantId, std::vector<store::EndedRuns>> own;
  for (const store::PolicyRow& row : policies) {
    const auto days = RunPolicy::from_json(row.policy).retention_days;
    if (!days) continue;
    asked[row.tenant].tenant = row.tenant;
    own[row.tenant].push_back(
        {row.tenant, row.workflow.text, {}, now - *days * kDayMs, kDeletedPerRound});
  }
  std::size_t deleted = 0;
  for (const auto& [tenant, row] : asked) {
    std::vector<store::EndedRuns> which = own[tenant];
    if (row.runs) {
      store::EndedRuns others{tenant, std::nullopt, {}, now - *row.runs * kDayMs, kDeletedPerRound};
      for (const store::EndedRuns& one : which) others.except_workflows.push_back(*one.workflow);
      which.push_back(std::move(others));
    }
    TRY(const std::size_t gone, delete_of(row, which));
    deleted += gone;
  }
  return deleted;
}

Result<std::size_t> Housekeeping::delete_of(const store::RetentionRow& row,
                                            const std::vector<store::EndedRuns>& which) {
  store::Retention& retention = parts_.store.retention();
  const auto before = [&](std::int64_t days) { return parts_.clock.now() - days * kDayMs; };
  std::int64_t runs = 0;
  for (const store::EndedRuns& some : which) {
    TRY(const auto ids, retention.ended_runs(some));
    for (const RunId& run : ids) TRY_DO(retention.remove_run(row.tenant, run));
    runs += static_cast<std::int64_t>(ids.size());
  }
  std::int64_t calls = 0;
  if (row.invocations) {
    TRY(calls,
        retention.remove_invocations(row.tenant, before(*row.invocations), kDeletedPerRound));
  }
  std::int64_t events = 0;
  if (row.events) {
    TRY(events, retention.remove_events(row.tenant, before(*row.events), kDeletedPerRound));
  }
  std::int64_t keys = 0;
  if (row.keys) {
    TRY(keys, retention.remove_keys(row.tenant, before(*row.keys), kDeletedPerRound));
  }
  std::int64_t audit = 0;
  if (row.audit) {
    TRY(audit, retention.remove_audit(row.tenant, before(*row.audit), kDeletedPerRound));
  }
  const std::int64_t all = runs + calls + keys + events + audit;
  if (all == 0) return std::size_t{0};
  TRY_DO(note(row.tenant, "retention.delete", "",
              format("{} runs, {} invocations, {} keys, {} events, {} audit entries", runs, calls,
                     keys, events, audit)));
  return static_cast<std::size_t>(all);
}

Result<std::optional<TimeMs>> expiry_of(store::Store& store, const store::RunView& run) {
  if (!run.run.completed_at) return std::optional<TimeMs>();
  std::optional<std::int64_t> days;
  const auto workflow = store.definition(run.launch.tenant, run.launch.workflow_id);
  if (workflow.has_value()) {
    days = RunPolicy::from_json(workflow->settings.policy).retention_days;
  } else if (workflow.error().code != "NOT_FOUND") {
    return workflow.error();
  }
  if (!days) {
    TRY(const store::RetentionRow kept, store.retention().row(run.launch.tenant));
    days = kept.runs;
  }
  return days ? std::optional(*run.run.completed_at + *days * kDayMs) : std::nullopt;
}

HousekeepingLoop::HousekeepingLoop(Housekeeping::Parts parts)
    : house_(parts),
      clock_(parts.clock),
      log_(parts.log),
      background_([this] { return round(); }) {}

std::chrono::milliseconds HousekeepingLoop::round() {
  const auto paused = house_.pause_failing();
  if (!paused.has_value()) log_.warn("settings not enforced now", {{"code", paused.error().code}});
  if (clock_.now() < delete_at_) return kRest;
  const auto deleted = house_.delete_old();
  if (!deleted.has_value()) log_.warn("old rows not deleted now", {{"code", deleted.error().code}});
  const bool has_more = deleted.has_value() && *deleted >= Housekeeping::kDeletedPerRound;
  delete_at_ = clock_.now() + (has_more ? 0 : kDeletePeriodMs);
  return kRest;
}

}  // namespace fermata::service
