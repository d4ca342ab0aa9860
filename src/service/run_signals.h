#pragma once
// RunSignals: how an event or an answer reaches a run. One signal with an id: however often it is
// sent, the run takes it once. An interface, so that the order of everything around it can be tried
// out without a server.

#include "foundation/ids.h"
#include "foundation/result.h"
#include "temporal/client.h"

namespace fermata::service {

class RunSignals {
 public:
  virtual ~RunSignals() = default;
  // Errors: TEMPORAL_NOT_FOUND when the run has ended; of kind Unavailable: try again; all others
  // are final.
  virtual Result<void> signal(const RunId& run, const temporal::Signal& signal) = 0;
};

class TemporalSignals final : public RunSignals {
 public:
  explicit TemporalSignals(temporal::Client client) : client_(std::move(client)) {}
  Result<void> signal(const RunId& run, const temporal::Signal& signal) override;

 private:
  temporal::Client client_;
};

}  // namespace fermata::service
