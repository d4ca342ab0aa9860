#include "world.h"

#include <algorithm>

#include "json/value.h"

namespace fermata::model {
namespace {

bool is_match(const store::EventRow& event, const projection::WaitRow& wait) {
  return wait.event_name == event.event_name && event.correlation_key &&
         (!wait.correlation_key || wait.correlation_key == event.correlation_key) &&
         event.received_at >= wait.accepts_from;
}

}  // namespace

template <typename Value, typename Make>
Result<Value> StoreView::step(Make make) {
  using Kept = std::conditional_t<std::is_void_v<Value>, Result<void>, Value>;
  if (next_ >= log_.size()) {
    if (has_made_one_) {
      was_cut_ = true;
      return make_error(ErrorKind::Unavailable, "CUT", "the model stops here");
    }
    has_made_one_ = true;
    log_.emplace_back(std::in_place_type<Kept>, make());
  }
  return std::get<Kept>(log_[next_++]);
}

Result<std::vector<bool>> StoreView::insert_events(std::span<const store::EventRow> rows) {
  return step<std::vector<bool>>([&] {
    std::vector<bool> are_new;
    for (const store::EventRow& row : rows) {
      const auto is_same = [&](const store::EventRow& other) {
        return other.event_id == row.event_id;
      };
      const bool is_new = std::ranges::none_of(world_.events, is_same) &&
                          std::ranges::none_of(world_.unseen, is_same);
      auto& table = world_.bug == Bug::RouteBeforeStore ? world_.unseen : world_.events;
      if (is_new) table.push_back(row);
      are_new.push_back(is_new);
    }
    return are_new;
  });
}

Result<store::EventRow> StoreView::event(const TenantId&, const EventId& id) {
  return step<store::EventRow>([&] {
    for (const auto* table : {&world_.events, &world_.unseen})
      for (const store::EventRow& row : *table)
        if (row.event_id == id) return row;
    return store::EventRow{};
  });
}

Result<std::vector<store::Candidate>> StoreView::waits_for(
    std::span<const store::EventRow> events) {
  return step<std::vector<store::Candidate>>([&] {
    std::vector<store::Candidate> found;
    for (std::size_t i = 0; i < events.size(); ++i)
      for (const projection::WaitRow& wait : world_.waits)
        if (wait.status == "WAITING" && is_match(events[i], wait)) found.push_back({i, wait});
    return found;
  });
}

Result<std::vector<store::EventRow>> StoreView::events_for(const projection::WaitRow& wait,
                                                           const store::EventPage& page) {
  return step<std::vector<store::EventRow>>([&] {
    std::vector<store::EventRow> found;
    for (const store::EventRow& row : world_.events)
      if (is_match(row, wait) && !world_.signaled.contains(row.event_id.text)) found.push_back(row);
    const auto place = [](const store::EventRow& row) {
      return std::pair(row.received_at, row.event_id.text);
    };
    std::ranges::sort(found, {}, place);
    std::erase_if(found, [&](const auto& row) { return page.after && place(row) <= *page.after; });
    if (found.size() > page.limit) found.resize(page.limit);
    return found;
  });
}

Result<void> StoreView::put_routing(std::span<const store::DeliveryRow> rows,
                                    std::span<const store::EventRow> routed) {
  return step<void>([&] {
    for (const store::DeliveryRow& row : rows)
      if (row.outcome == "SIGNALED" ||
          (row.outcome == "FILTERED" && world_.bug == Bug::NoteTurnedAway))
        world_.signaled.insert(row.event_id.text);
    for (const store::EventRow& row : routed) {
      std::erase_if(world_.unseen, [&](const store::EventRow& unseen) {
        if (unseen.event_id == row.event_id) world_.events.push_back(unseen);
        return unseen.event_id == row.event_id;
      });
      for (store::EventRow& stored : world_.events)
        if (stored.event_id == row.event_id) stored.is_routed = true;
    }
    return Result<void>();
  });
}

Result<void> StoreView::signal(const RunId&, const temporal::Signal& signal) {
  auto sent = step<void>([&]() -> Result<void> {
    if (world_.is_closed) return make_error(ErrorKind::NotFound, "TEMPORAL_NOT_FOUND", "closed");
    // One id is one signal of one history.
    if (!world_.taken_requests.insert(signal.request_id).second) return {};
    const json::Value body = *temporal::to_json(signal.input.front());
    const json::Object& object = body.get_object();
    interpreter::EventArrived event;
    event.event_id = EventId(*json::string_at(object, "eventId"));
    event.event_name = *json::string_at(object, "eventName");
    event.correlation_key = json::string_at(object, "correlationKey");
    event.payload = object.at("payload");
    event.received_at = object.at("receivedAt").to_number<TimeMs>();
    world_.pending.emplace_back(std::move(event));
    return {};
  });
  return sent;
}

}  // namespace fermata::model
