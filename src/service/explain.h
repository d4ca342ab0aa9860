#pragma once
// Explain: why an event did what it did, what would wake a run that waits, and which events nearly
// did. Reads only, and little: what is shown is bounded (store/run_views.h).

#include <string>
#include <vector>

#include "service/definition_cache.h"
#include "store/store.h"

namespace fermata::service {

class Explain {
 public:
  Explain(store::Store& store, DefinitionSource& definitions)
      : store_(store), definitions_(definitions) {}

  // {schema, key, triggers, waits}: whether the payload fits, which key it carries and where from,
  // what each workflow that it starts did, and what each open wait for its name says of it.
  Result<json::Value> event(const store::EventRow& row,
                            const std::vector<store::DeliveryRow>& deliveries);
  // The run's open waits: [{waitId, waitType, stepPath, wakes, timeoutAt, …}], those for events
  // with their filters and what nearly met. Error: NOT_FOUND.
  Result<json::Value> waits(const TenantId& tenant, const RunId& run);
  // {waitId, …, items}: events of the wait's name, newest first, each with what the wait says of
  // it. Errors: NOT_FOUND, also for a wait that is for no event.
  Result<json::Value> near_misses(const TenantId& tenant, const WaitId& id);

 private:
  Result<json::Value> verdict(const store::EventRow& event, const projection::WaitRow& wait);
  Result<json::Value> shown(const projection::WaitRow& wait);
  Result<json::Array> near(const projection::WaitRow& wait);
  Result<json::Value> schema_verdict(const store::EventRow& event);
  Result<json::Value> triggers(const store::EventRow& event,
                               const std::vector<store::DeliveryRow>& deliveries);
  Result<definition::ProgramPtr> program_of(const projection::WaitRow& wait);

  store::Store& store_;
  DefinitionSource& definitions_;
};

// "an event `PAID` with the key `order-7`, until 2026-01-01T00:00:00Z"
std::string what_wakes(const projection::WaitRow& wait);

}  // namespace fermata::service
