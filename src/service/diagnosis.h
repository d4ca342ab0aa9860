#pragma once
// Diagnosis: why a run makes no progress, or what would wake it. Looks at the run's rows, at what
// Temporal says of it, and at who works on its queue; changes nothing.

#include <optional>
#include <string>
#include <vector>

#include "foundation/clock.h"
#include "store/store.h"
#include "temporal/client.h"

namespace fermata::service {

struct DiagnosisFinding {
  std::string code;     // NO_POLLER, BACKLOG, TASK_FAILING, ROWS_LAG, …
  std::string message;  // one sentence
  std::string help;     // what to do; may be empty
};

struct RunDiagnosis {
  std::string status;
  bool is_stuck = false;  // no progress, and nothing that it waits for
  TimeMs last_change = 0;
  std::vector<DiagnosisFinding> findings;
};

class Diagnosis {
 public:
  // How long nothing may change before that needs a reason.
  static constexpr std::int64_t kQuietMs = 60'000;

  Diagnosis(store::Store& store, temporal::Client client, const Clock& clock)
      : store_(store), client_(std::move(client)), clock_(clock) {}

  // Errors: NOT_FOUND, the store's.
  Result<RunDiagnosis> diagnose(const TenantId& tenant, const RunId& run);

 private:
  Result<TimeMs> last_change(const store::RunView& view);
  Result<void> explain_waits(const store::RunView& view, RunDiagnosis& made);
  Result<void> explain_children(const store::RunView& view, RunDiagnosis& made);
  // What holds up a run that should be moving.
  void explain_silence(const store::RunView& view, RunDiagnosis& made);
  std::optional<temporal::WorkflowDescription> explain_execution(const store::RunView& view,
                                                                 RunDiagnosis& made);
  void explain_sealed(const store::RunView& view, RunDiagnosis& made);
  void explain_sealed(const temporal::WorkflowDescription& described, RunDiagnosis& made);
  void explain_queue(RunDiagnosis& made);

  store::Store& store_;
  temporal::Client client_;
  const Clock& clock_;
};

}  // namespace fermata::service
