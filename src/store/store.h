#pragma once
// Store: definitions, read models and the ledger, behind one interface per concern. It holds no
// control: Temporal decides what happens. Every call is its own transaction and may be made from
// any thread. Errors everywhere: STORE_BUSY (locked for longer than we wait), STORE_FULL (disk),
// STORE_UNAVAILABLE, STORE_CONFLICT (a unique key is taken), NOT_FOUND, STORE_CORRUPT,
// STORE_TOO_NEW.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "foundation/clock.h"
#include "foundation/ids.h"
#include "foundation/result.h"
#include "json/value.h"
#include "projection/rows.h"
#include "store/clock_store.h"
#include "store/definition_store.h"
#include "store/event_store.h"
#include "store/task_store.h"
#include "store/tenant_store.h"

namespace fermata::store {

// What is known of a run when it is launched. The projection adds to the same row.
struct LaunchRow {
  TenantId tenant;
  RunId run_id;
  WorkflowId workflow_id;
  std::int64_t workflow_version = 0;
  std::string definition_hash;
  std::uint32_t semantics = 0;
  json::Value input;         // original, unredacted: replay needs it
  std::string trigger_type;  // api, event, schedule, recurring, child, replay
  json::Value trigger_metadata;
  std::optional<std::string> fire_key;  // unique over all runs: the same occurrence launches once
  std::optional<std::string> parent_run_id;
  std::string root_run_id;
  std::string temporal_workflow_id;
  std::optional<std::string> temporal_run_id;
  TimeMs started_at = 0;
};

struct RunView {
  LaunchRow launch;
  projection::RunRow run;
};

enum class InvocationStatus : std::uint8_t { Started, Succeeded, Failed };
struct InvocationRow {
  TenantId tenant;
  std::string idempotency_key;  // with the tenant: unique
  bool is_authored = false;     // the key is its author's, and may come again in another run
  RunId run_id;
  std::string step_path;
  std::string iteration;
  std::string action_id;
  int action_version = 1;
  InvocationStatus status = InvocationStatus::Started;
  std::uint32_t attempt = 1;
  std::string lease_owner;
  TimeMs lease_expires_at = 0;
  json::Value input;  // redacted
  std::string input_hash;
  std::optional<json::Value> output;
  std::optional<json::Value> error;
  TimeMs started_at = 0;
  std::optional<TimeMs> completed_at;
};

// Inserts the row; or, under its key, replaces status, attempt, lease, output, error and end of the
// one whose attempt and status are still as expected.
struct InvocationPut {
  InvocationRow row;
  std::uint32_t expected_attempt = 0;  // 0: there is no row
  InvocationStatus expected_status = InvocationStatus::Started;
};

// What a bundle brings.
struct BundleRows {
  std::vector<SchemaRow> schemas;
  std::vector<EventTypeRow> event_types;
  std::vector<Publication> publications;
};

class RunViews;
class ApiKeys;
class Notices;
class TaskAnswers;
class AuditLog;
class RunLog;
class BulkJobs;
class SavedViews;
class Retention;

class Store : public DefinitionStore,
              public EventStore,
              public ClockStore,
              public TaskStore,
              public TenantStore {
 public:
  // All of it in one transaction, publications in order. Errors: those of each of them alone; an
  // event type that is there already is a STORE_CONFLICT.
  virtual Result<void> put_bundle(const BundleRows& rows) = 0;
  // STORE_CONFLICT when run id or fire key is taken; WORKFLOW_AT_LIMIT when as many runs of the
  // workflow as `limit` have not ended, counted and inserted as one step.
  virtual Result<void> insert_launch(const LaunchRow& row,
                                     std::optional<std::int64_t> limit = std::nullopt) = 0;
  virtual Result<void> set_temporal_run(const RunId& run, const std::string& temporal_run_id) = 0;
  // Of all tenants, launched before `before`, and Temporal's id for them was never written down:
  // those that did not fail before Temporal had them. Oldest first.
  virtual Result<std::vector<RunView>> unconfirmed_launches(TimeMs before, std::size_t limit) = 0;
  // What the fire key launched, if it did.
  virtual Result<std::optional<LaunchRow>> launch_by(const TenantId& tenant,
                                                     const std::string& fire_key) = 0;
  // The launch failed before Temporal had it.
  virtual Result<void> fail_launch(const RunId& run, const json::Value& error, TimeMs now) = 0;
  // All in one transaction. A row of a lower sequence number never replaces a higher one. For each
  // put whether it was made; false: somebody else was faster.
  virtual Result<std::vector<bool>> write(std::span<const projection::RowBatch> batches,
                                          std::span<const InvocationPut> puts) = 0;
  virtual Result<RunView> run(const TenantId& tenant, const RunId& run) = 0;
  // In order of step number, after `after`.
  virtual Result<std::vector<projection::StepRow>> steps(const TenantId& tenant, const RunId& run,
                                                         std::uint64_t after,
                                                         std::size_t limit) = 0;
  virtual Result<std::vector<projection::WaitRow>> waits(const TenantId& tenant,
                                                         const RunId& run) = 0;

  virtual Result<std::vector<InvocationRow>> invocations(const TenantId& tenant,
                                                         const RunId& run) = 0;
  virtual Result<std::optional<InvocationRow>> invocation(const TenantId& tenant,
                                                          const std::string& key) = 0;
  // What people look at (run_views.h), and what operators did (audit_log.h).
  virtual RunViews& views() = 0;
  virtual AuditLog& audit() = 0;
  // What one run has to tell (run_log.h), many runs at once (bulk_jobs.h), lists that people named
  // (saved_views.h), what is kept how long (retention.h).
  virtual RunLog& log() = 0;
  virtual BulkJobs& bulk() = 0;
  virtual SavedViews& saved_views() = 0;
  virtual Retention& retention() = 0;
  // Who may call (api_keys.h).
  virtual ApiKeys& api_keys() = 0;
  // What a receiver outside has to be told (notices.h).
  virtual Notices& notices() = 0;
  // Which answer to a task stands (task_answers.h).
  virtual TaskAnswers& task_answers() = 0;
  virtual Result<void> check_health() = 0;
};

}  // namespace fermata::store
