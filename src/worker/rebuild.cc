#include "worker/rebuild.h"

#include <ranges>
#include <set>

#include "foundation/format.h"
#include "service/contract.h"

namespace fermata::worker {

Result<TenantId> Rebuilder::rebuild(const RunId& run, store::Store& target) {
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
  TenantId tenant;
  for (Projected& projected : histories | std::views::reverse) {
    if (projected.launch) {
      tenant = projected.launch->tenant;
      const auto inserted = target.insert_launch(*projected.launch);
      if (!inserted.has_value() && inserted.error().code != "STORE_CONFLICT")
        return inserted.error();
    }
    TRY_DO(target.write(projected.rows, {}));
  }
  return tenant;
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
