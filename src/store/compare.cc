#include "store/compare.h"

#include <map>

#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/text.h"

namespace fermata::store {
namespace {

// Field by field, so that a difference can be named.
using Fields = std::vector<std::pair<std::string_view, std::string>>;
using Rows = std::map<std::string, Fields>;

std::string text(const std::string& value) {
  return value;
}
std::string text(const json::Value& value) {
  return json::to_text(value);
}
std::string text(std::int64_t value) {
  return std::to_string(value);
}
template <typename T>
std::string text(const std::optional<T>& value) {
  return value ? text(*value) : std::string("nothing");
}

Fields fields_of(const RunView& view) {
  const LaunchRow& launch = view.launch;
  return {{"workflow_id", launch.workflow_id.text},
          {"workflow_version", text(launch.workflow_version)},
          {"definition_hash", launch.definition_hash},
          {"runtime_semantics_version", text(launch.semantics)},
          {"input_json", text(launch.input)},
          {"trigger_type", launch.trigger_type},
          {"trigger_metadata_json", text(launch.trigger_metadata)},
          {"trigger_fire_key", text(launch.fire_key)},
          {"parent_run_id", text(launch.parent_run_id)},
          {"root_run_id", launch.root_run_id},
          {"temporal_workflow_id", launch.temporal_workflow_id},
          {"temporal_run_id", text(launch.temporal_run_id)},
          {"started_at", text(launch.started_at)},
          {"sequence", text(static_cast<std::int64_t>(view.run.sequence))},
          {"status", view.run.status},
          {"node_path", text(view.run.node_path)},
          {"error_json", text(view.run.error)},
          {"output_json", text(view.run.output)},
          {"completed_at", text(view.run.completed_at)},
          {"updated_at", text(view.run.updated_at)}};
}

Fields fields_of(const projection::StepRow& row) {
  return {{"sequence", text(static_cast<std::int64_t>(row.sequence))},
          {"step_path", row.step_path},
          {"definition_step_id", row.definition_step_id},
          {"step_type", row.step_type},
          {"iteration", row.iteration},
          {"status", row.status},
          {"attempt", text(row.attempt)},
          {"started_at", text(row.started_at)},
          {"completed_at", text(row.completed_at)},
          {"error_json", text(row.error)},
          {"note_json", text(row.note)},
          {"log_level", text(row.log_level)}};
}

Fields fields_of(const projection::WaitRow& row) {
  return {{"sequence", text(static_cast<std::int64_t>(row.sequence))},
          {"step_path", row.step_path},
          {"iteration", row.iteration},
          {"wait_type", row.wait_type},
          {"status", row.status},
          {"event_name", text(row.event_name)},
          {"correlation_key", text(row.correlation_key)},
          {"task_id", text(row.task_id)},
          {"timeout_at", text(row.timeout_at)},
          {"accepts_from", text(row.accepts_from)},
          {"payload", text(row.payload)},
          {"matched_event_id", text(row.matched_event_id)},
          {"created_at", text(row.created_at)},
          {"resolved_at", text(row.resolved_at)}};
}

Result<Rows> rows_of(Store& store, const TenantId& tenant, const RunId& run) {
  Rows rows;
  const auto view = store.run(tenant, run);
  if (view.has_value()) {
    rows["run"] = fields_of(*view);
  } else if (view.error().code != "NOT_FOUND") {
    return view.error();
  }
  std::uint64_t after = 0;
  while (true) {
    TRY(const auto page, store.steps(tenant, run, after, limits::kPageSizeMax));
    for (const projection::StepRow& row : page)
      rows[format("step {}", row.step_number)] = fields_of(row);
    if (page.size() < limits::kPageSizeMax) break;
    after = page.back().step_number;
  }
  TRY(const auto waits, store.waits(tenant, run));
  for (const projection::WaitRow& row : waits)
    rows[format("wait {}", row.wait_id.text)] = fields_of(row);
  return rows;
}

}  // namespace

Result<std::vector<std::string>> differences(Store& actual, Store& expected, const TenantId& tenant,
                                             const RunId& run) {
  TRY(const Rows ours, rows_of(actual, tenant, run));
  TRY(const Rows theirs, rows_of(expected, tenant, run));
  std::vector<std::string> found;
  for (const auto& [key, fields] : theirs) {
    const auto row = ours.find(key);
    if (row == ours.end()) {
      found.push_back(format("{} is missing", key));
      continue;
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const auto& [name, value] = fields[i];
      if (row->second[i].second != value)
        found.push_back(
            format("{}: {} is `{}`, expected `{}`", key, name, row->second[i].second, value));
    }
  }
  for (const auto& [key, fields] : ours)
    if (!theirs.contains(key)) found.push_back(format("{} is too much", key));
  return found;
}

}  // namespace fermata::store
