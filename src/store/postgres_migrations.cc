// The schema, as numbered steps forward; up to the ninth the numbers are those of
// sqlite_migrations.cc. A step is never changed once it was released: its checksum is kept, and
// what is wrong gets a new step.
#include <algorithm>
#include <array>

#include "foundation/format.h"
#include "json/hash.h"
#include "store/postgres_store.h"

namespace fermata::store {
namespace {

struct Migration {
  std::int64_t number;
  const char* sql;
};

// Keys sort by bytes, as in SQLite. `json`, not `jsonb`: what was written is read back as it was.
constexpr std::array<Migration, 18> kMigrations = {
    {{1, R"sql(
CREATE TABLE workflow_definitions (
  tenant text COLLATE "C" NOT NULL, workflow_id text COLLATE "C" NOT NULL, name text NOT NULL, draft_definition json NOT NULL,
  draft_version bigint NOT NULL, published_version bigint NOT NULL DEFAULT 0, trigger_type text NOT NULL DEFAULT '',
  created_at bigint NOT NULL, updated_at bigint NOT NULL,
  PRIMARY KEY (tenant, workflow_id));
CREATE TABLE workflow_definition_versions (
  tenant text COLLATE "C" NOT NULL, workflow_id text COLLATE "C" NOT NULL, version bigint NOT NULL, definition_json json NOT NULL,
  definition_hash text NOT NULL, published_at bigint NOT NULL,
  PRIMARY KEY (tenant, workflow_id, version));
CREATE TABLE workflow_runs (
  run_id text COLLATE "C" NOT NULL PRIMARY KEY, tenant text COLLATE "C" NOT NULL, workflow_id text COLLATE "C" NOT NULL,
  workflow_version bigint NOT NULL, status text COLLATE "C" NOT NULL, node_path text, input_json json, output_json json, error_json json,
  trigger_type text NOT NULL, trigger_metadata_json json, trigger_fire_key text COLLATE "C" UNIQUE,
  engine text NOT NULL DEFAULT 'temporal', temporal_workflow_id text NOT NULL, temporal_run_id text,
  definition_hash text NOT NULL, runtime_semantics_version bigint NOT NULL, parent_run_id text COLLATE "C", root_run_id text COLLATE "C" NOT NULL,
  sequence bigint NOT NULL DEFAULT 0, started_at bigint NOT NULL, completed_at bigint, updated_at bigint NOT NULL);
CREATE INDEX workflow_runs_by_start ON workflow_runs (tenant, started_at DESC, run_id DESC);
CREATE INDEX workflow_runs_by_status ON workflow_runs (tenant, status, started_at DESC, run_id DESC);
CREATE INDEX workflow_runs_by_workflow ON workflow_runs (tenant, workflow_id, started_at DESC, run_id DESC);
CREATE INDEX workflow_runs_by_parent ON workflow_runs (parent_run_id);
CREATE TABLE workflow_run_steps (
  run_id text COLLATE "C" NOT NULL, step_number bigint NOT NULL, tenant text COLLATE "C" NOT NULL, sequence bigint NOT NULL,
  step_path text NOT NULL, definition_step_id text NOT NULL, step_type text NOT NULL, iteration text NOT NULL,
  status text NOT NULL, attempt bigint NOT NULL, started_at bigint NOT NULL, completed_at bigint,
  error_json json, note_json json,
  PRIMARY KEY (run_id, step_number));
CREATE TABLE workflow_run_waits (
  wait_id text COLLATE "C" NOT NULL PRIMARY KEY, run_id text COLLATE "C" NOT NULL, tenant text COLLATE "C" NOT NULL, sequence bigint NOT NULL,
  step_path text NOT NULL, iteration text NOT NULL, wait_type text NOT NULL, status text NOT NULL,
  event_name text COLLATE "C", correlation_key text COLLATE "C", task_id text COLLATE "C", timeout_at bigint, accepts_from bigint NOT NULL,
  payload json, matched_event_id text COLLATE "C", created_at bigint NOT NULL, resolved_at bigint);
CREATE INDEX workflow_run_waits_by_run ON workflow_run_waits (run_id, created_at);
CREATE INDEX workflow_run_waits_open ON workflow_run_waits (tenant, event_name, correlation_key) WHERE status = 'WAITING';
CREATE TABLE workflow_action_invocations (
  tenant text COLLATE "C" NOT NULL, idempotency_key text COLLATE "C" NOT NULL, run_id text COLLATE "C" NOT NULL,
  step_path text NOT NULL, iteration text NOT NULL,
  action_id text NOT NULL, action_version bigint NOT NULL, status text NOT NULL, attempt bigint NOT NULL,
  lease_owner text NOT NULL, lease_expires_at bigint NOT NULL, input_json json NOT NULL, input_hash text NOT NULL,
  output_json json, error_json json, started_at bigint NOT NULL, completed_at bigint,
  PRIMARY KEY (tenant, idempotency_key));
CREATE INDEX workflow_action_invocations_by_run ON workflow_action_invocations (run_id, started_at);
)sql"},
     {2, R"sql(
ALTER TABLE workflow_definitions ADD COLUMN trigger_event text COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX workflow_definitions_by_trigger ON workflow_definitions (tenant, trigger_event) WHERE trigger_event <> '';
CREATE INDEX workflow_runs_unconfirmed ON workflow_runs (started_at) WHERE temporal_run_id IS NULL AND status = 'RUNNING';
CREATE INDEX workflow_run_waits_by_task ON workflow_run_waits (tenant, task_id) WHERE task_id IS NOT NULL;
CREATE INDEX workflow_run_waits_by_type ON workflow_run_waits (tenant, wait_type, created_at, wait_id) WHERE status = 'WAITING';
CREATE TABLE workflow_runtime_events (
  tenant text COLLATE "C" NOT NULL, event_id text COLLATE "C" NOT NULL, event_name text COLLATE "C" NOT NULL,
  correlation_key text COLLATE "C", payload json NOT NULL, payload_schema_ref text NOT NULL, notes json NOT NULL,
  received_at bigint NOT NULL, is_routed bigint NOT NULL,
  PRIMARY KEY (tenant, event_id));
CREATE INDEX workflow_runtime_events_by_key ON workflow_runtime_events (tenant, event_name, correlation_key, received_at);
CREATE INDEX workflow_runtime_events_by_time ON workflow_runtime_events (tenant, received_at DESC, event_id DESC);
CREATE INDEX workflow_runtime_events_unrouted ON workflow_runtime_events (received_at) WHERE is_routed = 0;
CREATE TABLE workflow_event_deliveries (
  tenant text COLLATE "C" NOT NULL, event_id text COLLATE "C" NOT NULL, kind text COLLATE "C" NOT NULL, target text COLLATE "C" NOT NULL,
  outcome text NOT NULL, details json NOT NULL, at bigint NOT NULL, PRIMARY KEY (tenant, event_id, kind, target));
CREATE TABLE workflow_payload_schemas (
  tenant text COLLATE "C" NOT NULL, ref text COLLATE "C" NOT NULL, schema_json json NOT NULL, created_at bigint NOT NULL,
  PRIMARY KEY (tenant, ref));
CREATE TABLE workflow_event_types (
  tenant text COLLATE "C" NOT NULL, event_name text COLLATE "C" NOT NULL, payload_schema_ref text NOT NULL,
  correlation_path text NOT NULL, updated_at bigint NOT NULL, PRIMARY KEY (tenant, event_name));
)sql"},
     {3, R"sql(
ALTER TABLE workflow_runs ALTER COLUMN engine DROP NOT NULL;
)sql"},
     // Nothing executes them any more: said once, for good.
     {4, R"sql(
UPDATE workflow_run_waits SET status = 'RESOLVED', resolved_at = (extract(epoch FROM now()) * 1000)::bigint
  WHERE status = 'WAITING' AND run_id IN (
    SELECT run_id FROM workflow_runs WHERE (engine IS NULL OR engine = 'db') AND status IN ('RUNNING', 'WAITING'));
UPDATE workflow_runs SET status = 'CANCELED', node_path = NULL,
  completed_at = (extract(epoch FROM now()) * 1000)::bigint, updated_at = (extract(epoch FROM now()) * 1000)::bigint,
  error_json = '{"category":"Cancellation","code":"ENGINE_REMOVED","message":"the engine of this run was removed and nothing can execute it; launch it again","stage":"migration","migration":"0004"}'
  WHERE (engine IS NULL OR engine = 'db') AND status IN ('RUNNING', 'WAITING');
)sql"},
     // The published version that the workflow's schedule in Temporal is of; 0: it has none.
     {5, R"sql(
ALTER TABLE workflow_definitions ADD COLUMN schedule_version bigint NOT NULL DEFAULT 0;
)sql"},
     // Launches that wait, letters that cannot be read, webhooks, fires of clocks, people.
     {6, R"sql(
ALTER TABLE workflow_definitions ADD COLUMN paused_at bigint;
ALTER TABLE workflow_definitions ADD COLUMN concurrency_limit bigint;
ALTER TABLE workflow_definitions ADD COLUMN schedule_error json;
CREATE INDEX workflow_runs_active ON workflow_runs (tenant, workflow_id) WHERE status IN ('RUNNING', 'WAITING', 'PAUSED');
CREATE INDEX workflow_event_deliveries_held ON workflow_event_deliveries (tenant, target, at, event_id) WHERE outcome = 'HELD';
CREATE TABLE workflow_dead_letters (
  tenant text COLLATE "C" NOT NULL, letter_id text COLLATE "C" NOT NULL, source text NOT NULL, fields json NOT NULL, code text NOT NULL,
  message text NOT NULL, created_at bigint NOT NULL, reprocessed_at bigint, event_id text COLLATE "C", PRIMARY KEY (tenant, letter_id));
CREATE INDEX workflow_dead_letters_by_time ON workflow_dead_letters (tenant, created_at DESC, letter_id DESC);
CREATE TABLE workflow_webhooks (
  tenant text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL, event_name text NOT NULL, secret_name text NOT NULL, tolerance_ms bigint NOT NULL,
  updated_at bigint NOT NULL, PRIMARY KEY (tenant, name));
CREATE TABLE workflow_clock_fires (
  tenant text COLLATE "C" NOT NULL, fire_key text COLLATE "C" NOT NULL, workflow_id text COLLATE "C" NOT NULL, scheduled_for bigint NOT NULL, outcome text NOT NULL,
  reason text NOT NULL, run_id text COLLATE "C", workflow_version bigint NOT NULL, fired_at bigint, recorded_at bigint NOT NULL,
  PRIMARY KEY (tenant, fire_key));
CREATE INDEX workflow_clock_fires_by_time ON workflow_clock_fires (tenant, workflow_id, scheduled_for DESC);
CREATE INDEX workflow_clock_fires_held ON workflow_clock_fires (tenant, workflow_id, scheduled_for) WHERE outcome = 'HELD';
CREATE TABLE workflow_calendars (
  tenant text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL, calendar_json json NOT NULL, updated_at bigint NOT NULL, PRIMARY KEY (tenant, name));
CREATE TABLE workflow_task_states (
  tenant text COLLATE "C" NOT NULL, task_id text COLLATE "C" NOT NULL, due_at bigint, claimed_by text, claimed_at bigint, announced_at bigint,
  escalated_at bigint, PRIMARY KEY (tenant, task_id));
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
  tenant text COLLATE "C" NOT NULL, audit_id text COLLATE "C" NOT NULL, actor text COLLATE "C" NOT NULL, action text COLLATE "C" NOT NULL,
  target_type text NOT NULL, target_id text COLLATE "C" NOT NULL, reason text NOT NULL, outcome text NOT NULL, code text NOT NULL,
  created_id text COLLATE "C" NOT NULL, at bigint NOT NULL, PRIMARY KEY (tenant, audit_id));
CREATE INDEX workflow_audit_by_time ON workflow_audit (tenant, at DESC, audit_id DESC);
CREATE INDEX workflow_audit_by_target ON workflow_audit (tenant, target_id, at DESC, audit_id DESC);
)sql"},
     // Drafts count their savings from here on; archives, notes of versions, key-value pairs and
     // sealed secrets.
     {8, R"sql(
ALTER TABLE workflow_definitions ADD COLUMN payload_schema_mode text NOT NULL DEFAULT 'pinned';
ALTER TABLE workflow_definitions ADD COLUMN archived_at bigint;
ALTER TABLE workflow_definition_versions ADD COLUMN notes_json json NOT NULL DEFAULT '{}';
CREATE TABLE workflow_key_values (
  tenant text COLLATE "C" NOT NULL, space text COLLATE "C" NOT NULL, key text COLLATE "C" NOT NULL, value_json json, revision bigint NOT NULL,
  writer text NOT NULL, updated_at bigint NOT NULL, PRIMARY KEY (tenant, space, key));
CREATE TABLE workflow_secrets (
  tenant text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL, sealed text NOT NULL, key_id text NOT NULL, description text NOT NULL,
  created_at bigint NOT NULL, updated_at bigint NOT NULL, PRIMARY KEY (tenant, name));
)sql"},
     // Who may call.
     {9, R"sql(
CREATE TABLE workflow_api_keys (
  tenant text COLLATE "C" NOT NULL, key_id text COLLATE "C" NOT NULL PRIMARY KEY, name text NOT NULL, role text NOT NULL, secret_hash text NOT NULL,
  created_at bigint NOT NULL, expires_at bigint, revoked_at bigint, used_at bigint);
CREATE INDEX workflow_api_keys_by_tenant ON workflow_api_keys (tenant, created_at DESC);
)sql"},
     // A second fence around each tenant's rows, whatever a statement forgets
     // (docs/adr/0009-tenant-fence.md). Codes are searched by a column of their own: a condition
     // that calls a function cannot use an index behind a policy.
     {10, R"sql(
ALTER TABLE workflow_runs ADD COLUMN error_code text COLLATE "C" GENERATED ALWAYS AS (error_json ->> 'code') STORED;
DROP INDEX workflow_runs_by_error;
CREATE INDEX workflow_runs_by_error ON workflow_runs (tenant, error_code, started_at DESC, run_id DESC) WHERE error_code IS NOT NULL;
DO $$
DECLARE fenced text;
BEGIN
  FOR fenced IN SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE a.attname = 'tenant' AND NOT a.attisdropped AND c.relkind = 'r' AND c.relnamespace = quote_ident(current_schema())::regnamespace
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', fenced);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', fenced);
    EXECUTE format('CREATE POLICY tenant_fence ON %I USING ((SELECT current_setting(''fermata.tenant'', true)) IN (tenant, ''*''))', fenced);
  END LOOP;
END $$;
)sql"},
     // What changed of the steps is found without an index over each of them.
     {11, R"sql(
DROP INDEX workflow_run_steps_by_sequence;
CREATE INDEX workflow_run_steps_marks ON workflow_run_steps (run_id, sequence) WHERE step_number % 64 = 0;
CREATE INDEX workflow_run_steps_blocks ON workflow_run_steps (run_id, sequence) WHERE step_type IN ('control.forEach', 'control.tryCatch');
)sql"},
     // What is to be routed is a short list beside the events: a row of theirs is never changed.
     {12, R"sql(
CREATE TABLE workflow_event_backlog (
  tenant text COLLATE "C" NOT NULL, event_id text COLLATE "C" NOT NULL, received_at bigint NOT NULL, PRIMARY KEY (tenant, event_id));
ALTER TABLE workflow_event_backlog ENABLE ROW LEVEL SECURITY;
ALTER TABLE workflow_event_backlog FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_fence ON workflow_event_backlog USING ((SELECT current_setting('fermata.tenant', true)) IN (tenant, '*'));
INSERT INTO workflow_event_backlog SELECT tenant, event_id, received_at FROM workflow_runtime_events WHERE is_routed = 0;
DROP INDEX workflow_runtime_events_unrouted;
ALTER TABLE workflow_runtime_events DROP COLUMN is_routed;
)sql"},
     // What is asked of people is found among many more waits for events, whoever the tenant is.
     {13, R"sql(
CREATE INDEX workflow_run_waits_people ON workflow_run_waits (created_at, wait_id) WHERE status = 'WAITING' AND wait_type = 'human';
)sql"},
     // Runs that a worker has and whose id the launcher could not write down are to be found, too.
     {14, R"sql(
DROP INDEX workflow_runs_unconfirmed;
CREATE INDEX workflow_runs_unconfirmed ON workflow_runs (started_at) WHERE temporal_run_id IS NULL;
)sql"},
     // What a receiver outside was not told yet.
     {15, R"sql(
CREATE TABLE workflow_notices (
  tenant text COLLATE "C" NOT NULL, notice_id text COLLATE "C" NOT NULL, message_json json NOT NULL, tries bigint NOT NULL, next_at bigint NOT NULL,
  created_at bigint NOT NULL, PRIMARY KEY (tenant, notice_id));
CREATE INDEX workflow_notices_by_time ON workflow_notices (next_at);
ALTER TABLE workflow_notices ENABLE ROW LEVEL SECURITY;
ALTER TABLE workflow_notices FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_fence ON workflow_notices USING ((SELECT current_setting('fermata.tenant', true)) IN (tenant, '*'));
)sql"},
     // Lines of a run's log are read off its rows; many runs at once; lists that people named; how
     // long things are kept.
     {16, R"sql(
ALTER TABLE workflow_run_steps ADD COLUMN log_level text;
UPDATE workflow_run_steps SET log_level = CASE WHEN status = 'FAILED' THEN 'ERROR' ELSE 'WARN' END
  WHERE (status = 'FAILED' AND (error_json IS NULL OR error_json ->> 'nodePath' = step_path)) OR (status = 'HANDLED' AND error_json IS NOT NULL);
CREATE INDEX workflow_run_steps_log ON workflow_run_steps (run_id, completed_at, step_number) WHERE log_level IS NOT NULL;
CREATE INDEX workflow_run_waits_log ON workflow_run_waits (run_id, created_at, wait_id) WHERE wait_type IN ('retry', 'quota');
CREATE TABLE workflow_bulk_jobs (
  tenant text COLLATE "C" NOT NULL, job_id text COLLATE "C" NOT NULL, job_key text COLLATE "C", actor text NOT NULL, action text NOT NULL,
  reason text NOT NULL, request_json json NOT NULL, state text NOT NULL, place text NOT NULL, rate bigint NOT NULL, created_at bigint NOT NULL,
  updated_at bigint NOT NULL, completed_at bigint, worker text NOT NULL, worker_until bigint NOT NULL, PRIMARY KEY (tenant, job_id));
CREATE UNIQUE INDEX workflow_bulk_jobs_by_key ON workflow_bulk_jobs (tenant, job_key) WHERE job_key IS NOT NULL;
CREATE INDEX workflow_bulk_jobs_by_time ON workflow_bulk_jobs (tenant, created_at DESC, job_id DESC);
CREATE INDEX workflow_bulk_jobs_open ON workflow_bulk_jobs (created_at, job_id) WHERE state IN ('RUNNING', 'STOPPING');
CREATE TABLE workflow_bulk_outcomes (
  tenant text COLLATE "C" NOT NULL, job_id text COLLATE "C" NOT NULL, run_id text COLLATE "C" NOT NULL, outcome text COLLATE "C" NOT NULL,
  code text NOT NULL, created_id text NOT NULL, at bigint NOT NULL, PRIMARY KEY (tenant, job_id, run_id));
CREATE TABLE workflow_saved_views (
  tenant text COLLATE "C" NOT NULL, owner text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL, query_json json NOT NULL,
  is_shared bigint NOT NULL, updated_at bigint NOT NULL, PRIMARY KEY (tenant, owner, name));
CREATE TABLE workflow_retention (
  tenant text COLLATE "C" NOT NULL PRIMARY KEY, runs_days bigint, invocations_days bigint, events_days bigint, audit_days bigint,
  updated_at bigint NOT NULL);
ALTER TABLE workflow_definitions ADD COLUMN policy_json json NOT NULL DEFAULT '{}';
DO $$
DECLARE fenced text;
BEGIN
  FOREACH fenced IN ARRAY ARRAY['workflow_bulk_jobs', 'workflow_bulk_outcomes', 'workflow_saved_views', 'workflow_retention']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', fenced);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', fenced);
    EXECUTE format('CREATE POLICY tenant_fence ON %I USING ((SELECT current_setting(''fermata.tenant'', true)) IN (tenant, ''*''))', fenced);
  END LOOP;
END $$;
)sql"},
     // Fires that failed are tried again.
     {17, R"sql(
CREATE INDEX workflow_clock_fires_failed ON workflow_clock_fires (tenant, workflow_id, scheduled_for) WHERE outcome = 'FAILED' AND run_id IS NULL;
)sql"},
     // Which answer to a task stands. A success under a key that its author chose is kept longer.
     {18, R"sql(
ALTER TABLE workflow_task_states ADD COLUMN answer_id text, ADD COLUMN answer_hash text, ADD COLUMN answer_run_id text,
  ADD COLUMN answer_signal_json json, ADD COLUMN answered_at bigint;
CREATE INDEX workflow_task_states_unsettled ON workflow_task_states (answered_at) WHERE answer_signal_json IS NOT NULL;
ALTER TABLE workflow_action_invocations ADD COLUMN is_authored bigint NOT NULL DEFAULT 0;
UPDATE workflow_action_invocations SET is_authored = 1 WHERE length(idempotency_key) <> 64 OR ltrim(idempotency_key, '0123456789abcdef') <> '';
ALTER TABLE workflow_retention ADD COLUMN keys_days bigint;
)sql"}}};

// Ours alone among the advisory locks of a database: the letters "fermata" as a number.
constexpr std::int64_t kMigrationLock = 0x6665'726D'6174'61;

Result<std::int64_t> applied_of(PostgresConnection& connection) {
  TRY(const PostgresRows rows,
      connection.run("SELECT number, checksum FROM schema_migrations ORDER BY number"));
  std::int64_t applied = 0;
  for (int i = 0; i < rows.size(); ++i) {
    applied = rows[i].number(0);
    if (applied > kMigrations.back().number) {
      return make_error(ErrorKind::Conflict, "STORE_TOO_NEW",
                        format("the database is at schema {}, this program knows {}", applied,
                               kMigrations.back().number),
                        "use the program that wrote it, or a newer one");
    }
    const char* sql = kMigrations[static_cast<std::size_t>(applied - 1)].sql;
    if (rows[i].text(1) != json::sha256_hex(sql)) {
      return make_error(ErrorKind::Internal, "STORE_CORRUPT",
                        format("schema step {} is not the one that this program knows", applied),
                        "the database was made by another program: choose another database");
    }
  }
  return applied;
}

// A superuser's programs work as this role (PostgresConnection::open): policies do not hold
// superusers. Everybody else works as who they are.
Result<void> let_bound_role_in(PostgresConnection& connection) {
  TRY(const PostgresRows unbound,
      connection.run("SELECT quote_ident(current_schema()) FROM pg_roles WHERE rolname = "
                     "current_user AND (rolsuper OR rolbypassrls)"));
  if (unbound.empty()) return {};
  return connection.execute(format(
      "DO $$ BEGIN CREATE ROLE {0} NOLOGIN NOBYPASSRLS; EXCEPTION WHEN duplicate_object OR "
      "unique_violation THEN NULL; END $$; GRANT USAGE ON SCHEMA {1} TO {0}; GRANT SELECT, INSERT, "
      "UPDATE, DELETE ON ALL TABLES IN SCHEMA {1} TO {0}",
      kBoundRole, unbound[0].text(0)));
}

// Whether there is nothing to do, so that a program whose role may not change tables can start.
Result<bool> is_up_to_date(PostgresConnection& connection, std::int64_t newest) {
  TRY(const PostgresRows table,
      connection.run("SELECT to_regclass(quote_ident(current_schema()) || '.schema_migrations') IS "
                     "NOT NULL AND NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = current_user "
                     "AND (rolsuper OR rolbypassrls))"));
  if (table[0].text(0) != "t") return false;
  TRY(const std::int64_t applied, applied_of(connection));
  return applied == std::min(newest, kMigrations.back().number);
}

}  // namespace

Result<void> migrate(PostgresConnection& connection, const PostgresOptions& options) {
  const std::string& schema = options.schema;
  TRY(const bool is_done, is_up_to_date(connection, options.schema_newest));
  if (is_done) return {};
  TRY(PostgresTransaction transaction, PostgresTransaction::begin(connection));
  TRY(const PostgresRows locked,
      connection.run("SELECT pg_advisory_xact_lock($1)", Params().bind(kMigrationLock)));
  if (!schema.empty()) {
    TRY(const PostgresRows quoted,
        connection.run("SELECT quote_ident($1), to_regnamespace(quote_ident($1)) IS NULL",
                       Params().bind(schema)));
    // To say that it may be there already needs the right to make it.
    if (quoted[0].text(1) == "t") TRY_DO(connection.execute("CREATE SCHEMA " + quoted[0].text(0)));
  }
  // Steps that change rows change those of all tenants.
  TRY_DO(connection.execute("SET LOCAL fermata.tenant = '*'"));
  TRY_DO(
      connection.execute("CREATE TABLE IF NOT EXISTS schema_migrations (number bigint PRIMARY "
                         "KEY, checksum text NOT NULL)"));
  TRY(const std::int64_t applied, applied_of(connection));
  for (const Migration& migration : kMigrations) {
    if (migration.number <= applied || migration.number > options.schema_newest) continue;
    TRY_DO(connection.execute(migration.sql));
    Params record;
    record.bind(migration.number).bind(json::sha256_hex(migration.sql));
    TRY(const PostgresRows recorded,
        connection.run("INSERT INTO schema_migrations (number, checksum) VALUES ($1, $2)", record));
  }
  TRY_DO(let_bound_role_in(connection));
  return transaction.commit();
}

}  // namespace fermata::store
