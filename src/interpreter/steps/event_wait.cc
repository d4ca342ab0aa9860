// event.wait: docs/reference/steps.md#eventwait. An event that came before the wait counts when it
// is young enough.
#include <algorithm>

#include "interpreter/evaluate.h"
#include "interpreter/scope.h"
#include "interpreter/steps.h"
#include "json/text.h"
#include "jsonata/instant.h"

namespace fermata::interpreter {
namespace {

using definition::EventFilter;
using definition::EventWaitStep;
using definition::FilterOp;

bool is_in(const json::Value& list, const json::Value& value) {
  return std::ranges::any_of(list.get_array(),
                             [&](const json::Value& item) { return json::equal(item, value); });
}

bool compare_numbers(FilterOp op, const json::Value& value, const json::Value& bound) {
  if (!value.is_number() || !bound.is_number()) return false;
  const double a = json::as_double(value);
  const double b = json::as_double(bound);
  switch (op) {
    case FilterOp::Greater:
      return a > b;
    case FilterOp::GreaterEqual:
      return a >= b;
    case FilterOp::Less:
      return a < b;
    default:
      return a <= b;
  }
}

bool compare_texts(FilterOp op, const json::Value& value, const json::Value& part) {
  if (!value.is_string() || !part.is_string()) return false;
  const std::string_view text = json::view(value.get_string());
  const std::string_view wanted = json::view(part.get_string());
  if (op == FilterOp::StartsWith) return text.starts_with(wanted);
  if (op == FilterOp::EndsWith) return text.ends_with(wanted);
  return text.find(wanted) != std::string_view::npos;
}

// A missing value satisfies only the negative operators.
bool passes(const EventFilter& filter, const json::Value& payload) {
  const json::Value* value = value_for(filter, payload);
  switch (filter.op) {
    case FilterOp::Exists:
      return value != nullptr;
    case FilterOp::NotExists:
      return value == nullptr;
    case FilterOp::Equal:
      return value != nullptr && json::equal(*value, filter.value);
    case FilterOp::NotEqual:
      return value == nullptr || !json::equal(*value, filter.value);
    case FilterOp::In:
      return value != nullptr && is_in(filter.value, *value);
    case FilterOp::NotIn:
      return value == nullptr || !is_in(filter.value, *value);
    case FilterOp::Greater:
    case FilterOp::GreaterEqual:
    case FilterOp::Less:
    case FilterOp::LessEqual:
      return value != nullptr && compare_numbers(filter.op, *value, filter.value);
    case FilterOp::Contains:
    case FilterOp::StartsWith:
    case FilterOp::EndsWith:
      return value != nullptr && compare_texts(filter.op, *value, filter.value);
  }
  return false;
}

Outcome matched(Run& run, const StepVisit& visit, EventArrived event) {
  const auto& step = config_of<EventWaitStep>(run, visit);
  if (auto error = take_var(run, visit, "event", std::move(event.payload)))
    return Raise{*std::move(error)};
  set_var(run.state, "eventName", json::Value(event.event_name));
  if (auto error = assign_all(run, visit, step.assign)) return Raise{*std::move(error)};
  return Next{json::Object{{"eventId", event.event_id.text}}};
}

}  // namespace

const json::Value* value_for(const EventFilter& filter, const json::Value& payload) {
  const json::Value* at = &payload;
  for (const std::string& segment : filter.path) {
    if (at == nullptr) return nullptr;
    at = json::find(*at, segment);
  }
  return at;
}

const EventFilter* first_refusal(const EventWaitStep& wait, const json::Value& payload) {
  const auto refusal = std::ranges::find_if(
      wait.filters, [&](const EventFilter& filter) { return !passes(filter, payload); });
  return refusal == wait.filters.end() ? nullptr : &*refusal;
}

bool accepts(const EventWaitStep& wait, const AwaitEvent& await, const EventArrived& event) {
  const bool is_in_time = event.received_at >= await.accepts_from || event.wait_id == await.wait_id;
  if (event.event_name != wait.event_name || !is_in_time) return false;
  if (await.has_key && event.correlation_key != await.correlation_key) return false;
  return first_refusal(wait, event.payload) == nullptr;
}

Outcome enter_EventWait(Run& run, const StepVisit& visit) {
  const auto& step = config_of<EventWaitStep>(run, visit);
  Evaluated key = evaluate(run, visit, step.correlation_key, "correlationKey");
  if (auto* error = std::get_if<RunError>(&key)) return Raise{std::move(*error)};
  const json::Value& value = std::get<json::Value>(key);
  AwaitEvent await;
  await.has_key = !value.is_null();
  await.correlation_key = value.is_string() ? json::to_std(value.get_string())
                          : await.has_key   ? json::to_text(value)
                                            : "";
  await.wait_id = WaitId(run.derived_id("wait", visit, 1));
  await.accepts_from = std::max(run.now - step.lookback_ms, TimeMs{0});
  if (step.timeout_ms) {
    await.timeout_at = run.now + *step.timeout_ms;
    await.timer = run.take_seq();
    run.emit(StartTimer{await.timer, *step.timeout_ms});
  }
  OpenWait wait;
  wait.wait_id = await.wait_id;
  wait.type = WaitType::Event;
  wait.path = run.step(visit).path;
  wait.iteration = visit.iteration;
  wait.event_name = step.event_name;
  if (await.has_key) wait.correlation_key = await.correlation_key;
  wait.timeout_at = await.timeout_at;
  wait.accepts_from = await.accepts_from;
  json::Array filters;
  for (const EventFilter& filter : step.filters) filters.emplace_back(filter.source_path);
  wait.details = json::Object{{"filters", std::move(filters)}};
  run.emit(std::move(wait));
  return Park{std::move(await), nullptr, {}};
}

Outcome resume_EventWait(Run& run, Parked& parked, Settled settled) {
  const auto& await = std::get<AwaitEvent>(parked.await);
  if (auto* arrived = std::get_if<SettledEvent>(&settled)) {
    if (await.timer != 0) run.emit(CancelTimer{await.timer});
    run.emit(CloseWait{await.wait_id, WaitOutcome::Resolved, arrived->event.event_id, nullptr});
    return matched(run, parked.visit, std::move(arrived->event));
  }
  run.emit(CloseWait{await.wait_id, WaitOutcome::TimedOut, std::nullopt, nullptr});
  const auto& step = config_of<EventWaitStep>(run, parked.visit);
  RunError error = run.error_at(parked.visit, category::kTimeout, "EVENT_TIMEOUT",
                                "no event `" + step.event_name + "` came in time");
  error.details =
      json::Object{{"eventName", step.event_name},
                   {"timeoutAt", jsonata::instant_text(await.timeout_at.value_or(run.now))}};
  if (await.has_key) error.details.get_object()["correlationKey"] = await.correlation_key;
  return Raise{std::move(error)};
}

}  // namespace fermata::interpreter
