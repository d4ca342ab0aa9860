#pragma once
// Explain: why an event did what it did, and what would wake a run that waits. Reads only.

#include "service/definition_cache.h"
#include "store/store.h"

namespace fermata::service {

class Explain {
 public:
  Explain(store::Store& store, DefinitionSource& definitions)
      : store_(store), definitions_(definitions) {}

  // Of an open wait that the event meets by name: {waitId, runId, stepPath, verdict}, where the
  // verdict says what turned the event away, or that it is taken.
  Result<json::Value> candidate(const store::EventRow& event, const projection::WaitRow& wait);
  // {runId, status, waits: [{waitId, waitType, wakes, …}]}: for each open wait what would wake it,
  // and why events of its name that came lately did not. Error: NOT_FOUND.
  Result<json::Value> run(const TenantId& tenant, const RunId& run);

 private:
  Result<std::string> verdict(const store::EventRow& event, const projection::WaitRow& wait,
                              const definition::Program& program);
  Result<json::Value> event_wait(const projection::WaitRow& wait,
                                 const definition::Program& program);
  Result<definition::ProgramPtr> program_of(const store::RunView& run);

  store::Store& store_;
  DefinitionSource& definitions_;
};

}  // namespace fermata::service
