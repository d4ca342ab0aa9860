#pragma once
// EventRouter: the one path of an event, whatever door it came through: store, check, correlate,
// launch, resume. And the other side of the same guarantee: a wait that opens looks for events that
// were stored before it was seen. Delivery is one signal that carries the event's id, so however
// often it is tried, the run takes it once. Events go through in batches; each stands for itself.
// Where next: docs/internals/events.md.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "metrics/metrics.h"
#include "service/definition_cache.h"
#include "service/launch.h"
#include "service/run_signals.h"
#include "service/schemas.h"
#include "store/store.h"

namespace fermata::service {

struct EventRequest {
  TenantId tenant;
  std::string event_id;  // empty: one is made, and a repetition is another event
  std::string event_name;
  std::optional<std::string> correlation_key;
  json::Value payload;
  std::string payload_schema_ref;  // empty: the event type's
};

using Deliveries = std::vector<store::DeliveryRow>;

struct Accepted {
  store::EventRow event;
  bool is_new = false;  // false: it was stored before; it is routed again all the same
  Deliveries deliveries;
};

struct EventParts {
  store::EventStore& store;
  std::shared_ptr<RunSignals> signals;
  DefinitionSource& definitions;
  const Clock& clock;
  metrics::Metrics* metrics = nullptr;
};

class EventRouter {
 public:
  // Without a launcher it resumes only: what a worker needs when a wait opens.
  explicit EventRouter(EventParts parts) : parts_(std::move(parts)) {}
  EventRouter(EventParts parts, Launcher& launcher, Random& random)
      : parts_(std::move(parts)), launcher_(&launcher), random_(&random) {}

  // Errors: EVENT_INVALID, PAYLOAD_INVALID (with the schema's findings), SCHEMA_UNKNOWN, and the
  // store's. What comes after the event is stored does not fail the call: it is repeated by the
  // sweep.
  Result<Accepted> accept(const EventRequest& request);
  // The same for many, in one transaction; one that is refused does not hold the others. Fails as a
  // whole only when the store does.
  Result<std::vector<Result<Accepted>>> accept_all(std::span<const EventRequest> requests);
  // Serves every wait and every trigger that the events may concern. May be repeated. For each what
  // it did; an error for those whose runs could not be reached: they stay to be routed.
  Result<std::vector<Result<Deliveries>>> route(std::span<const store::EventRow> events);
  // Tries again what was put off: launches of workflows that were paused or busy. Gives how many
  // were launched.
  Result<std::size_t> launch_held();
  // The wait's row is committed: events that came meanwhile are delivered, page by page, as many as
  // a run may need of them. A look-up that takes longer than the task that asks for it goes on, in
  // the next one, where it got to.
  Result<void> wait_opened(const projection::WaitRow& wait);

 private:
  Result<store::EventRow> make_row(const EventRequest& request, const StoredSchemas& schemas) const;
  Result<store::DeliveryRow> resume(const store::EventRow& event,
                                    const projection::WaitRow& wait) const;
  store::DeliveryRow launch(const store::EventRow& event, const store::DefinitionRow& workflow);
  Result<json::Value> payload_for(const store::EventRow& event,
                                  const definition::Program& program) const;
  // What is to be done for one event, and what came of it.
  struct Job {
    std::size_t event = 0;
    std::function<Result<store::DeliveryRow>()> run;
    std::optional<Result<store::DeliveryRow>> result;
  };
  Result<void> add_resumes(std::span<const store::EventRow> events, std::vector<Job>& jobs) const;
  // What is written down of an event that the wait's filter turned away.
  [[nodiscard]] store::DeliveryRow filtered(const store::EventRow& event,
                                            const projection::WaitRow& wait,
                                            const definition::EventFilter& filter) const;
  Result<void> add_launches(std::span<const store::EventRow> events, std::vector<Job>& jobs);

  // How far the look-up of a wait got, for those that are longer than a page. What is behind it was
  // sent or turned away, and what comes behind it later finds the wait's row.
  using Place = std::optional<std::pair<TimeMs, std::string>>;
  struct Look {
    std::optional<std::string> key;
    TimeMs accepts_from = 0;
    Place until;
  };
  Place looked_until(const projection::WaitRow& wait);
  void note_look(const projection::WaitRow& wait, const Place& until);

  EventParts parts_;
  Launcher* launcher_ = nullptr;
  Random* random_ = nullptr;
  std::mutex mutex_;
  std::map<std::string, Look> looks_;  // by wait
};

}  // namespace fermata::service
