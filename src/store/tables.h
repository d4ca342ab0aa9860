#pragma once
// What a row of each table is, for both databases: its columns, and how it is read from cells in
// their order. Cells are a Statement or a PostgresRow: both give text, number, json_value and their
// optional forms by position. Private to this library.

#include <string_view>

#include "foundation/format.h"
#include "store/invocation_words.h"
#include "store/store.h"

namespace fermata::store {

inline Error at_limit(const WorkflowId& workflow, std::int64_t limit) {
  return make_error(ErrorKind::Conflict, "WORKFLOW_AT_LIMIT",
                    format("workflow `{}` has {} runs that have not ended, as many as it may",
                           workflow.text, limit),
                    "wait until one ends, or raise the limit");
}

inline constexpr std::string_view kRunColumns =
    "run_id, workflow_id, workflow_version, status, node_path, input_json, output_json, "
    "error_json, trigger_type, trigger_metadata_json, trigger_fire_key, temporal_workflow_id, "
    "temporal_run_id, definition_hash, runtime_semantics_version, parent_run_id, root_run_id, "
    "sequence, started_at, completed_at, updated_at";
// The same places, without the documents that only one run's own page shows.
inline constexpr std::string_view kRunHeadColumns =
    "run_id, workflow_id, workflow_version, status, node_path, NULL, NULL, error_json, "
    "trigger_type, trigger_metadata_json, trigger_fire_key, temporal_workflow_id, "
    "temporal_run_id, definition_hash, runtime_semantics_version, parent_run_id, root_run_id, "
    "sequence, started_at, completed_at, updated_at";
template <typename Cells>
RunView read_run(Cells&& row, const TenantId& tenant) {
  RunView view;
  LaunchRow& launch = view.launch;
  launch.tenant = tenant;
  launch.run_id = RunId(row.text(0));
  launch.workflow_id = WorkflowId(row.text(1));
  launch.workflow_version = row.number(2);
  launch.input = row.json_value(5);
  launch.trigger_type = row.text(8);
  launch.trigger_metadata = row.json_value(9);
  launch.fire_key = row.optional_text(10);
  launch.temporal_workflow_id = row.text(11);
  launch.temporal_run_id = row.optional_text(12);
  launch.definition_hash = row.text(13);
  launch.semantics = static_cast<std::uint32_t>(row.number(14));
  launch.parent_run_id = row.optional_text(15);
  launch.root_run_id = row.text(16);
  launch.started_at = row.number(18);
  view.run.tenant = tenant;
  view.run.run_id = launch.run_id;
  view.run.status = row.text(3);
  view.run.node_path = row.optional_text(4);
  view.run.output = row.optional_json(6);
  view.run.error = row.optional_json(7);
  view.run.sequence = static_cast<std::uint64_t>(row.number(17));
  view.run.completed_at = row.optional_number(19);
  view.run.updated_at = row.number(20);
  return view;
}

inline constexpr std::string_view kStepColumns =
    "step_number, sequence, step_path, definition_step_id, step_type, iteration, status, attempt, "
    "started_at, completed_at, error_json, note_json, tenant, run_id, log_level";
template <typename Cells>
projection::StepRow read_step(Cells&& cells) {
  projection::StepRow row;
  row.step_number = static_cast<std::uint64_t>(cells.number(0));
  row.sequence = static_cast<std::uint64_t>(cells.number(1));
  row.step_path = cells.text(2);
  row.definition_step_id = cells.text(3);
  row.step_type = cells.text(4);
  row.iteration = cells.text(5);
  row.status = cells.text(6);
  row.attempt = static_cast<std::uint32_t>(cells.number(7));
  row.started_at = cells.number(8);
  row.completed_at = cells.optional_number(9);
  row.error = cells.optional_json(10);
  row.note = cells.optional_json(11);
  row.tenant = TenantId(cells.text(12));
  row.run_id = RunId(cells.text(13));
  row.log_level = cells.optional_text(14);
  return row;
}

inline constexpr std::string_view kWaitColumns =
    "wait_id, sequence, step_path, iteration, wait_type, status, event_name, correlation_key, "
    "task_id, timeout_at, accepts_from, payload, matched_event_id, created_at, resolved_at, "
    "tenant, run_id";
template <typename Cells>
projection::WaitRow read_wait(Cells&& select) {
  projection::WaitRow row;
  row.wait_id = WaitId(select.text(0));
  row.sequence = static_cast<std::uint64_t>(select.number(1));
  row.step_path = select.text(2);
  row.iteration = select.text(3);
  row.wait_type = select.text(4);
  row.status = select.text(5);
  row.event_name = select.optional_text(6);
  row.correlation_key = select.optional_text(7);
  row.task_id = select.optional_text(8);
  row.timeout_at = select.optional_number(9);
  row.accepts_from = select.number(10);
  row.payload = select.optional_json(11);
  row.matched_event_id = select.optional_text(12);
  row.created_at = select.number(13);
  row.resolved_at = select.optional_number(14);
  row.tenant = TenantId(select.text(15));
  row.run_id = RunId(select.text(16));
  return row;
}

inline constexpr std::string_view kDefinitionColumns =
    "workflow_id, name, draft_definition, draft_version, published_version, trigger_type, "
    "created_at, updated_at, trigger_event, payload_schema_mode, archived_at, schedule_version, "
    "tenant, paused_at, concurrency_limit, schedule_error, policy_json";
template <typename Cells>
DefinitionRow read_definition(Cells&& row) {
  DefinitionRow made;
  made.workflow_id = WorkflowId(row.text(0));
  made.name = row.text(1);
  made.draft = row.json_value(2);
  made.draft_version = row.number(3);
  made.published_version = row.number(4);
  made.trigger_type = row.text(5);
  made.created_at = row.number(6);
  made.updated_at = row.number(7);
  made.trigger_event = row.text(8);
  made.schema_mode = row.text(9);
  made.archived_at = row.optional_number(10);
  made.schedule_version = row.number(11);
  made.tenant = TenantId(row.text(12));
  made.settings.paused_at = row.optional_number(13);
  made.settings.concurrency_limit = row.optional_number(14);
  made.schedule_error = row.optional_json(15);
  made.settings.policy = row.json_value(16);
  return made;
}

inline constexpr std::string_view kVersionColumns =
    "tenant, workflow_id, version, definition_json, definition_hash, published_at, notes_json";
template <typename Cells>
VersionRow read_version(Cells&& row) {
  VersionRow made;
  made.tenant = TenantId(row.text(0));
  made.workflow_id = WorkflowId(row.text(1));
  made.version = row.number(2);
  made.definition = row.json_value(3);
  made.hash = row.text(4);
  made.published_at = row.number(5);
  made.notes = row.json_value(6);
  return made;
}

inline constexpr std::string_view kKeyValueColumns =
    "tenant, space, key, value_json, revision, updated_at";
template <typename Cells>
KeyValueRow read_key_value(Cells&& row) {
  KeyValueRow made;
  made.tenant = TenantId(row.text(0));
  made.space = row.text(1);
  made.key = row.text(2);
  made.value = row.json_value(3);
  made.revision = row.number(4);
  made.updated_at = row.number(5);
  return made;
}

inline constexpr std::string_view kSecretColumns =
    "tenant, name, sealed, key_id, description, created_at, updated_at";
template <typename Cells>
SecretRow read_secret(Cells&& row) {
  SecretRow made;
  made.tenant = TenantId(row.text(0));
  made.name = row.text(1);
  made.sealed = row.text(2);
  made.key_id = row.text(3);
  made.description = row.text(4);
  made.created_at = row.number(5);
  made.updated_at = row.number(6);
  return made;
}

inline constexpr std::string_view kInvocationColumns =
    "idempotency_key, run_id, step_path, iteration, action_id, action_version, status, attempt, "
    "lease_owner, lease_expires_at, input_json, input_hash, output_json, error_json, started_at, "
    "completed_at";
template <typename Cells>
InvocationRow read_invocation(Cells&& row, const TenantId& tenant) {
  InvocationRow made;
  made.tenant = tenant;
  made.idempotency_key = row.text(0);
  made.run_id = RunId(row.text(1));
  made.step_path = row.text(2);
  made.iteration = row.text(3);
  made.action_id = row.text(4);
  made.action_version = static_cast<int>(row.number(5));
  made.status = invocation_status_of(row.text(6));
  made.attempt = static_cast<std::uint32_t>(row.number(7));
  made.lease_owner = row.text(8);
  made.lease_expires_at = row.number(9);
  made.input = row.json_value(10);
  made.input_hash = row.text(11);
  made.output = row.optional_json(12);
  made.error = row.optional_json(13);
  made.started_at = row.number(14);
  made.completed_at = row.optional_number(15);
  return made;
}

// Of `workflow_runtime_events AS e`.
inline constexpr std::string_view kEventColumns =
    "tenant, event_id, event_name, correlation_key, payload, payload_schema_ref, notes, "
    "received_at, CASE WHEN EXISTS (SELECT 1 FROM workflow_event_backlog AS b WHERE b.tenant = "
    "e.tenant AND b.event_id = e.event_id) THEN 0 ELSE 1 END";
template <typename Cells>
EventRow read_event(Cells&& row) {
  EventRow made;
  made.tenant = TenantId(row.text(0));
  made.event_id = EventId(row.text(1));
  made.event_name = row.text(2);
  made.correlation_key = row.optional_text(3);
  made.payload = row.json_value(4);
  made.payload_schema_ref = row.text(5);
  made.notes = row.json_value(6);
  made.received_at = row.number(7);
  made.is_routed = row.number(8) != 0;
  return made;
}

inline constexpr std::string_view kDeliveryColumns =
    "tenant, event_id, kind, target, outcome, details, at";
template <typename Cells>
DeliveryRow read_delivery(Cells&& row) {
  return {TenantId(row.text(0)), EventId(row.text(1)), row.text(2),  row.text(3),
          row.text(4),           row.json_value(5),    row.number(6)};
}

inline constexpr std::string_view kLetterColumns =
    "tenant, letter_id, source, fields, code, message, created_at, reprocessed_at, event_id";
template <typename Cells>
LetterRow read_letter(Cells&& row) {
  return {TenantId(row.text(0)), row.text(1), row.text(2),   row.json_value(3),
          row.text(4),           row.text(5), row.number(6), row.optional_number(7),
          row.optional_text(8)};
}

inline constexpr std::string_view kWebhookColumns =
    "tenant, name, event_name, secret_name, tolerance_ms, updated_at";
template <typename Cells>
WebhookRow read_webhook(Cells&& row) {
  return {TenantId(row.text(0)), row.text(1),   row.text(2),
          row.text(3),           row.number(4), row.number(5)};
}

inline constexpr std::string_view kFireColumns =
    "tenant, fire_key, workflow_id, scheduled_for, outcome, reason, run_id, workflow_version, "
    "fired_at, recorded_at";
template <typename Cells>
FireRow read_fire(Cells&& row) {
  return {TenantId(row.text(0)), row.text(1),   WorkflowId(row.text(2)),
          row.number(3),         row.text(4),   row.text(5),
          row.optional_text(6),  row.number(7), row.optional_number(8),
          row.number(9)};
}

// Behind kWaitColumns, of the task's state.
inline constexpr std::string_view kTaskColumns =
    "s.due_at, s.claimed_by, s.claimed_at, s.announced_at, s.escalated_at";
template <typename Cells>
TaskRow read_task(Cells&& row) {
  constexpr int kAfterWait = 17;
  return {read_wait(row),
          row.optional_number(kAfterWait),
          row.optional_text(kAfterWait + 1),
          row.optional_number(kAfterWait + 2),
          row.optional_number(kAfterWait + 3),
          row.optional_number(kAfterWait + 4)};
}

}  // namespace fermata::store
