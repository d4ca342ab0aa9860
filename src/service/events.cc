#include "service/events.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/text.h"
#include "service/contract.h"
#include "service/correlate.h"
#include "service/payload_check.h"
#include "service/trigger_payload.h"
#include "service/wait_filters.h"

namespace fermata::service {
namespace {

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

// A few at once: each waits for Temporal, none needs a processor.
template <typename Job>
void run_all(std::vector<Job>& jobs) {
  constexpr std::size_t kAtOnce = 8;
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < jobs.size(); i = next++) jobs[i].result = jobs[i].run();
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < std::min(kAtOnce, jobs.size()); ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

Result<store::EventRow> EventRouter::make_row(const EventRequest& request,
                                              const StoredSchemas& schemas) const {
  TRY_DO(check_request(request));
  store::EventRow row;
  row.tenant = request.tenant;
  row.event_id = EventId(request.event_id.empty() ? random_->uuid() : request.event_id);
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
    if (row.payload_schema_ref != kAnyPayload) TRY_DO(check_payload(*schema, row.payload));
  }
  Correlated correlated = correlate(request.correlation_key, request.payload,
                                    schemas.correlation_path(request.event_name));
  row.correlation_key = std::move(correlated.key);
  row.notes = json::Object{{"correlation", correlated.source}};
  if (!correlated.path.empty()) row.notes.get_object()["path"] = correlated.path;
  row.received_at = parts_.clock.now();
  return row;
}

Result<Accepted> EventRouter::accept(const EventRequest& request) {
  TRY(auto accepted, accept_all(std::span(&request, 1)));
  return std::move(accepted.front());
}

Result<std::vector<Result<Accepted>>> EventRouter::accept_all(
    std::span<const EventRequest> requests) {
  std::vector<Result<Accepted>> answers;
  std::vector<store::EventRow> rows;
  std::vector<std::size_t> places;  // of each row among the answers
  std::map<std::string, StoredSchemas::Wanted> wanted;
  for (const EventRequest& request : requests) {
    StoredSchemas::Wanted& names = wanted[request.tenant.text];
    if (request.event_name.size() <= limits::kNameBytesMax) names.events.insert(request.event_name);
    if (!request.payload_schema_ref.empty()) names.refs.insert(request.payload_schema_ref);
  }
  std::map<std::string, StoredSchemas> schemas;
  for (const auto& [tenant, names] : wanted) {
    TRY(auto loaded, StoredSchemas::load_some(parts_.store, TenantId(tenant), names));
    schemas.emplace(tenant, std::move(loaded));
  }
  for (const EventRequest& request : requests) {
    auto row = make_row(request, schemas.at(request.tenant.text));
    if (row.has_value()) {
      places.push_back(answers.size());
      answers.emplace_back(Accepted{*row, false, {}});
      rows.push_back(*std::move(row));
    } else {
      answers.emplace_back(row.error());
    }
  }
  if (rows.empty()) return answers;
  TRY(const std::vector<bool> are_new, parts_.store.insert_events(rows));
  // Stored is accepted. A failure from here on is the sweep's to mend.
  std::vector<store::EventRow> to_route;
  std::vector<std::size_t> routed_places;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Accepted& accepted = *answers[places[i]];
    accepted.is_new = are_new[i];
    if (!are_new[i]) {
      TRY(accepted.event, parts_.store.event(rows[i].tenant, rows[i].event_id));
      if (accepted.event.is_routed) {
        TRY(accepted.deliveries, parts_.store.deliveries(rows[i].tenant, rows[i].event_id));
        continue;
      }
    }
    to_route.push_back(accepted.event);
    routed_places.push_back(places[i]);
  }
  auto routed = route(to_route);
  for (std::size_t i = 0; routed.has_value() && i < to_route.size(); ++i) {
    Accepted& accepted = *answers[routed_places[i]];
    if (!(*routed)[i].has_value()) continue;
    accepted.deliveries = *std::move((*routed)[i]);
    accepted.event.is_routed = true;
  }
  return answers;
}

Result<void> EventRouter::add_resumes(std::span<const store::EventRow> events,
                                      std::vector<Job>& jobs) const {
  TRY(auto candidates, parts_.store.waits_for(events));
  // Without a key it is for nobody in particular, and so for nobody.
  std::erase_if(candidates, [&](const store::Candidate& candidate) {
    return !events[candidate.event].correlation_key;
  });
  std::vector<const projection::WaitRow*> waits;
  for (const store::Candidate& candidate : candidates) waits.push_back(&candidate.wait);
  TRY(const WaitFilters filters, WaitFilters::load(parts_.store, parts_.definitions, waits));
  // A crash may have left a run more waits than the one that it has: any that takes the event
  // counts, and only when none does it is turned away.
  using Target = std::pair<std::size_t, std::string>;
  std::set<Target> resumed;
  std::map<Target, store::DeliveryRow> refused;
  for (const store::Candidate& candidate : candidates) {
    const store::EventRow& event = events[candidate.event];
    const projection::WaitRow& wait = candidate.wait;
    const Target target(candidate.event, wait.run_id.text);
    if (resumed.contains(target)) continue;
    if (const auto* filter = filters.refusal(wait, event.payload)) {
      refused.insert_or_assign(target, filtered(event, wait, *filter));
      continue;
    }
    resumed.insert(target);
    refused.erase(target);
    jobs.push_back({candidate.event, [this, &event, wait] { return resume(event, wait); }, {}});
  }
  for (auto& [target, row] : refused)
    jobs.push_back({target.first, [row] { return Result<store::DeliveryRow>(row); }, {}});
  return {};
}

// Of the filter its place alone: what stands there is the sender's.
store::DeliveryRow EventRouter::filtered(const store::EventRow& event,
                                         const projection::WaitRow& wait,
                                         const definition::EventFilter& filter) const {
  return {event.tenant,
          event.event_id,
          "resume",
          wait.run_id.text,
          "FILTERED",
          json::Object{{"waitId", wait.wait_id.text},
                       {"stepPath", wait.step_path},
                       {"filter", filter.source_path}},
          parts_.clock.now()};
}

Result<void> EventRouter::add_launches(std::span<const store::EventRow> events,
                                       std::vector<Job>& jobs) {
  using Workflows = std::shared_ptr<std::vector<store::DefinitionRow>>;
  std::map<std::pair<std::string, std::string>, Workflows> triggered;
  for (std::size_t i = 0; i < events.size(); ++i) {
    Workflows& workflows = triggered[{events[i].tenant.text, events[i].event_name}];
    if (workflows == nullptr) {
      TRY(auto found, parts_.store.triggered_by(events[i].tenant, events[i].event_name));
      workflows = std::make_shared<std::vector<store::DefinitionRow>>(std::move(found));
    }
    for (std::size_t w = 0; w < workflows->size(); ++w) {
      jobs.push_back({i,
                      [this, &event = events[i], workflows, w]() -> Result<store::DeliveryRow> {
                        return launch(event, (*workflows)[w]);
                      },
                      {}});
    }
  }
  return {};
}

Result<std::vector<Result<Deliveries>>> EventRouter::route(
    std::span<const store::EventRow> events) {
  std::vector<Result<Deliveries>> answers(events.size(), Deliveries{});
  if (events.empty()) return answers;
  std::vector<Job> jobs;
  TRY_DO(add_resumes(events, jobs));
  if (launcher_ != nullptr) TRY_DO(add_launches(events, jobs));
  run_all(jobs);
  std::vector<store::DeliveryRow> done;
  for (Job& job : jobs) {
    auto& answer = answers[job.event];
    if (job.result->has_value()) done.push_back(**job.result);
    if (!answer.has_value()) continue;
    if (job.result->has_value()) {
      answer->push_back(**std::move(job.result));
    } else {
      answer = job.result->error();
    }
  }
  std::vector<store::EventRow> routed;
  for (std::size_t i = 0; i < events.size(); ++i)
    if (answers[i].has_value()) routed.push_back(events[i]);
  TRY_DO(parts_.store.put_routing(done, routed));
  return answers;
}

Result<std::size_t> EventRouter::launch_held() {
  constexpr std::size_t kPerWorkflow = 50;
  TRY(const auto held, parts_.store.held_launches(kPerWorkflow));
  std::size_t launched = 0;
  std::set<std::pair<std::string, std::string>> busy;
  for (const store::DeliveryRow& row : held) {
    const std::pair workflow_key(row.tenant.text, row.target);
    // Oldest first: none goes before one that still waits.
    if (busy.contains(workflow_key)) continue;
    TRY(const store::EventRow event, parts_.store.event(row.tenant, row.event_id));
    TRY(const auto workflows, parts_.store.triggered_by(row.tenant, event.event_name));
    const auto workflow =
        std::ranges::find(workflows, row.target,
                          [](const store::DefinitionRow& found) { return found.workflow_id.text; });
    store::DeliveryRow tried = row;
    if (workflow != workflows.end()) {
      tried = launch(event, *workflow);
    } else {
      tried.outcome = "LAUNCH_FAILED";
      tried.details = json::Object{{"message", "the event does not start the workflow any more"}};
    }
    if (tried.outcome == "HELD") {
      busy.insert(workflow_key);
      continue;
    }
    if (tried.outcome == "LAUNCHED") ++launched;
    TRY_DO(parts_.store.put_routing(std::span(&tried, 1), {}));
  }
  return launched;
}

Result<void> EventRouter::wait_opened(const projection::WaitRow& wait) {
  // The first that the run has not had ends the wait. The others are for waits to come, which look
  // for themselves; there are more than one because a crash may keep it from being written down
  // that the run had the first ones.
  constexpr std::size_t kSentMax = 100;
  const projection::WaitRow* const waits[] = {&wait};
  TRY(const WaitFilters filters, WaitFilters::load(parts_.store, parts_.definitions, waits));
  store::EventPage page;
  page.after = looked_until(wait);
  for (std::size_t sent = 0; sent < kSentMax;) {
    TRY(const auto events, parts_.store.events_for(wait, page));
    std::vector<store::DeliveryRow> done;
    for (const store::EventRow& event : events) {
      if (sent == kSentMax) break;
      page.after = {event.received_at, event.event_id.text};
      // Not written down, since there may be any number: it is told when somebody asks (Explain).
      if (filters.refusal(wait, event.payload) != nullptr) continue;
      TRY(store::DeliveryRow delivery, resume(event, wait));
      done.push_back(std::move(delivery));
      ++sent;
    }
    if (!done.empty()) TRY_DO(parts_.store.put_routing(done, {}));
    if (events.size() < page.limit) break;
    note_look(wait, page.after);
  }
  return {};
}

// A repeated task may have gone another way, and have opened the wait with another key.
EventRouter::Place EventRouter::looked_until(const projection::WaitRow& wait) {
  const std::scoped_lock lock(mutex_);
  const auto found = looks_.find(wait.wait_id.text);
  if (found == looks_.end()) return std::nullopt;
  const Look& look = found->second;
  if (look.key == wait.correlation_key && look.accepts_from <= wait.accepts_from) return look.until;
  looks_.erase(found);
  return std::nullopt;
}

void EventRouter::note_look(const projection::WaitRow& wait, const Place& until) {
  // What is forgotten is begun anew.
  constexpr std::size_t kLooksMax = 1'000;
  const std::scoped_lock lock(mutex_);
  if (looks_.size() >= kLooksMax) looks_.clear();
  looks_.insert_or_assign(wait.wait_id.text, Look{wait.correlation_key, wait.accepts_from, until});
}

Result<store::DeliveryRow> EventRouter::resume(const store::EventRow& event,
                                               const projection::WaitRow& wait) const {
  json::Object argument{{"eventId", event.event_id.text},
                        {"eventName", event.event_name},
                        {"payload", event.payload},
                        {"receivedAt", event.received_at},
                        {"waitId", wait.wait_id.text}};
  if (event.correlation_key) argument["correlationKey"] = *event.correlation_key;
  temporal::Signal signal;
  signal.name = kEventSignal;
  signal.input = {temporal::to_payload(json::Value(std::move(argument)))};
  signal.request_id = event.event_id.text;
  const auto sent = parts_.signals->signal(wait.run_id, signal);
  store::DeliveryRow delivery{event.tenant, event.event_id, "resume",          wait.run_id.text,
                              "SIGNALED",   json::Object{}, parts_.clock.now()};
  if (sent.has_value() && parts_.metrics != nullptr)
    parts_.metrics->observe(metrics::Duration::WakeUp,
                            parts_.clock.now() - std::max(event.received_at, wait.created_at));
  if (sent.has_value()) return delivery;
  // Credentials can be mended; who sends an event cannot be told of them.
  if (may_pass_later(sent.error()) || sent.error().kind == ErrorKind::Forbidden)
    return sent.error();
  // It will not get better: the event must not be tried for ever.
  delivery.outcome = sent.error().code == "TEMPORAL_NOT_FOUND" ? "RUN_CLOSED" : "REFUSED";
  if (delivery.outcome == "REFUSED")
    delivery.details = json::Object{{"code", sent.error().code}, {"message", sent.error().message}};
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
    // Paused, busy or away is not refused: the launch waits, and holds no other workflow's.
    const bool is_put_off = error.kind == ErrorKind::Unavailable ||
                            error.code == "WORKFLOW_AT_LIMIT" || error.code == "WORKFLOW_PAUSED";
    if (is_put_off) delivery.outcome = "HELD";
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
  if (!launched.has_value()) return failed(launched.error());
  delivery.outcome = "LAUNCHED";
  details["runId"] = launched->run_id.text;
  return delivery;
}

Result<json::Value> EventRouter::payload_for(const store::EventRow& event,
                                             const definition::Program& program) const {
  const auto& trigger = std::get<definition::EventTrigger>(*program.trigger);
  if (!trigger.payload_mapping) return event.payload;
  return map_trigger_payload(*trigger.payload_mapping, event_for_mapping(event),
                             parts_.clock.now());
}

}  // namespace fermata::service
