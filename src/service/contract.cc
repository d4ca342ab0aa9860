#include "service/contract.h"

namespace fermata::service {

namespace {

json::Value to_json(const LaunchFacts& facts) {
  json::Object object{{"triggerType", facts.trigger_type}, {"startedAt", facts.started_at}};
  if (!facts.trigger_metadata.is_null()) object["triggerMetadata"] = facts.trigger_metadata;
  if (facts.fire_key) object["fireKey"] = *facts.fire_key;
  return json::Value(std::move(object));
}

LaunchFacts launch_facts(const json::Object& object) {
  LaunchFacts facts;
  facts.trigger_type = json::string_at(object, "triggerType").value_or("");
  facts.started_at = json::int_at(object, "startedAt").value_or(0);
  facts.fire_key = json::string_at(object, "fireKey");
  if (const json::Value* metadata = json::find(object, "triggerMetadata"))
    facts.trigger_metadata = *metadata;
  return facts;
}

}  // namespace

std::string temporal_workflow_id(const RunId& run) {
  return std::string(kTaskQueue) + ":run:" + run.text;
}

json::Value RunArguments::to_json() const {
  json::Object object{{"runId", identity.run_id.text},
                      {"tenant", identity.tenant.text},
                      {"workflowId", identity.workflow_id.text},
                      {"workflowVersion", identity.workflow_version},
                      {"definitionHash", identity.definition_hash},
                      {"semantics", identity.semantics},
                      {"depth", identity.depth},
                      {"rootRunId", root_run_id}};
  if (parent_run_id) object["parentRunId"] = *parent_run_id;
  if (checkpoint) {
    object["checkpoint"] = *checkpoint;
  } else {
    object["payload"] = payload;
    object["meta"] = meta;
    if (launch) object["launch"] = service::to_json(*launch);
  }
  return json::Value(std::move(object));
}

Result<RunArguments> RunArguments::from_json(const json::Value& value) {
  const auto bad = [](std::string_view key) {
    return make_error(ErrorKind::Invalid, "RUN_ARGUMENTS_INVALID",
                      "run arguments: `" + std::string(key) + "` is missing or of the wrong form");
  };
  if (!value.is_object()) return bad("");
  const json::Object& object = value.get_object();
  RunArguments made;
  interpreter::RunIdentity& identity = made.identity;
  const auto run = json::string_at(object, "runId");
  const auto workflow = json::string_at(object, "workflowId");
  const auto version = json::int_at(object, "workflowVersion");
  const auto semantics = json::int_at(object, "semantics");
  if (!run || run->empty()) return bad("runId");
  if (!workflow) return bad("workflowId");
  if (!version) return bad("workflowVersion");
  if (!semantics) return bad("semantics");
  identity.run_id = RunId(*run);
  identity.workflow_id = WorkflowId(*workflow);
  identity.workflow_version = *version;
  identity.semantics = static_cast<std::uint32_t>(*semantics);
  identity.tenant = TenantId(json::string_at(object, "tenant").value_or(""));
  identity.definition_hash = json::string_at(object, "definitionHash").value_or("");
  identity.depth = static_cast<std::uint32_t>(json::int_at(object, "depth").value_or(0));
  made.root_run_id = json::string_at(object, "rootRunId").value_or(*run);
  made.parent_run_id = json::string_at(object, "parentRunId");
  if (const json::Value* payload = json::find(object, "payload")) made.payload = *payload;
  if (const json::Value* meta = json::find(object, "meta")) made.meta = *meta;
  if (const json::Value* launch = json::find(object, "launch"); launch && launch->is_object())
    made.launch = launch_facts(launch->get_object());
  if (const json::Value* checkpoint = json::find(object, "checkpoint"))
    made.checkpoint = *checkpoint;
  return made;
}

}  // namespace fermata::service
