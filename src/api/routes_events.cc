// /api/v1/events
#include "api/render.h"
#include "api/routes.h"
#include "foundation/format.h"

namespace fermata::api {
namespace {

constexpr std::size_t kBatchMax = 100;

service::EventRequest request_of(const ApiParts& parts, const json::Object& body) {
  service::EventRequest made;
  made.tenant = parts.tenant;
  made.event_id = json::string_at(body, "eventId").value_or("");
  made.event_name = json::string_at(body, "eventName").value_or("");
  made.correlation_key = json::string_at(body, "correlationKey");
  if (!made.correlation_key)
    made.correlation_key = json::string_at(body, "workflow_correlation_key");
  made.payload_schema_ref = json::string_at(body, "payloadSchemaRef").value_or("");
  const json::Value* payload = json::find(body, "payload");
  made.payload = payload == nullptr ? json::Value(json::Object{}) : *payload;
  return made;
}

json::Array render_all(const std::vector<store::DeliveryRow>& rows) {
  json::Array items;
  for (const store::DeliveryRow& row : rows) items.push_back(render(row));
  return items;
}

json::Value render_accepted(const service::Accepted& accepted) {
  json::Value shown = render(accepted.event);
  shown.get_object()["isNew"] = accepted.is_new;
  shown.get_object()["deliveries"] = render_all(accepted.deliveries);
  return shown;
}

Result<json::Value> send(const ApiParts& parts, const http::Request& request) {
  TRY(const json::Value body, body_of(request));
  TRY(const service::Accepted accepted, parts.events.accept(request_of(parts, body.get_object())));
  return render_accepted(accepted);
}

// Each event stands for itself: one that is refused does not hold the others.
Result<json::Value> send_batch(const ApiParts& parts, const http::Request& request) {
  TRY(const json::Value body, body_of(request));
  const json::Value* events = json::find(body, "events");
  if (events == nullptr || !events->is_array() || events->get_array().size() > kBatchMax) {
    return make_error(ErrorKind::Invalid, "EVENT_INVALID",
                      format("events: expected a list of at most {} events", kBatchMax));
  }
  json::Array items;
  for (const json::Value& event : events->get_array()) {
    if (!event.is_object())
      return make_error(ErrorKind::Invalid, "EVENT_INVALID", "events: expected objects");
    const auto accepted = parts.events.accept(request_of(parts, event.get_object()));
    if (accepted.has_value()) {
      items.push_back(render_accepted(*accepted));
    } else {
      items.push_back(json::Object{
          {"eventId", json::string_at(event.get_object(), "eventId").value_or("")},
          {"error",
           json::Object{{"code", accepted.error().code}, {"message", accepted.error().message}}}});
    }
  }
  return json::Value(json::Object{{"items", std::move(items)}});
}

Result<json::Value> list(const ApiParts& parts, const http::Request& request) {
  store::EventFilter filter;
  filter.event_name = query_of(request, "eventName");
  filter.correlation_key = query_of(request, "correlationKey");
  TRY(filter.limit, limit_of(request));
  TRY(filter.after, cursor_of(request));
  TRY(const auto rows, parts.store.events(parts.tenant, filter));
  json::Array items;
  for (const store::EventRow& row : rows) items.push_back(render(row));
  json::Object page{{"items", std::move(items)}};
  if (rows.size() == filter.limit)
    page["nextCursor"] = cursor_text(rows.back().received_at, rows.back().event_id.text);
  return json::Value(std::move(page));
}

Result<json::Value> show(const ApiParts& parts, const http::Request& request) {
  const EventId id(request.params.at("id"));
  TRY(const auto row, parts.store.event(parts.tenant, id));
  TRY(const auto deliveries, parts.store.deliveries(parts.tenant, id));
  json::Value shown = render(row);
  shown.get_object()["payload"] = row.payload;
  shown.get_object()["deliveries"] = render_all(deliveries);
  return shown;
}

// Why the event did what it did, and what it could still do.
Result<json::Value> explain(const ApiParts& parts, const http::Request& request) {
  const EventId id(request.params.at("id"));
  TRY(const auto row, parts.store.event(parts.tenant, id));
  TRY(const auto deliveries, parts.store.deliveries(parts.tenant, id));
  TRY(const auto triggered, parts.store.triggered_by(parts.tenant, row.event_name));
  json::Array workflows;
  for (const store::DefinitionRow& workflow : triggered) {
    workflows.push_back(json::Object{{"workflowId", workflow.workflow_id.text},
                                     {"workflowVersion", workflow.published_version}});
  }
  json::Array waits;
  if (row.correlation_key) {
    TRY(const auto open, parts.store.waits_for(row));
    for (const projection::WaitRow& wait : open) waits.push_back(render(wait));
  }
  json::Value shown = render(row);
  json::Object& object = shown.get_object();
  object["deliveries"] = render_all(deliveries);
  object["triggers"] = std::move(workflows);
  // Delivered, and still open: their filters turned the event away.
  object["openWaits"] = std::move(waits);
  return shown;
}

}  // namespace

void add_event_routes(http::Router& router, const ApiParts& parts) {
  router.add("POST", "/api/v1/events",
             [&parts](const http::Request& r) { return answer(send(parts, r), 202); });
  router.add("POST", "/api/v1/events/batch",
             [&parts](const http::Request& r) { return answer(send_batch(parts, r), 202); });
  router.add("GET", "/api/v1/events",
             [&parts](const http::Request& r) { return answer(list(parts, r)); });
  router.add("GET", "/api/v1/events/{id}",
             [&parts](const http::Request& r) { return answer(show(parts, r)); });
  router.add("GET", "/api/v1/events/{id}/explain",
             [&parts](const http::Request& r) { return answer(explain(parts, r)); });
}

}  // namespace fermata::api
