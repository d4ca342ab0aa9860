#include "api/render.h"

#include "foundation/format.h"
#include "json/redact.h"
#include "jsonata/instant.h"
#include "service/task_notices.h"

namespace fermata::api {
namespace {

json::Value instant(TimeMs time) {
  return json::Value(jsonata::instant_text(time));
}
json::Value instant(const std::optional<TimeMs>& time) {
  return time ? instant(*time) : json::Value(nullptr);
}
json::Value number(const std::optional<std::int64_t>& value) {
  return value ? json::Value(*value) : json::Value(nullptr);
}
json::Value text(const std::optional<std::string>& value) {
  return value ? json::Value(*value) : json::Value(nullptr);
}
json::Value value_of(const std::optional<json::Value>& value) {
  return value ? *value : json::Value(nullptr);
}

std::string_view status_of(store::InvocationStatus status) {
  switch (status) {
    case store::InvocationStatus::Started:
      return "STARTED";
    case store::InvocationStatus::Succeeded:
      return "SUCCEEDED";
    case store::InvocationStatus::Failed:
      return "FAILED";
  }
  return "STARTED";
}

}  // namespace

json::Value render(const store::RunView& view) {
  const store::LaunchRow& launch = view.launch;
  return json::Object{
      {"runId", launch.run_id.text},
      {"workflowId", launch.workflow_id.text},
      {"workflowVersion", launch.workflow_version},
      {"status", view.run.status},
      {"nodePath", text(view.run.node_path)},
      {"input", json::redact(launch.input)},
      {"output", value_of(view.run.output)},
      {"error", value_of(view.run.error)},
      {"triggerType", launch.trigger_type},
      {"triggerMetadata", launch.trigger_metadata},
      {"engine", "temporal"},
      {"temporalWorkflowId", launch.temporal_workflow_id},
      {"temporalRunId", text(launch.temporal_run_id)},
      {"definitionHash", launch.definition_hash},
      {"runtimeSemanticsVersion", launch.semantics},
      {"parentRunId", text(launch.parent_run_id)},
      {"rootRunId", launch.root_run_id},
      {"startedAt", instant(launch.started_at)},
      {"completedAt", instant(view.run.completed_at)},
      {"updatedAt", instant(view.run.updated_at)},
      {"durationMs", view.run.completed_at ? json::Value(*view.run.completed_at - launch.started_at)
                                           : json::Value(nullptr)},
      {"sequence", std::to_string(view.run.sequence)}};
}

json::Value render_head(const store::RunView& view) {
  json::Value head = render(view);
  head.get_object().erase("input");
  head.get_object().erase("output");
  return head;
}

json::Value render(const projection::StepRow& row) {
  return json::Object{
      {"stepNumber", row.step_number},
      {"stepPath", row.step_path},
      {"definitionStepId", row.definition_step_id},
      {"stepType", row.step_type},
      {"iteration", row.iteration},
      {"status", row.status},
      {"attempt", row.attempt},
      {"startedAt", instant(row.started_at)},
      {"completedAt", instant(row.completed_at)},
      {"durationMs",
       row.completed_at ? json::Value(*row.completed_at - row.started_at) : json::Value(nullptr)},
      {"error", value_of(row.error)},
      {"note", value_of(row.note)},
      {"logLevel", text(row.log_level)}};
}

json::Value render(const store::TaskRow& task) {
  const projection::WaitRow& wait = task.wait;
  json::Object shown{{"taskId", wait.task_id.value_or("")},
                     {"runId", wait.run_id.text},
                     {"stepPath", wait.step_path},
                     {"status", wait.status == "WAITING" ? "OPEN" : wait.status}};
  const json::Value rendered = render(wait);
  for (const std::string_view key : {"createdAt", "resolvedAt", "timeoutAt"}) {
    if (const json::Value* value = json::find(rendered, key)) shown[key] = *value;
  }
  if (wait.payload && wait.payload->is_object()) {
    for (const auto& member : wait.payload->get_object()) shown[member.key()] = member.value();
  }
  shown["dueAt"] = instant(task.due_at ? task.due_at : service::due_at_of(wait));
  shown["claimedBy"] = task.claimed_by ? json::Value(*task.claimed_by) : json::Value(nullptr);
  shown["claimedAt"] = instant(task.claimed_at);
  shown["escalatedAt"] = instant(task.escalated_at);
  return json::Value(std::move(shown));
}

json::Value render(const store::PathSums& sums) {
  json::Object by_status;
  std::int64_t total = 0;
  for (const auto& [status, count] : sums.by_status) {
    by_status[status] = count;
    total += count;
  }
  return json::Object{{"stepPath", sums.path},
                      {"stepType", sums.step_type},
                      {"firstStepNumber", sums.first_step_number},
                      {"total", total},
                      {"byStatus", std::move(by_status)},
                      {"minMs", number(sums.ms_min)},
                      {"p50Ms", number(sums.ms_p50)},
                      {"maxMs", number(sums.ms_max)},
                      {"firstFailedIteration", sums.first_failed_iteration
                                                   ? json::Value(*sums.first_failed_iteration)
                                                   : json::Value(nullptr)}};
}

std::string log_id(const store::LogPlace& place) {
  return format("{}:{}:{}", place.at, place.rank, place.key);
}

json::Value render(const store::LogLine& line) {
  return json::Object{{"logId", log_id(line.place)}, {"at", instant(line.place.at)},
                      {"level", line.level},         {"source", line.source},
                      {"stepPath", line.step_path},  {"iteration", line.iteration},
                      {"message", line.message},     {"data", json::redact(line.data)}};
}

json::Value render(const projection::WaitRow& row) {
  return json::Object{{"waitId", row.wait_id.text},
                      {"stepPath", row.step_path},
                      {"iteration", row.iteration},
                      {"waitType", row.wait_type},
                      {"status", row.status},
                      {"eventName", text(row.event_name)},
                      {"correlationKey", text(row.correlation_key)},
                      {"taskId", text(row.task_id)},
                      {"timeoutAt", instant(row.timeout_at)},
                      {"payload", value_of(row.payload)},
                      {"matchedEventId", text(row.matched_event_id)},
                      {"createdAt", instant(row.created_at)},
                      {"resolvedAt", instant(row.resolved_at)}};
}

json::Value render(const store::InvocationRow& row) {
  return json::Object{
      {"idempotencyKey", row.idempotency_key},
      {"stepPath", row.step_path},
      {"iteration", row.iteration},
      {"actionId", row.action_id},
      {"actionVersion", row.action_version},
      {"status", status_of(row.status)},
      {"attempt", row.attempt},
      {"input", row.input},
      {"output", value_of(row.output ? std::optional(json::redact(*row.output)) : std::nullopt)},
      {"error", value_of(row.error)},
      {"startedAt", instant(row.started_at)},
      {"completedAt", instant(row.completed_at)}};
}

json::Value render(const store::DefinitionRow& row) {
  json::Object shown{{"workflowId", row.workflow_id.text},
                     {"name", row.name},
                     {"draftVersion", row.draft_version},
                     {"publishedVersion", row.published_version},
                     {"payloadSchemaMode", row.schema_mode},
                     {"triggerType", row.trigger_type},
                     {"createdAt", instant(row.created_at)},
                     {"updatedAt", instant(row.updated_at)},
                     {"archivedAt", nullptr}};
  if (row.archived_at) shown["archivedAt"] = instant(*row.archived_at);
  return json::Value(std::move(shown));
}

json::Value render(const definition::Completion& completion) {
  json::Array items;
  for (const definition::Suggestion& item : completion.items)
    items.push_back(json::Object{{"text", item.text},
                                 {"kind", item.kind},
                                 {"type", item.type},
                                 {"mayBeMissing", item.may_be_missing}});
  return json::Object{{"from", completion.from}, {"items", std::move(items)}};
}

json::Value render(const definition::Finding& finding) {
  return json::Object{
      {"severity", finding.severity == definition::Severity::Error ? "error" : "warning"},
      {"code", finding.code},
      {"path", finding.path},
      {"message", finding.message},
      {"help", finding.help},
      {"span", finding.span ? render(*finding.span) : json::Value(nullptr)},
      {"fix", finding.fix ? json::Value(*finding.fix) : json::Value(nullptr)}};
}

json::Value render(const TextSpan& span) {
  return json::Object{{"from", span.from}, {"to", span.to}};
}

namespace {

json::Array names_json(const std::vector<definition::UsedName>& names) {
  json::Array list;
  for (const definition::UsedName& name : names)
    list.push_back(json::Object{{"name", name.name}, {"span", render(name.span)}});
  return list;
}

json::Array findings_json(const std::vector<definition::Finding>& findings) {
  json::Array list;
  for (const definition::Finding& finding : findings) list.push_back(render(finding));
  return list;
}

}  // namespace

json::Value render(const definition::ExpressionReport& report) {
  return json::Object{{"path", report.path},
                      {"pointer", report.pointer},
                      {"role", report.role},
                      {"source", report.source},
                      {"wanted", report.wanted},
                      {"type", report.type},
                      {"names", names_json(report.names)},
                      {"findings", findings_json(report.findings)}};
}

json::Value render(const definition::Renaming& renaming) {
  json::Array edits;
  for (const definition::TextEdit& edit : renaming.edits)
    edits.push_back(json::Object{{"pointer", edit.pointer},
                                 {"isKey", edit.is_key},
                                 {"span", render(edit.span)},
                                 {"text", edit.text}});
  return json::Object{{"valid", !renaming.definition.is_null()},
                      {"edits", std::move(edits)},
                      {"findings", findings_json(renaming.findings)},
                      {"definition", renaming.definition}};
}

json::Value render(const service::Trial& trial) {
  json::Array findings;
  for (const service::TrialFinding& finding : trial.findings)
    findings.push_back(json::Object{{"code", finding.code},
                                    {"message", finding.message},
                                    {"position", finding.span.to},
                                    {"span", render(finding.span)}});
  return json::Object{
      {"hasValue", trial.value.has_value()},
      {"value", trial.value.value_or(nullptr)},
      {"type", trial.value ? json::Value(json::type_name(*trial.value)) : json::Value(nullptr)},
      {"names", names_json(trial.names)},
      {"findings", std::move(findings)}};
}

json::Value render(const store::EventRow& row) {
  return json::Object{{"eventId", row.event_id.text},
                      {"eventName", row.event_name},
                      {"correlationKey", row.correlation_key ? json::Value(*row.correlation_key)
                                                             : json::Value(nullptr)},
                      {"payloadSchemaRef", row.payload_schema_ref},
                      {"notes", row.notes},
                      {"receivedAt", instant(row.received_at)},
                      {"isRouted", row.is_routed}};
}

json::Value render(const store::DeliveryRow& row) {
  return json::Object{{"kind", row.kind},
                      {"target", row.target},
                      {"outcome", row.outcome},
                      {"details", row.details},
                      {"at", instant(row.at)}};
}

}  // namespace fermata::api
