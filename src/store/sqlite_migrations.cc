// The schema, as numbered steps forward. A step is never changed once it was released: what is
// wrong gets a new step.
#include <array>

#include "foundation/format.h"
#include "json/hash.h"
#include "store/sqlite_connection.h"

namespace fermata::store {
namespace {

struct Migration {
  std::int64_t number;
  const char* sql;
};

constexpr std::array<Migration, 17> kMigrations = {
    {{1, R"sql(
CREATE TABLE workflow_definitions (
  tenant TEXT NOT NULL, workflow_id TEXT NOT NULL, name TEXT NOT NULL, draft_definition TEXT NOT NULL,
  draft_version INTEGER NOT NULL, published_version INTEGER NOT NULL DEFAULT 0, trigger_type TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, workflow_id)) STRICT;
CREATE TABLE workflow_definition_versions (
  tenant TEXT NOT NULL, workflow_id TEXT NOT NULL, version INTEGER NOT NULL, definition_json TEXT NOT NULL,
  definition_hash TEXT NOT NULL, published_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, workflow_id, version)) STRICT;
CREATE TABLE workflow_runs (
  run_id TEXT NOT NULL PRIMARY KEY, tenant TEXT NOT NULL, workflow_id TEXT NOT NULL, workflow_version INTEGER NOT NULL,
  status TEXT NOT NULL, node_path TEXT, input_json TEXT, output_json TEXT, error_json TEXT,
  trigger_type TEXT NOT NULL, trigger_metadata_json TEXT, trigger_fire_key TEXT UNIQUE,
  engine TEXT NOT NULL DEFAULT 'temporal', temporal_workflow_id TEXT NOT NULL, temporal_run_id TEXT,
  definition_hash TEXT NOT NULL, runtime_semantics_version INTEGER NOT NULL, parent_run_id TEXT, root_run_id TEXT NOT NULL,
  sequence INTEGER NOT NULL DEFAULT 0, started_at INTEGER NOT NULL, completed_at INTEGER, updated_at INTEGER NOT NULL) STRICT;
CREATE INDEX workflow_runs_by_start ON workflow_runs (tenant, started_at DESC, run_id);
CREATE INDEX workflow_runs_by_status ON workflow_runs (tenant, status, started_at DESC, run_id);
CREATE INDEX workflow_runs_by_workflow ON workflow_runs (tenant, workflow_id, started_at DESC, run_id);
CREATE INDEX workflow_runs_by_parent ON workflow_runs (parent_run_id);
CREATE TABLE workflow_run_steps (
  run_id TEXT NOT NULL, step_number INTEGER NOT NULL, tenant TEXT NOT NULL, sequence INTEGER NOT NULL,
  step_path TEXT NOT NULL, definition_step_id TEXT NOT NULL, step_type TEXT NOT NULL, iteration TEXT NOT NULL,
  status TEXT NOT NULL, attempt INTEGER NOT NULL, started_at INTEGER NOT NULL, completed_at INTEGER,
  error_json TEXT, note_json TEXT,
  PRIMARY KEY (run_id, step_number)) STRICT, WITHOUT ROWID;
CREATE TABLE workflow_run_waits (
  wait_id TEXT NOT NULL PRIMARY KEY, run_id TEXT NOT NULL, tenant TEXT NOT NULL, sequence INTEGER NOT NULL,
  step_path TEXT NOT NULL, iteration TEXT NOT NULL, wait_type TEXT NOT NULL, status TEXT NOT NULL,
  event_name TEXT, correlation_key TEXT, task_id TEXT, timeout_at INTEGER, accepts_from INTEGER NOT NULL,
  payload TEXT, matched_event_id TEXT, created_at INTEGER NOT NULL, resolved_at INTEGER) STRICT;
CREATE INDEX workflow_run_waits_by_run ON workflow_run_waits (run_id, created_at);
CREATE INDEX workflow_run_waits_open ON workflow_run_waits (tenant, event_name, correlation_key) WHERE status = 'WAITING';
CREATE TABLE workflow_action_invocations (
  tenant TEXT NOT NULL, idempotency_key TEXT NOT NULL, run_id TEXT NOT NULL, step_path TEXT NOT NULL, iteration TEXT NOT NULL,
  action_id TEXT NOT NULL, action_version INTEGER NOT NULL, status TEXT NOT NULL, attempt INTEGER NOT NULL,
  lease_owner TEXT NOT NULL, lease_expires_at INTEGER NOT NULL, input_json TEXT NOT NULL, input_hash TEXT NOT NULL,
  output_json TEXT, error_json TEXT, started_at INTEGER NOT NULL, completed_at INTEGER,
  PRIMARY KEY (tenant, idempotency_key)) STRICT;
CREATE INDEX workflow_action_invocations_by_run ON workflow_action_invocations (run_id, started_at);
)sql"},
     {2, R"sql(
ALTER TABLE workflow_definitions ADD COLUMN trigger_event TEXT NOT NULL DEFAULT '';
CREATE INDEX workflow_definitions_by_trigger ON workflow_definitions (tenant, trigger_event) WHERE trigger_event <> '';
CREATE INDEX workflow_runs_unconfirmed ON workflow_runs (started_at) WHERE temporal_run_id IS NULL AND status = 'RUNNING';
CREATE INDEX workflow_run_waits_by_task ON workflow_run_waits (tenant, task_id) WHERE task_id IS NOT NULL;
CREATE INDEX workflow_run_waits_by_type ON workflow_run_waits (tenant, wait_type, created_at, wait_id) WHERE status = 'WAITING';
CREATE TABLE workflow_runtime_events (
  tenant TEXT NOT NULL, event_id TEXT NOT NULL, event_name TEXT NOT NULL, correlation_key TEXT, payload TEXT NOT NULL,
  payload_schema_ref TEXT NOT NULL, notes TEXT NOT NULL, received_at INTEGER NOT NULL, is_routed INTEGER NOT NULL,
  PRIMARY KEY (tenant, event_id)) STRICT;
CREATE INDEX workflow_runtime_events_by_key ON workflow_runtime_events (tenant, event_name, correlation_key, received_at);
CREATE INDEX workflow_runtime_events_by_time ON workflow_runtime_events (tenant, received_at DESC, event_id);
CREATE INDEX workflow_runtime_events_unrouted ON workflow_runtime_events (received_at) WHERE is_routed = 0;
CREATE TABLE workflow_event_deliveries (
  tenant TEXT NOT NULL, event_id TEXT NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL, outcome TEXT NOT NULL,
  details TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (tenant, event_id, kind, target)) STRICT, WITHOUT ROWID;
CREATE TABLE workflow_payload_schemas (
  tenant TEXT NOT NULL, ref TEXT NOT NULL, schema_json TEXT NOT NULL, created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, ref)) STRICT;
CREATE TABLE workflow_event_types (
  tenant TEXT NOT NULL, event_name TEXT NOT NULL, payload_schema_ref TEXT NOT NULL, correlation_path TEXT NOT NULL,
  updated_at INTEGER NOT NULL, PRIMARY KEY (tenant, event_name)) STRICT;
)sql"},
     // Rows of the engine before Temporal come with no engine at all.
     {3, R"sql(
ALTER TABLE workflow_runs ADD COLUMN engine_or_none TEXT DEFAULT 'temporal';
UPDATE workflow_runs SET engine_or_none = engine;
ALTER TABLE workflow_runs DROP COLUMN engine;
ALTER TABLE workflow_runs RENAME COLUMN engine_or_none TO engine;
)sql"},
     // Nothing executes them any more: said once, for good.
     {4, R"sql(
UPDATE workflow_run_waits SET status = 'RESOLVED', resolved_at = CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)
  WHERE status = 'WAITING' AND run_id IN (
    SELECT run_id FROM workflow_runs WHERE (engine IS NULL OR engine = 'db') AND status IN ('RUNNING', 'WAITING'));
UPDATE workflow_runs SET status = 'CANCELED', node_path = NULL,
  completed_at = CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER),
  updated_at = CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER),
  error_json = '{"category":"Cancellation","code":"ENGINE_REMOVED","message":"the engine of this run was removed and nothing can execute it; launch it again","stage":"migration","migration":"0004"}'
  WHERE (engine IS NULL OR engine = 'db') AND status IN ('RUNNING', 'WAITING');
)sql"},
     // The published version that the workflow's schedule in Temporal is of; 0: it has none.
     {5, R"sql(
ALTER TABLE workflow_definitions ADD COLUMN schedule_version INTEGER NOT NULL DEFAULT 0;
)sql"},
     // Launches that wait, letters that cannot be read, webhooks, fires of clocks, people.
     {6, R"sql(
ALTER TABLE workflow_definitions ADD COLUMN paused_at INTEGER;
ALTER TABLE workflow_definitions ADD COLUMN concurrency_limit INTEGER;
ALTER TABLE workflow_definitions ADD COLUMN schedule_error TEXT;
CREATE INDEX workflow_runs_active ON workflow_runs (tenant, workflow_id) WHERE status IN ('RUNNING', 'WAITING', 'PAUSED');
CREATE INDEX workflow_event_deliveries_held ON workflow_event_deliveries (tenant, target, at, event_id) WHERE outcome = 'HELD';
CREATE TABLE workflow_dead_letters (
  tenant TEXT NOT NULL, letter_id TEXT NOT NULL, source TEXT NOT NULL, fields TEXT NOT NULL, code TEXT NOT NULL,
  message TEXT NOT NULL, created_at INTEGER NOT NULL, reprocessed_at INTEGER, event_id TEXT, PRIMARY KEY (tenant, letter_id)) STRICT;
CREATE INDEX workflow_dead_letters_by_time ON workflow_dead_letters (tenant, created_at DESC, letter_id DESC);
CREATE TABLE workflow_webhooks (
  tenant TEXT NOT NULL, name TEXT NOT NULL, event_name TEXT NOT NULL, secret_name TEXT NOT NULL, tolerance_ms INTEGER NOT NULL,
  updated_at INTEGER NOT NULL, PRIMARY KEY (tenant, name)) STRICT;
CREATE TABLE workflow_clock_fires (
  tenant TEXT NOT NULL, fire_key TEXT NOT NULL, workflow_id TEXT NOT NULL, scheduled_for INTEGER NOT NULL, outcome TEXT NOT NULL,
  reason TEXT NOT NULL, run_id TEXT, workflow_version INTEGER NOT NULL, fired_at INTEGER, recorded_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, fire_key)) STRICT;
CREATE INDEX workflow_clock_fires_by_time ON workflow_clock_fires (tenant, workflow_id, scheduled_for DESC);
CREATE INDEX workflow_clock_fires_held ON workflow_clock_fires (tenant, workflow_id, scheduled_for) WHERE outcome = 'HELD';
CREATE TABLE workflow_calendars (
  tenant TEXT NOT NULL, name TEXT NOT NULL, calendar_json TEXT NOT NULL, updated_at INTEGER NOT NULL, PRIMARY KEY (tenant, name)) STRICT;
CREATE TABLE workflow_task_states (
  tenant TEXT NOT NULL, task_id TEXT NOT NULL, due_at INTEGER, claimed_by TEXT, claimed_at INTEGER, announced_at INTEGER,
  escalated_at INTEGER, PRIMARY KEY (tenant, task_id)) STRICT;
CREATE INDEX workflow_task_states_due ON workflow_task_states (due_at) WHERE due_at IS NOT NULL AND escalated_at IS NULL;
)sql"},
     // Lists by every filter, what changed since, and who asked for what.
     {7, R"sql(
DROP INDEX workflow_runs_by_start;
CREATE INDEX workflow_runs_by_start ON workflow_runs (tenant, started_at DESC, run_id DESC);
DROP INDEX workflow_runs_by_status;
CREATE INDEX workflow_runs_by_status ON workflow_runs (tenant, status, started_at DESC, run_id DESC);
DROP INDEX workflow_runs_by_workflow;
CREATE INDEX workflow_runs_by_workflow ON workflow_runs (tenant, workflow_id, status, started_at DESC, run_id DESC);
DROP INDEX workflow_runs_by_parent;
CREATE INDEX workflow_runs_by_parent ON workflow_runs (tenant, parent_run_id, started_at DESC, run_id DESC) WHERE parent_run_id IS NOT NULL;
CREATE INDEX workflow_runs_by_root ON workflow_runs (tenant, root_run_id, started_at DESC, run_id DESC) WHERE parent_run_id IS NOT NULL;
CREATE INDEX workflow_runs_by_trigger ON workflow_runs (tenant, trigger_type, started_at DESC, run_id DESC);
CREATE INDEX workflow_runs_by_error ON workflow_runs (tenant, (error_json ->> 'code'), started_at DESC, run_id DESC) WHERE error_json IS NOT NULL;
CREATE INDEX workflow_run_steps_by_sequence ON workflow_run_steps (run_id, sequence);
CREATE INDEX workflow_run_waits_by_sequence ON workflow_run_waits (run_id, sequence);
CREATE TABLE workflow_audit (
  tenant TEXT NOT NULL, audit_id TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
  target_type TEXT NOT NULL, target_id TEXT NOT NULL, reason TEXT NOT NULL, outcome TEXT NOT NULL, code TEXT NOT NULL,
  created_id TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (tenant, audit_id)) STRICT;
CREATE INDEX workflow_audit_by_time ON workflow_audit (tenant, at DESC, audit_id DESC);
CREATE INDEX workflow_audit_by_target ON workflow_audit (tenant, target_id, at DESC, audit_id DESC);
)sql"},
     // Drafts count their savings from here on; archives, notes of versions, key-value pairs and
     // sealed secrets.
     {8, R"sql(
ALTER TABLE workflow_definitions ADD COLUMN payload_schema_mode TEXT NOT NULL DEFAULT 'pinned';
ALTER TABLE workflow_definitions ADD COLUMN archived_at INTEGER;
ALTER TABLE workflow_definition_versions ADD COLUMN notes_json TEXT NOT NULL DEFAULT '{}';
CREATE TABLE workflow_key_values (
  tenant TEXT NOT NULL, space TEXT NOT NULL, key TEXT NOT NULL, value_json TEXT, revision INTEGER NOT NULL,
  writer TEXT NOT NULL, updated_at INTEGER NOT NULL, PRIMARY KEY (tenant, space, key)) STRICT;
CREATE TABLE workflow_secrets (
  tenant TEXT NOT NULL, name TEXT NOT NULL, sealed TEXT NOT NULL, key_id TEXT NOT NULL, description TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, PRIMARY KEY (tenant, name)) STRICT;
)sql"},
     // Who may call.
     {9, R"sql(
CREATE TABLE workflow_api_keys (
  tenant TEXT NOT NULL, key_id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, secret_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL, expires_at INTEGER, revoked_at INTEGER, used_at INTEGER) STRICT;
CREATE INDEX workflow_api_keys_by_tenant ON workflow_api_keys (tenant, created_at DESC);
)sql"},
     // What changed of the steps is found without an index over each of them.
     {10, R"sql(
DROP INDEX workflow_run_steps_by_sequence;
CREATE INDEX workflow_run_steps_marks ON workflow_run_steps (run_id, sequence) WHERE step_number % 64 = 0;
CREATE INDEX workflow_run_steps_blocks ON workflow_run_steps (run_id, sequence) WHERE step_type IN ('control.forEach', 'control.tryCatch');
)sql"},
     // What is to be routed is a short list beside the events: a row of theirs is never changed.
     {11, R"sql(
CREATE TABLE workflow_event_backlog (
  tenant TEXT NOT NULL, event_id TEXT NOT NULL, received_at INTEGER NOT NULL, PRIMARY KEY (tenant, event_id)) STRICT, WITHOUT ROWID;
INSERT INTO workflow_event_backlog SELECT tenant, event_id, received_at FROM workflow_runtime_events WHERE is_routed = 0;
DROP INDEX workflow_runtime_events_unrouted;
ALTER TABLE workflow_runtime_events DROP COLUMN is_routed;
)sql"},
     // What is asked of people is found among many more waits for events, whoever the tenant is.
     {12, R"sql(
CREATE INDEX workflow_run_waits_people ON workflow_run_waits (created_at, wait_id) WHERE status = 'WAITING' AND wait_type = 'human';
)sql"},
     // Runs that a worker has and whose id the launcher could not write down are to be found, too.
     {13, R"sql(
DROP INDEX workflow_runs_unconfirmed;
CREATE INDEX workflow_runs_unconfirmed ON workflow_runs (started_at) WHERE temporal_run_id IS NULL;
)sql"},
     // What a receiver outside was not told yet.
     {14, R"sql(
CREATE TABLE workflow_notices (
  tenant TEXT NOT NULL, notice_id TEXT NOT NULL, message_json TEXT NOT NULL, tries INTEGER NOT NULL, next_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL, PRIMARY KEY (tenant, notice_id)) STRICT;
CREATE INDEX workflow_notices_by_time ON workflow_notices (next_at);
)sql"},
     // Lines of a run's log are read off its rows; many runs at once; lists that people named; how
     // long things are kept.
     {15, R"sql(
ALTER TABLE workflow_run_steps ADD COLUMN log_level TEXT;
UPDATE workflow_run_steps SET log_level = CASE WHEN status = 'FAILED' THEN 'ERROR' ELSE 'WARN' END
  WHERE (status = 'FAILED' AND (error_json IS NULL OR error_json ->> 'nodePath' = step_path)) OR (status = 'HANDLED' AND error_json IS NOT NULL);
CREATE INDEX workflow_run_steps_log ON workflow_run_steps (run_id, completed_at, step_number) WHERE log_level IS NOT NULL;
CREATE INDEX workflow_run_waits_log ON workflow_run_waits (run_id, created_at, wait_id) WHERE wait_type IN ('retry', 'quota');
CREATE TABLE workflow_bulk_jobs (
  tenant TEXT NOT NULL, job_id TEXT NOT NULL, job_key TEXT, actor TEXT NOT NULL, action TEXT NOT NULL,
  reason TEXT NOT NULL, request_json TEXT NOT NULL, state TEXT NOT NULL, place TEXT NOT NULL, rate INTEGER NOT NULL, created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL, completed_at INTEGER, worker TEXT NOT NULL, worker_until INTEGER NOT NULL, PRIMARY KEY (tenant, job_id)) STRICT;
CREATE UNIQUE INDEX workflow_bulk_jobs_by_key ON workflow_bulk_jobs (tenant, job_key) WHERE job_key IS NOT NULL;
CREATE INDEX workflow_bulk_jobs_by_time ON workflow_bulk_jobs (tenant, created_at DESC, job_id DESC);
CREATE INDEX workflow_bulk_jobs_open ON workflow_bulk_jobs (created_at, job_id) WHERE state IN ('RUNNING', 'STOPPING');
CREATE TABLE workflow_bulk_outcomes (
  tenant TEXT NOT NULL, job_id TEXT NOT NULL, run_id TEXT NOT NULL, outcome TEXT NOT NULL,
  code TEXT NOT NULL, created_id TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (tenant, job_id, run_id)) STRICT;
CREATE TABLE workflow_saved_views (
  tenant TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL, query_json TEXT NOT NULL,
  is_shared INTEGER NOT NULL, updated_at INTEGER NOT NULL, PRIMARY KEY (tenant, owner, name)) STRICT;
CREATE TABLE workflow_retention (
  tenant TEXT NOT NULL PRIMARY KEY, runs_days INTEGER, invocations_days INTEGER, events_days INTEGER, audit_days INTEGER,
  updated_at INTEGER NOT NULL) STRICT;
ALTER TABLE workflow_definitions ADD COLUMN policy_json TEXT NOT NULL DEFAULT '{}';
)sql"},
     // Fires that failed are tried again.
     {16, R"sql(
CREATE INDEX workflow_clock_fires_failed ON workflow_clock_fires (tenant, workflow_id, scheduled_for) WHERE outcome = 'FAILED' AND run_id IS NULL;
)sql"},
     // Which answer to a task stands. A success under a key that its author chose is kept longer.
     {17, R"sql(
ALTER TABLE workflow_task_states ADD COLUMN answer_id TEXT;
ALTER TABLE workflow_task_states ADD COLUMN answer_hash TEXT;
ALTER TABLE workflow_task_states ADD COLUMN answer_run_id TEXT;
ALTER TABLE workflow_task_states ADD COLUMN answer_signal_json TEXT;
ALTER TABLE workflow_task_states ADD COLUMN answered_at INTEGER;
CREATE INDEX workflow_task_states_unsettled ON workflow_task_states (answered_at) WHERE answer_signal_json IS NOT NULL;
ALTER TABLE workflow_action_invocations ADD COLUMN is_authored INTEGER NOT NULL DEFAULT 0;
UPDATE workflow_action_invocations SET is_authored = 1 WHERE length(idempotency_key) <> 64 OR ltrim(idempotency_key, '0123456789abcdef') <> '';
ALTER TABLE workflow_retention ADD COLUMN keys_days INTEGER;
)sql"}}};

Result<std::int64_t> applied_of(Connection& connection) {
  TRY(Statement select,
      connection.prepare("SELECT number, checksum FROM schema_migrations ORDER BY number"));
  std::int64_t applied = 0;
  while (true) {
    TRY(const bool has_row, select.step());
    if (!has_row) return applied;
    applied = select.number(0);
    if (applied > kMigrations.back().number) {
      return make_error(ErrorKind::Conflict, "STORE_TOO_NEW",
                        format("the database is at schema {}, this program knows {}", applied,
                               kMigrations.back().number),
                        "use the program that wrote it, or a newer one");
    }
    const char* sql = kMigrations[static_cast<std::size_t>(applied - 1)].sql;
    if (select.text(1) != json::sha256_hex(sql)) {
      return make_error(ErrorKind::Internal, "STORE_CORRUPT",
                        format("schema step {} is not the one that this program knows", applied),
                        "the database was made by another program: choose another database");
    }
  }
}

}  // namespace

Result<void> migrate(Connection& connection, std::int64_t newest) {
  TRY_DO(
      connection.execute("CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER PRIMARY "
                         "KEY, checksum TEXT NOT NULL) STRICT"));
  TRY(Transaction transaction, Transaction::begin(connection));
  TRY(const std::int64_t applied, applied_of(connection));
  for (const Migration& migration : kMigrations) {
    if (migration.number <= applied || migration.number > newest) continue;
    TRY_DO(connection.execute(migration.sql));
    TRY(Statement record,
        connection.prepare("INSERT INTO schema_migrations (number, checksum) VALUES (?, ?)"));
    TRY_DO(record.bind(migration.number).bind(json::sha256_hex(migration.sql)).run());
  }
  return transaction.commit();
}

}  // namespace fermata::store
