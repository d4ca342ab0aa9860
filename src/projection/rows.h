#pragma once
// Rows of the read model, as values. They are a pure fold over effects (fold.h); the store writes
// them with upserts that a lower sequence number never overwrites, so a repeated activation changes
// nothing. Columns and words follow the seeds (docs/reference/tables.md). JSON columns are redacted
// before they come here.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "foundation/clock.h"
#include "foundation/ids.h"
#include "json/value.h"

namespace fermata::projection {

// Run status RUNNING, WAITING, PAUSED, SUCCEEDED, FAILED, CANCELED.
struct RunRow {
  TenantId tenant;
  RunId run_id;
  std::uint64_t sequence = 0;  // grows with every effect
  std::string status;
  std::optional<std::string> node_path;  // empty once terminal
  std::optional<json::Value> error;      // RunError::to_json
  std::optional<json::Value> output;     // result, when SUCCEEDED
  std::optional<TimeMs> completed_at;
  TimeMs updated_at = 0;
  // Not a column. Of an ended run how many steps it took: rows of more, and waits that are open,
  // were written before a crash by a task that then went another way. The store drops them.
  std::optional<std::uint64_t> steps;
};

// Step status STARTED, RETRY_SCHEDULED, SUCCEEDED, FAILED, HANDLED, CANCELED.
struct StepRow {
  TenantId tenant;
  RunId run_id;
  std::uint64_t step_number = 0;  // key together with run_id
  std::uint64_t sequence = 0;
  std::string step_path;
  std::string definition_step_id;
  std::string step_type;
  std::string iteration;
  std::string status;
  std::uint32_t attempt = 1;
  TimeMs started_at = 0;
  std::optional<TimeMs> completed_at;
  std::optional<json::Value> error;
  std::optional<json::Value> note;
  // DEBUG, INFO, WARN or ERROR: then it is a line of the run's log, too (store/run_log.h).
  std::optional<std::string> log_level;
};

// Wait type time, event, human, retry, quota; status WAITING, RESOLVED, TIMED_OUT, CANCELED.
struct WaitRow {
  TenantId tenant;
  RunId run_id;
  WaitId wait_id;  // key
  std::uint64_t sequence = 0;
  std::string step_path;
  std::string iteration;
  std::string wait_type;
  std::string status;
  std::optional<std::string> event_name;
  std::optional<std::string> correlation_key;
  std::optional<std::string> task_id;
  std::optional<TimeMs> timeout_at;
  TimeMs accepts_from = 0;
  std::optional<json::Value> payload;
  std::optional<std::string> matched_event_id;
  TimeMs created_at = 0;
  std::optional<TimeMs> resolved_at;
};

// What one activation of one run writes: coalesced, at most one row per key.
struct RowBatch {
  std::optional<RunRow> run;
  std::vector<StepRow> steps;
  std::vector<WaitRow> waits;
};

}  // namespace fermata::projection
