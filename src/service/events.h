#pragma once
// EventRouter: the one path of an event: store, check, correlate, launch, resume. And the other
// side of the same guarantee: a wait that opens looks for events that were stored before it was
// seen. Delivery is one signal that carries the event's id, so however often it is tried, the run
// takes it once. Where next: docs/internals/events.md.

#include <optional>
#include <string>
#include <vector>

#include "service/definition_cache.h"
#include "service/launch.h"
#include "store/store.h"
#include "temporal/client.h"

namespace fermata::service {

struct EventRequest {
  TenantId tenant;
  std::string event_id;  // empty: one is made, and a repetition is another event
  std::string event_name;
  std::optional<std::string> correlation_key;
  json::Value payload;
  std::string payload_schema_ref;  // empty: the event type's
};

struct Accepted {
  store::EventRow event;
  bool is_new = false;  // false: it was stored before; it is routed again all the same
  std::vector<store::DeliveryRow> deliveries;
};

struct EventParts {
  store::Store& store;
  temporal::Client client;
  DefinitionSource& definitions;
  const Clock& clock;
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
  // Serves every wait and every trigger that the event may concern. May be repeated.
  Result<std::vector<store::DeliveryRow>> route(const store::EventRow& event);
  // The wait's row is committed: events that came meanwhile are delivered.
  Result<void> wait_opened(const projection::WaitRow& wait);

 private:
  Result<store::EventRow> make_row(const EventRequest& request) const;
  Result<store::DeliveryRow> resume(const store::EventRow& event, const RunId& run) const;
  store::DeliveryRow launch(const store::EventRow& event, const store::DefinitionRow& workflow);
  Result<json::Value> payload_for(const store::EventRow& event,
                                  const definition::Program& program) const;

  EventParts parts_;
  Launcher* launcher_ = nullptr;
  Random* random_ = nullptr;
};

}  // namespace fermata::service
