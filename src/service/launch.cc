#include "service/launch.h"

#include "foundation/format.h"
#include "foundation/limits.h"
#include "interpreter/semantics.h"
#include "json/text.h"
#include "service/payload_check.h"
#include "service/schemas.h"

namespace fermata::service {
namespace {

Result<void> check_size(const json::Value& payload) {
  if (!payload.is_object()) {
    return make_error(ErrorKind::Invalid, "PAYLOAD_INVALID",
                      format("payload: expected an object, got {}", json::type_name(payload)));
  }
  if (json::text_bytes(payload) > limits::kPayloadBytesMax) {
    return make_error(ErrorKind::TooLarge, "PAYLOAD_INVALID",
                      format("payload has more than {} bytes", limits::kPayloadBytesMax),
                      "send a reference to the data instead");
  }
  return {};
}

}  // namespace

Result<void> Launcher::check(const TenantId& tenant, const store::VersionRow& version,
                             const json::Value& payload) const {
  TRY_DO(check_size(payload));
  const std::string ref =
      json::string_at(version.definition.get_object(), "payloadSchemaRef").value_or("");
  if (ref.empty() || ref == kAnyPayload) return {};
  TRY(const StoredSchemas schemas,
      StoredSchemas::load_some(store_, tenant, {.refs = {ref}, .events = {}}));
  const auto schema = schemas.payload_schema(ref);
  return schema ? check_payload(*schema, payload) : Result<void>();
}

Result<Launched> Launcher::launch(const LaunchRequest& request) {
  const auto row = insert(request);
  if (row.has_value()) {
    auto begun = begin(*row);
    if (begun.has_value()) return begun;
    return begun.error().within(format("launching workflow `{}`", request.workflow_id.text));
  }
  // Who asks again, since the answer was lost, is not refused for what has come since.
  if (!request.fire_key || row.error().kind == ErrorKind::Unavailable) return row.error();
  TRY(const auto before, launched(request.tenant, *request.fire_key));
  return before ? Result<Launched>(*before) : row.error();
}

Result<std::optional<Launched>> Launcher::launched(const TenantId& tenant,
                                                   const std::string& fire_key) {
  TRY(const auto row, store_.launch_by(tenant, fire_key));
  if (!row) return std::optional<Launched>();
  return std::optional(
      Launched{row->run_id, row->workflow_version, row->temporal_run_id.has_value()});
}

Result<store::LaunchRow> Launcher::insert(const LaunchRequest& request) {
  TRY(const store::DefinitionRow workflow, store_.definition(request.tenant, request.workflow_id));
  const std::int64_t version = request.version.value_or(workflow.published_version);
  if (version == 0) {
    return make_error(ErrorKind::Conflict, "WORKFLOW_NOT_PUBLISHED",
                      format("workflow `{}` was never published", request.workflow_id.text),
                      "publish it first");
  }
  if (workflow.archived_at) {
    return make_error(ErrorKind::Conflict, "WORKFLOW_ARCHIVED",
                      format("workflow `{}` is archived", workflow.workflow_id.text),
                      "take it out of the archive first");
  }
  if (workflow.settings.paused_at) {
    return make_error(ErrorKind::Conflict, "WORKFLOW_PAUSED",
                      format("workflow `{}` is paused", workflow.workflow_id.text),
                      "resume it first");
  }
  TRY(const store::VersionRow definition,
      store_.version(request.tenant, request.workflow_id, version));
  TRY_DO(check(request.tenant, definition, request.payload));
  store::LaunchRow row;
  row.tenant = request.tenant;
  row.run_id = RunId(random_.uuid());
  row.workflow_id = request.workflow_id;
  row.workflow_version = version;
  row.definition_hash = definition.hash;
  row.semantics = interpreter::kCurrentSemantics;
  row.input = request.payload;
  row.trigger_type = request.trigger_type;
  row.trigger_metadata = request.trigger_metadata;
  row.fire_key = request.fire_key;
  row.root_run_id = row.run_id.text;
  row.temporal_workflow_id = temporal_workflow_id(row.run_id);
  row.started_at = clock_.now();
  TRY_DO(store_.insert_launch(row, workflow.settings.concurrency_limit));
  return row;
}

Result<Launched> Launcher::begin(const store::LaunchRow& row) {
  const auto started = start(row);
  if (started.has_value()) return Launched{row.run_id, row.workflow_version};
  // Away: the row stays, and repair() starts it. Refused: it will not get better.
  if (may_pass_later(started.error())) return Launched{row.run_id, row.workflow_version, false};
  const json::Value error = json::Object{{"category", "LaunchError"},
                                         {"code", started.error().code},
                                         {"message", started.error().message},
                                         {"stage", "launch"}};
  TRY_DO(store_.fail_launch(row.run_id, error, clock_.now()));
  return started.error();
}

Result<void> Launcher::start(const store::LaunchRow& row) {
  RunArguments arguments;
  arguments.identity = {
      row.run_id,    row.tenant, row.workflow_id, row.workflow_version, row.definition_hash,
      row.semantics, 0};
  arguments.payload = row.input;
  arguments.root_run_id = row.root_run_id;
  arguments.launch =
      LaunchFacts{row.trigger_type, row.trigger_metadata, row.fire_key, row.started_at};
  temporal::StartWorkflow start;
  start.workflow_id = row.temporal_workflow_id;
  start.workflow_type = kWorkflowType;
  start.task_queue = kTaskQueue;
  start.input = {temporal::to_payload(arguments.to_json())};
  start.task_timeout_ms = kTaskTimeoutMs;
  start.id_reuse = temporal::IdReuse::RejectDuplicate;
  start.request_id = row.run_id.text;
  const auto started = client_.start(start);
  if (started.has_value()) return store_.set_temporal_run(row.run_id, *started);
  if (started.error().code != "TEMPORAL_ALREADY_EXISTS") return started.error();
  // Started before, and the answer was lost.
  return confirm(row);
}

Result<void> Launcher::confirm(const store::LaunchRow& row) {
  const auto described = client_.describe({row.temporal_workflow_id, ""});
  if (described.has_value()) return store_.set_temporal_run(row.run_id, described->first_run_id);
  if (described.error().code != "TEMPORAL_NOT_FOUND") return described.error();
  // It has ended, and Temporal keeps it no longer.
  return store_.set_temporal_run(row.run_id, "");
}

Result<std::size_t> Launcher::repair(TimeMs before) {
  constexpr std::size_t kPerCall = 100;
  TRY(const auto rows, store_.unconfirmed_launches(before, kPerCall));
  std::size_t confirmed = 0;
  for (const store::RunView& view : rows) {
    if (view.launch.trigger_type == "child") continue;
    if (view.run.sequence > 0) {
      // A worker has it, so Temporal has it: only the answer was lost.
      TRY_DO(confirm(view.launch));
    } else {
      const auto begun = begin(view.launch);
      // One that is refused for good holds no other one up; one that is away holds all.
      if (!begun.has_value()) continue;
      if (!begun->is_started) break;
    }
    ++confirmed;
  }
  return confirmed;
}

}  // namespace fermata::service
