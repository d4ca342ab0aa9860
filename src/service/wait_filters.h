#pragma once
// WaitFilters: what the filters of open event waits say of an event, before it is sent to their
// runs. The same pure function that the run itself asks, over the same pinned program, so that the
// verdict is the run's own. INVARIANT: what cannot be found out turns nothing away: then the run
// decides.

#include <map>
#include <span>
#include <string>

#include "service/definition_cache.h"
#include "store/event_store.h"

namespace fermata::service {

// The wait's step in its program; null: it is not there, or waits for no event.
const definition::EventWaitStep* event_step_of(const projection::WaitRow& wait,
                                               const definition::Program& program);

class WaitFilters {
 public:
  // Of waits that have any filter by what their rows say; the others cost nothing. Errors: the
  // store's.
  static Result<WaitFilters> load(store::EventStore& store, DefinitionSource& definitions,
                                  std::span<const projection::WaitRow* const> waits);
  // The filter that turns the event away; null: the wait takes it.
  [[nodiscard]] const definition::EventFilter* refusal(const projection::WaitRow& wait,
                                                       const json::Value& payload) const;

 private:
  std::map<std::string, definition::ProgramPtr> programs_;  // by run
};

}  // namespace fermata::service
