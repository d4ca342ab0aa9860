#include "worker/launch_row.h"

namespace fermata::worker {

store::LaunchRow launch_row(const service::RunArguments& arguments,
                            const temporal::InitializeWorkflow& job,
                            const std::string& temporal_run_id) {
  const interpreter::RunIdentity& identity = arguments.identity;
  store::LaunchRow row;
  row.tenant = identity.tenant;
  row.run_id = identity.run_id;
  row.workflow_id = identity.workflow_id;
  row.workflow_version = identity.workflow_version;
  row.definition_hash = identity.definition_hash;
  row.semantics = identity.semantics;
  row.input = arguments.payload;
  row.trigger_type = "child";
  row.parent_run_id = arguments.parent_run_id;
  row.root_run_id = arguments.root_run_id;
  row.temporal_workflow_id = job.workflow_id;
  row.temporal_run_id = temporal_run_id;
  row.started_at = job.start_time;
  if (const auto& facts = arguments.launch) {
    row.trigger_type = facts->trigger_type;
    row.trigger_metadata = facts->trigger_metadata;
    row.fire_key = facts->fire_key;
    row.started_at = facts->started_at;
  }
  return row;
}

}  // namespace fermata::worker
