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

// An event as it came. Stored before anything is done with it; never changed.
struct EventRow {
  TenantId tenant;
  EventId event_id;
  std::string event_name;
  std::optional<std::string> correlation_key;
  json::Value payload;             // original: runs are made of it
  std::string payload_schema_ref;  // empty: none is known
  json::Value notes;               // {correlation, path?}: why it was correlated as it was
  TimeMs received_at = 0;
  bool is_routed =
      false;  // not in the backlog: every wait and trigger that there was has been served
};

// What an event did: for one run that it resumed, or one workflow that it launched.
struct DeliveryRow {
  TenantId tenant;
  EventId event_id;
  std::string kind;    // resume, launch
  std::string target;  // run id, or workflow id
  // SIGNALED, RUN_CLOSED, REFUSED, or FILTERED: the run's wait turned it away, and the run has not
  // heard of it; LAUNCHED, LAUNCH_FAILED, or HELD: not now, tried again.
  std::string outcome;
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

// A message that no event could be made of, as it came.
struct LetterRow {
  TenantId tenant;
  std::string letter_id;  // of its source: the same message is one letter
  std::string source;     // redis:STREAM
  // [[name, text], …]; a value that is no text is {"base64": …}.
  json::Value fields;
  std::string code;  // what is wrong
  std::string message;
  TimeMs created_at = 0;
  std::optional<TimeMs> reprocessed_at;
  std::optional<std::string> event_id;  // what it became
};
// A door for signed messages of one sender.
struct WebhookRow {
  TenantId tenant;
  std::string name;
  std::string event_name;
  std::string secret_name;
  std::int64_t tolerance_ms = 0;
  TimeMs updated_at = 0;
};
// An open wait that one of several events may resume.
struct Candidate {
  std::size_t event = 0;  // which of them
  projection::WaitRow wait;
};

// Which definition a run is of.
struct RunVersion {
  RunId run_id;
  TenantId tenant;
  WorkflowId workflow_id;
  std::int64_t version = 0;
  std::string hash;
};
// Of events, oldest first: what comes after a time and id.
struct EventPage {
  std::size_t limit = 200;
  std::optional<std::pair<TimeMs, std::string>> after = std::nullopt;
};

struct DefinitionRow;

class EventStore {
 public:
  virtual ~EventStore() = default;

  // All in one transaction. For each whether it is new; false: an event with this id is there, or
  // came earlier in `rows`, and nothing was changed.
  virtual Result<std::vector<bool>> insert_events(std::span<const EventRow> rows) = 0;
  virtual Result<EventRow> event(const TenantId& tenant, const EventId& id) = 0;
  virtual Result<std::vector<EventRow>> events(const TenantId& tenant,
                                               const EventFilter& filter) = 0;
  // Events of all tenants that came before `before` and whose routing did not end; oldest first.
  virtual Result<std::vector<EventRow>> unrouted_events(TimeMs before, std::size_t limit) = 0;
  // How many there are, counted up to `most`.
  virtual Result<std::size_t> count_unrouted(std::size_t most) = 0;
  // Writes what events did and marks `routed` as served, in one transaction. A delivery of the same
  // kind and target keeps its first row, unless that one was HELD or FILTERED, or has no details
  // and the other is neither.
  virtual Result<void> put_routing(std::span<const DeliveryRow> rows,
                                   std::span<const EventRow> routed) = 0;
  // Launches that were put off, oldest first: at most `per_workflow` of each workflow that is not
  // paused, of all tenants.
  virtual Result<std::vector<DeliveryRow>> held_launches(std::size_t per_workflow) = 0;
  virtual Result<std::vector<DeliveryRow>> deliveries(const TenantId& tenant,
                                                      const EventId& id) = 0;

  // Open waits that the events may resume: by name, by key (or a wait without one), by time. In
  // the order of the events.
  virtual Result<std::vector<Candidate>> waits_for(std::span<const EventRow> events) = 0;
  // Published workflows that this event starts.
  virtual Result<std::vector<DefinitionRow>> triggered_by(const TenantId& tenant,
                                                          const std::string& event_name) = 0;
  // Events that the wait may take: by name, by key, received when it began to accept or later. What
  // is written down as sent to its run, the run has, over all its histories. Filters are not asked:
  // the store knows no definitions.
  virtual Result<std::vector<EventRow>> events_for(const projection::WaitRow& wait,
                                                   const EventPage& page) = 0;
  // Of those runs that there are, of all tenants; in no order.
  virtual Result<std::vector<RunVersion>> versions_of(std::span<const RunId> runs) = 0;

  // STORE_CONFLICT when the reference is there with another schema: a version never changes.
  virtual Result<void> put_schema(const SchemaRow& row) = 0;
  virtual Result<std::vector<SchemaRow>> schemas(const TenantId& tenant) = 0;
  virtual Result<void> put_event_type(const EventTypeRow& row) = 0;
  virtual Result<std::vector<EventTypeRow>> event_types(const TenantId& tenant) = 0;
  // Those of these names that there are: what an event needs, however many others there are.
  virtual Result<std::vector<SchemaRow>> schemas_of(const TenantId& tenant,
                                                    const std::vector<std::string>& refs) = 0;
  virtual Result<std::vector<EventTypeRow>> event_types_of(
      const TenantId& tenant, const std::vector<std::string>& names) = 0;

  // A letter that is there already stays as it is.
  virtual Result<void> put_letters(std::span<const LetterRow> rows) = 0;
  // Newest first, after `after` (created_at and letter id).
  struct LetterFilter {
    bool is_open = true;  // only those that were not reprocessed
    std::size_t limit = 50;
    std::optional<std::pair<TimeMs, std::string>> after;
  };
  virtual Result<std::vector<LetterRow>> letters(const TenantId& tenant,
                                                 const LetterFilter& filter) = 0;
  // Of all tenants, those that were not reprocessed; counts no further than `most`.
  virtual Result<std::size_t> count_letters(std::size_t most) = 0;
  virtual Result<LetterRow> letter(const TenantId& tenant, const std::string& id) = 0;
  virtual Result<void> mark_reprocessed(const TenantId& tenant, const std::string& letter,
                                        const EventId& event, TimeMs at) = 0;

  virtual Result<void> put_webhook(const WebhookRow& row) = 0;
  virtual Result<std::vector<WebhookRow>> webhooks(const TenantId& tenant) = 0;
  virtual Result<WebhookRow> webhook(const TenantId& tenant, const std::string& name) = 0;
  virtual Result<void> delete_webhook(const TenantId& tenant, const std::string& name) = 0;
};

}  // namespace fermata::store
