// /api/v1/events
#include "api/render.h"
#include "api/routes.h"
#include "foundation/format.h"
#include "json/redact.h"
#include "service/event_message.h"

namespace fermata::api {
namespace {

constexpr std::size_t kBatchMax = 500;

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
  TRY(const service::Accepted accepted,
      parts.events.accept(service::event_from_json(body.get_object(), tenant_of(request))));
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
  std::vector<service::EventRequest> requests;
  for (const json::Value& event : events->get_array()) {
    if (!event.is_object())
      return make_error(ErrorKind::Invalid, "EVENT_INVALID", "events: expected objects");
    requests.push_back(service::event_from_json(event.get_object(), tenant_of(request)));
  }
  TRY(const auto answers, parts.events.accept_all(requests));
  json::Array items;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].has_value()) {
      items.push_back(render_accepted(*answers[i]));
    } else {
      const Error& error = answers[i].error();
      items.push_back(
          json::Object{{"eventId", requests[i].event_id},
                       {"error", json::Object{{"code", error.code}, {"message", error.message}}}});
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
  TRY(const auto rows, parts.store.events(tenant_of(request), filter));
  json::Array items;
  for (const store::EventRow& row : rows) items.push_back(render(row));
  json::Object page{{"items", std::move(items)}};
  if (rows.size() == filter.limit)
    page["nextCursor"] = cursor_text(rows.back().received_at, rows.back().event_id.text);
  return json::Value(std::move(page));
}

Result<json::Value> show(const ApiParts& parts, const http::Request& request) {
  const EventId id(request.params.at("id"));
  TRY(const auto row, parts.store.event(tenant_of(request), id));
  TRY(const auto deliveries, parts.store.deliveries(tenant_of(request), id));
  json::Value shown = render(row);
  shown.get_object()["payload"] = json::redact(row.payload);
  shown.get_object()["deliveries"] = render_all(deliveries);
  return shown;
}

// Why the event did what it did, and what it could still do.
Result<json::Value> explain(const ApiParts& parts, const http::Request& request) {
  const EventId id(request.params.at("id"));
  TRY(const auto row, parts.store.event(tenant_of(request), id));
  TRY(const auto deliveries, parts.store.deliveries(tenant_of(request), id));
  TRY(json::Value explained, parts.explain.event(row, deliveries));
  json::Value shown = render(row);
  json::Object& object = shown.get_object();
  object["deliveries"] = render_all(deliveries);
  for (auto& member : explained.get_object()) object[member.key()] = std::move(member.value());
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
  router.add("GET", "/api/v1/waits/{id}/near-misses", [&parts](const http::Request& r) {
    return answer(parts.explain.near_misses(tenant_of(r), WaitId(r.params.at("id"))));
  });
}

}  // namespace fermata::api
