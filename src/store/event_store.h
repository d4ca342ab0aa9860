#pragma once
// What the store keeps for events, open waits, payload schemas and event types: the read side of
// routing. Errors as in store.h.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "foundation/clock.h"
#include "foundation/ids.h"
#include "foundation/result.h"
#include "json/value.h"
#include "projection/rows.h"

namespace fermata::store {

// An event as it came. Stored before anything is done with it; never changed but for `is_routed`.
struct EventRow {
  TenantId tenant;
  EventId event_id;
  std::string event_name;
  std::optional<std::string> correlation_key;
  json::Value payload;             // original: runs are made of it
  std::string payload_schema_ref;  // empty: none is known
  json::Value notes;               // {keySource, schema, …}: why it was correlated as it was
  TimeMs received_at = 0;
  bool is_routed = false;  // every wait and trigger that there was has been served
};

// What an event did: for one run that it resumed, or one workflow that it launched.
struct DeliveryRow {
  TenantId tenant;
  EventId event_id;
  std::string kind;     // resume, launch
  std::string target;   // run id, or workflow id
  std::string outcome;  // SIGNALED, RUN_CLOSED; LAUNCHED, LAUNCH_FAILED
  json::Value details;
  TimeMs at = 0;
};

struct EventFilter {
  std::optional<std::string> event_name;
  std::optional<std::string> correlation_key;
  std::size_t limit = 50;
  std::optional<std::pair<TimeMs, std::string>> after;  // newest first, as in RunFilter
};

struct SchemaRow {
  TenantId tenant;
  std::string ref;  // payload.Order.v1
  json::Value schema;
  TimeMs created_at = 0;
};
struct EventTypeRow {
  TenantId tenant;
  std::string event_name;
  std::string payload_schema_ref;
  std::string correlation_path;  // into the payload; empty: none
  TimeMs updated_at = 0;
};

class EventStore {
 public:
  virtual ~EventStore() = default;

  // False: an event with this id is there already; nothing was changed.
  virtual Result<bool> insert_event(const EventRow& row) = 0;
  virtual Result<EventRow> event(const TenantId& tenant, const EventId& id) = 0;
  virtual Result<std::vector<EventRow>> events(const TenantId& tenant,
                                               const EventFilter& filter) = 0;
  // Events of all tenants that came before `before` and whose routing did not end; oldest first.
  virtual Result<std::vector<EventRow>> unrouted_events(TimeMs before, std::size_t limit) = 0;
  // Writes what the event did; a delivery of the same kind and target keeps its first row.
  virtual Result<void> put_deliveries(std::span<const DeliveryRow> rows) = 0;
  virtual Result<void> mark_routed(const TenantId& tenant, const EventId& id) = 0;
  virtual Result<std::vector<DeliveryRow>> deliveries(const TenantId& tenant,
                                                      const EventId& id) = 0;

  // Open waits that the event may resume: by name, by key (or a wait without one), by time.
  virtual Result<std::vector<projection::WaitRow>> waits_for(const EventRow& event) = 0;
  // Events that the wait may take: by name, by key, received when it began to accept or later.
  virtual Result<std::vector<EventRow>> events_for(const projection::WaitRow& wait) = 0;
  // The wait of a task. NOT_FOUND.
  virtual Result<projection::WaitRow> task(const TenantId& tenant, const TaskId& task) = 0;
  // Open waits of one type, oldest first, after `after` (created_at and wait id).
  struct WaitFilter {
    std::string wait_type;
    std::size_t limit = 50;
    std::optional<std::pair<TimeMs, std::string>> after;
  };
  virtual Result<std::vector<projection::WaitRow>> open_waits(const TenantId& tenant,
                                                              const WaitFilter& filter) = 0;

  // STORE_CONFLICT when the reference is there with another schema: a version never changes.
  virtual Result<void> put_schema(const SchemaRow& row) = 0;
  virtual Result<std::vector<SchemaRow>> schemas(const TenantId& tenant) = 0;
  virtual Result<void> put_event_type(const EventTypeRow& row) = 0;
  virtual Result<std::vector<EventTypeRow>> event_types(const TenantId& tenant) = 0;
};

}  // namespace fermata::store
