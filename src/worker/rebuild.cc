#include "worker/rebuild.h"

#include <ranges>
#include <set>

#include "foundation/format.h"
#include "service/contract.h"

namespace fermata::worker {

namespace {

// The end of an action is told to its run before the ledger has it; a worker that dies meanwhile,
// or while the database is away, leaves an entry that is open for ever.
Result<void> end_entries(store::Store& target, const TenantId& tenant, const RunId& run,
                         const ActionEnds& ends) {
  if (ends.empty()) return {};
  TRY(auto entries, target.invocations(tenant, run));
  std::vector<store::InvocationPut> puts;
  for (store::InvocationRow& entry : entries) {
    const auto end = ends.find(entry.idempotency_key);
    if (entry.status != store::InvocationStatus::Started || end == ends.end()) continue;
    store::InvocationPut put{std::move(entry)};
    put.expected_attempt = put.row.attempt;
    put.row.status =
        end->second.output ? store::InvocationStatus::Succeeded : store::InvocationStatus::Failed;
    put.row.output = end->second.output;
    put.row.error = end->second.error;
    put.row.completed_at = end->second.at;
    put.row.lease_owner = "history";
    puts.push_back(std::move(put));
  }
  if (puts.empty()) return {};
  TRY(const auto made, target.write({}, puts));
  return {};
}

}  // namespace

Result<Rebuilt> Rebuilder::rebuild(const RunId& run, store::Store& target) {
  const std::string workflow_id = service::temporal_workflow_id(run);
  TRY(const temporal::WorkflowDescription newest, client_.describe({workflow_id, ""}));
  // From the newest history back to the first: each names the one before.
  std::vector<Projected> histories;
  for (std::string run_id = newest.ref.run_id; !run_id.empty();) {
    TRY(const temporal::History history, client_.history({workflow_id, run_id}));
    TRY(Projected projected, replayer_.project(workflow_id, history));
    if (!projected.verdict.agrees) {
      return make_error(ErrorKind::Internal, "REBUILD_DIVERGED",
                        format("run `{}`{}: {}", run.text,
                               projected.verdict.step_path.empty()
                                   ? ""
                                   : format(" at {}", projected.verdict.step_path),
                               projected.verdict.message),
                        "fermata replay-check says more");
    }
    run_id = projected.continued_from;
    histories.push_back(std::move(projected));
  }
  Rebuilt rebuilt;
  ActionEnds ends;
  bool has_ended = false;
  for (Projected& projected : histories | std::views::reverse) {
    if (projected.launch) {
      rebuilt.tenant = projected.launch->tenant;
      const auto inserted = target.insert_launch(*projected.launch);
      if (!inserted.has_value() && inserted.error().code != "STORE_CONFLICT")
        return inserted.error();
    }
    const bool goes_on = newest.status == temporal::WorkflowStatus::Running;
    if (goes_on && projected.is_open && !projected.rows.empty()) {
      rebuilt.is_whole = false;
      projected.rows.pop_back();
    }
    TRY_DO(target.write(projected.rows, {}));
    for (auto& [key, end] : projected.ends) ends.insert_or_assign(key, std::move(end));
    for (const projection::RowBatch& batch : projected.rows)
      has_ended = has_ended || (batch.run && batch.run->completed_at);
  }
  // A failed one may have been begun again since, unless the run is over.
  if (!has_ended) std::erase_if(ends, [](const auto& entry) { return !entry.second.output; });
  TRY_DO(end_entries(target, rebuilt.tenant, run, ends));
  return rebuilt;
}

Result<std::vector<RunId>> Rebuilder::runs() const {
  const std::string query = format("WorkflowType = '{}'", service::kWorkflowType);
  const std::string prefix = service::temporal_workflow_id(RunId(""));
  constexpr int kPage = 500;
  std::set<RunId> found;
  std::string token;
  do {
    TRY(const temporal::WorkflowPage page, client_.list(query, kPage, token));
    for (const temporal::WorkflowDescription& item : page.items) {
      if (item.ref.workflow_id.starts_with(prefix))
        found.insert(RunId(item.ref.workflow_id.substr(prefix.size())));
    }
    token = page.next_token;
  } while (!token.empty());
  return std::vector<RunId>(found.begin(), found.end());
}

}  // namespace fermata::worker
