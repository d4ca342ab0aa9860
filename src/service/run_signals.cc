#include "service/run_signals.h"

#include "service/contract.h"

namespace fermata::service {

Result<void> TemporalSignals::signal(const RunId& run, const temporal::Signal& signal) {
  return client_.signal({temporal_workflow_id(run), ""}, signal);
}

}  // namespace fermata::service
