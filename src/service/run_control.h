#pragma once
// Operator controls: cancel, pause, resume. Temporal first: when it says no, nothing is projected
// (seed S1).

#include <string>

#include "foundation/ids.h"
#include "store/store.h"
#include "temporal/client.h"

namespace fermata::service {

// What an expression sees at a run's place: payload, vars, local, system, meta, error, and
// `layers`, the records of its loops from the inside out.
struct RunScopes {
  json::Value values;
  std::string current_path;  // empty: at its end
};

struct ControlReason {
  std::string text;
  // Calls with the same key are one, however often a crash repeats them; empty: each is one.
  std::string key = {};
};

class RunControl {
 public:
  RunControl(store::Store& store, temporal::Client client)
      : store_(store), client_(std::move(client)) {}

  // Errors: NOT_FOUND, RUN_NOT_ACTIVE, WORKFLOW_TEMPORAL_CANCEL_FAILED.
  Result<void> cancel(const TenantId& tenant, const RunId& run, const ControlReason& reason);
  // Between two steps; what is under way ends first. Errors: NOT_FOUND, RUN_NOT_ACTIVE, TEMPORAL_*.
  Result<void> pause(const TenantId& tenant, const RunId& run, const ControlReason& reason);
  Result<void> resume(const TenantId& tenant, const RunId& run, const ControlReason& reason);
  // As the worker has them now, redacted. Errors: NOT_FOUND, TEMPORAL_* (no worker answers).
  Result<RunScopes> scopes(const TenantId& tenant, const RunId& run);

 private:
  Result<store::RunView> active(const TenantId& tenant, const RunId& run,
                                std::string_view verb) const;
  Result<void> signal(const store::RunView& view, std::string_view name,
                      const ControlReason& reason) const;

  store::Store& store_;
  temporal::Client client_;
};

}  // namespace fermata::service
