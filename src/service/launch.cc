#include "service/launch.h"

#include "foundation/format.h"
#include "foundation/limits.h"
#include "interpreter/semantics.h"
#include "json/text.h"

namespace fermata::service {
namespace {

Result<void> check_payload(const json::Value& payload) {
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

Result<Launched> Launcher::launch(const LaunchRequest& request) {
  TRY_DO(check_payload(request.payload));
  TRY(const store::DefinitionRow workflow, store_.definition(request.tenant, request.workflow_id));
  const std::int64_t version = request.version.value_or(workflow.published_version);
  if (version == 0) {
    return make_error(ErrorKind::Conflict, "WORKFLOW_NOT_PUBLISHED",
                      format("workflow `{}` was never published", request.workflow_id.text),
                      "publish it first");
  }
  TRY(const store::VersionRow definition,
      store_.version(request.tenant, request.workflow_id, version));
  RunArguments arguments;
  arguments.identity = {RunId(random_.uuid()),
                        request.tenant,
                        request.workflow_id,
                        version,
                        definition.hash,
                        interpreter::kCurrentSemantics,
                        0};
  arguments.payload = request.payload;
  arguments.root_run_id = arguments.identity.run_id.text;
  const RunId run = arguments.identity.run_id;

  store::LaunchRow row;
  row.tenant = request.tenant;
  row.run_id = run;
  row.workflow_id = request.workflow_id;
  row.workflow_version = version;
  row.definition_hash = definition.hash;
  row.semantics = interpreter::kCurrentSemantics;
  row.input = request.payload;
  row.trigger_type = request.trigger_type;
  row.trigger_metadata = request.trigger_metadata;
  row.fire_key = request.fire_key;
  row.root_run_id = run.text;
  row.temporal_workflow_id = temporal_workflow_id(run);
  row.started_at = clock_.now();
  TRY_DO(store_.insert_launch(row));

  temporal::StartWorkflow start;
  start.workflow_id = row.temporal_workflow_id;
  start.workflow_type = kWorkflowType;
  start.task_queue = kTaskQueue;
  start.input = {temporal::to_payload(arguments.to_json())};
  start.task_timeout_ms = kTaskTimeoutMs;
  start.id_reuse = temporal::IdReuse::RejectDuplicate;
  start.request_id = run.text;
  const auto started = client_.start(start);
  if (!started.has_value()) {
    const json::Value error = json::Object{{"category", "LaunchError"},
                                           {"code", started.error().code},
                                           {"message", started.error().message},
                                           {"stage", "launch"}};
    TRY_DO(store_.fail_launch(run, error, clock_.now()));
    return started.error().within(format("launching workflow `{}`", request.workflow_id.text));
  }
  TRY_DO(store_.set_temporal_run(run, *started));
  return Launched{run, version};
}

}  // namespace fermata::service
