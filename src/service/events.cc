#include "service/events.h"

#include <algorithm>

#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/text.h"
#include "service/payload_check.h"
#include "service/schemas.h"
#include "service/trigger_payload.h"

namespace fermata::service {
namespace {

// A key may be a text, a number or a boolean; anything else is none.
std::optional<std::string> key_text(const json::Value* value) {
  if (value == nullptr) return std::nullopt;
  if (value->is_string())
    return value->get_string().empty() ? std::nullopt
                                       : std::optional(json::to_std(value->get_string()));
  if (value->is_number() || value->is_bool()) return json::to_text(*value);
  return std::nullopt;
}

const json::Value* at_dotted(const json::Value& payload, std::string_view path) {
  const json::Value* at = &payload;
  while (at != nullptr && !path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    at = json::find(*at, path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return at;
}

struct Correlated {
  std::optional<std::string> key;
  std::string source;  // request, payload.<field>, path <path>; or why there is none
};

// Explicit keys first, then the event type's path. Never the event's id (seed S2).
Correlated correlate(const EventRequest& request, const std::string& path) {
  if (request.correlation_key && !request.correlation_key->empty())
    return {request.correlation_key, "request"};
  for (const std::string_view field : {"workflowCorrelationKey", "correlationKey"}) {
    if (auto key = key_text(json::find(request.payload, field)))
      return {std::move(key), format("payload.{}", field)};
  }
  if (path.empty()) return {std::nullopt, "no key in the event, and no path for its name"};
  if (auto key = key_text(at_dotted(request.payload, path)))
    return {std::move(key), format("path {}", path)};
  return {std::nullopt, format("nothing at the path {}", path)};
}

Error invalid_event(std::string message) {
  return make_error(ErrorKind::Invalid, "EVENT_INVALID", std::move(message));
}

Result<void> check_request(const EventRequest& request) {
  if (request.event_name.empty() || request.event_name.size() > limits::kNameBytesMax)
    return invalid_event("eventName: expected a name of at most 512 bytes");
  if (request.event_id.size() > limits::kNameBytesMax)
    return invalid_event("eventId: more than 512 bytes");
  if (request.correlation_key && request.correlation_key->size() > limits::kNameBytesMax)
    return invalid_event("correlationKey: more than 512 bytes");
  if (!request.payload.is_object()) return invalid_event("payload: expected an object");
  if (json::text_bytes(request.payload) > limits::kPayloadBytesMax)
    return make_error(ErrorKind::TooLarge, "EVENT_INVALID",
                      format("payload has more than {} bytes", limits::kPayloadBytesMax),
                      "send a reference to the data instead");
  return {};
}

}  // namespace

Result<store::EventRow> EventRouter::make_row(const EventRequest& request) const {
  TRY_DO(check_request(request));
  TRY(const StoredSchemas schemas, StoredSchemas::load(parts_.store, request.tenant));
  store::EventRow row;
  row.tenant = request.tenant;
  row.event_name = request.event_name;
  row.payload = request.payload;
  row.payload_schema_ref = request.payload_schema_ref.empty()
                               ? schemas.event_payload_ref(request.event_name).value_or("")
                               : request.payload_schema_ref;
  if (!row.payload_schema_ref.empty()) {
    const auto schema = schemas.payload_schema(row.payload_schema_ref);
    if (!schema)
      return make_error(ErrorKind::Invalid, "SCHEMA_UNKNOWN",
                        format("there is no payload schema `{}`", row.payload_schema_ref),
                        "register it first");
    TRY_DO(check_payload(*schema, row.payload));
  }
  Correlated correlated = correlate(request, schemas.correlation_path(request.event_name));
  row.correlation_key = std::move(correlated.key);
  row.notes = json::Object{{"correlation", correlated.source}};
  row.received_at = parts_.clock.now();
  return row;
}

Result<Accepted> EventRouter::accept(const EventRequest& request) {
  TRY(store::EventRow row, make_row(request));
  row.event_id = EventId(request.event_id.empty() ? random_->uuid() : request.event_id);
  Accepted accepted;
  TRY(accepted.is_new, parts_.store.insert_event(row));
  if (accepted.is_new) {
    accepted.event = std::move(row);
  } else {
    TRY(accepted.event, parts_.store.event(request.tenant, row.event_id));
  }
  // Stored is accepted. A failure from here on is the sweep's to mend.
  auto routed = accepted.event.is_routed
                    ? parts_.store.deliveries(request.tenant, accepted.event.event_id)
                    : route(accepted.event);
  if (routed.has_value()) {
    accepted.deliveries = *std::move(routed);
    accepted.event.is_routed = true;
  }
  return accepted;
}

Result<std::vector<store::DeliveryRow>> EventRouter::route(const store::EventRow& event) {
  std::vector<store::DeliveryRow> done;
  if (event.correlation_key) {
    TRY(const auto waits, parts_.store.waits_for(event));
    std::vector<RunId> runs;
    for (const projection::WaitRow& wait : waits) {
      if (std::ranges::find(runs, wait.run_id) == runs.end()) runs.push_back(wait.run_id);
    }
    for (const RunId& run : runs) {
      TRY(store::DeliveryRow delivery, resume(event, run));
      done.push_back(std::move(delivery));
    }
  }
  if (launcher_ != nullptr) {
    TRY(const auto workflows, parts_.store.triggered_by(event.tenant, event.event_name));
    for (const store::DefinitionRow& workflow : workflows) {
      store::DeliveryRow delivery = launch(event, workflow);
      // Away is not refused: the whole event is tried again.
      if (json::bool_at(delivery.details.get_object(), "isTransient").value_or(false))
        return make_error(ErrorKind::Unavailable, "TEMPORAL_UNAVAILABLE",
                          "a launch could not be made now");
      done.push_back(std::move(delivery));
    }
  }
  TRY_DO(parts_.store.put_deliveries(done));
  TRY_DO(parts_.store.mark_routed(event.tenant, event.event_id));
  return done;
}

Result<void> EventRouter::wait_opened(const projection::WaitRow& wait) {
  TRY(const auto events, parts_.store.events_for(wait));
  std::vector<store::DeliveryRow> done;
  for (const store::EventRow& event : events) {
    TRY(store::DeliveryRow delivery, resume(event, wait.run_id));
    done.push_back(std::move(delivery));
  }
  return done.empty() ? Result<void>() : parts_.store.put_deliveries(done);
}

Result<store::DeliveryRow> EventRouter::resume(const store::EventRow& event,
                                               const RunId& run) const {
  json::Object argument{{"eventId", event.event_id.text},
                        {"eventName", event.event_name},
                        {"payload", event.payload},
                        {"receivedAt", event.received_at}};
  if (event.correlation_key) argument["correlationKey"] = *event.correlation_key;
  temporal::Signal signal;
  signal.name = kEventSignal;
  signal.input = {temporal::to_payload(json::Value(std::move(argument)))};
  signal.request_id = event.event_id.text;
  const auto sent = parts_.client.signal({temporal_workflow_id(run), ""}, signal);
  store::DeliveryRow delivery{event.tenant, event.event_id, "resume",          run.text,
                              "SIGNALED",   json::Object{}, parts_.clock.now()};
  if (sent.has_value()) return delivery;
  if (sent.error().code != "TEMPORAL_NOT_FOUND") return sent.error();
  delivery.outcome = "RUN_CLOSED";
  return delivery;
}

store::DeliveryRow EventRouter::launch(const store::EventRow& event,
                                       const store::DefinitionRow& workflow) {
  store::DeliveryRow delivery{
      event.tenant,    event.event_id, "launch",          workflow.workflow_id.text,
      "LAUNCH_FAILED", json::Object{}, parts_.clock.now()};
  json::Object& details = delivery.details.get_object();
  const auto failed = [&](const Error& error) {
    details["code"] = error.code;
    details["message"] = error.message;
    details["isTransient"] = error.kind == ErrorKind::Unavailable;
    return delivery;
  };
  const auto program =
      parts_.definitions.load({event.tenant, workflow.workflow_id, workflow.published_version, ""});
  if (!program.has_value()) return failed(program.error());
  auto payload = payload_for(event, **program);
  if (!payload.has_value()) return failed(payload.error());
  LaunchRequest request;
  request.tenant = event.tenant;
  request.workflow_id = workflow.workflow_id;
  request.version = workflow.published_version;
  request.payload = *std::move(payload);
  request.trigger_type = "event";
  request.trigger_metadata = json::Object{{"eventId", event.event_id.text},
                                          {"eventName", event.event_name},
                                          {"payloadSchemaRef", event.payload_schema_ref}};
  // One event launches a workflow once, whatever is repeated.
  request.fire_key =
      format("event:{}:{}:{}", event.tenant.text, event.event_id.text, workflow.workflow_id.text);
  const auto launched = launcher_->launch(request);
  if (!launched.has_value() && launched.error().code != "STORE_CONFLICT")
    return failed(launched.error());
  delivery.outcome = "LAUNCHED";
  if (launched.has_value()) details["runId"] = launched->run_id.text;
  return delivery;
}

Result<json::Value> EventRouter::payload_for(const store::EventRow& event,
                                             const definition::Program& program) const {
  const auto& trigger = std::get<definition::EventTrigger>(*program.trigger);
  const json::Value shown =
      json::Object{{"name", event.event_name},
                   {"correlationKey", event.correlation_key ? json::Value(*event.correlation_key)
                                                            : json::Value(nullptr)},
                   {"payload", event.payload},
                   {"payloadSchemaRef", event.payload_schema_ref}};
  if (!trigger.payload_mapping) return event.payload;
  return map_trigger_payload(*trigger.payload_mapping, shown, parts_.clock.now());
}

}  // namespace fermata::service
