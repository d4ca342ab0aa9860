#include "service/explain.h"

#include <algorithm>

#include "calendar/instant.h"
#include "foundation/format.h"
#include "interpreter/steps.h"
#include "json/redact.h"
#include "jsonschema/jsonschema.h"
#include "service/schemas.h"
#include "service/wait_filters.h"
#include "store/run_views.h"

namespace fermata::service {
namespace {

using projection::WaitRow;
using store::EventRow;

json::Value text(const std::optional<std::string>& value) {
  return value ? json::Value(*value) : json::Value(nullptr);
}

json::Value instant(const std::optional<TimeMs>& at) {
  return at ? json::Value(calendar::format_instant(*at)) : json::Value(nullptr);
}

json::Object filter_json(const definition::EventFilter& filter) {
  json::Object shown{{"path", filter.source_path}, {"op", definition::word_of(filter.op)}};
  const bool has_value =
      filter.op != definition::FilterOp::Exists && filter.op != definition::FilterOp::NotExists;
  if (has_value) shown["value"] = filter.value;
  return shown;
}

// What the wait says of the event, before its filters.
struct Reason {
  std::string_view code;
  std::string message;
};
Reason reason_of(const EventRow& event, const WaitRow& wait) {
  if (wait.matched_event_id == event.event_id.text) return {"TAKEN", "it is taken"};
  if (!event.correlation_key) return {"NO_KEY", "it has no key"};
  if (wait.correlation_key && event.correlation_key != wait.correlation_key)
    return {"OTHER_KEY", format("its key is `{}`, the wait's is `{}`", *event.correlation_key,
                                *wait.correlation_key)};
  if (event.received_at < wait.accepts_from)
    return {"TOO_EARLY", "it came before the wait accepted events: give the wait a `lookbackMs`"};
  if (wait.resolved_at && event.received_at > *wait.resolved_at)
    return {"TOO_LATE", "it came after the wait was over"};
  return {};
}

// Redacted first, so that the name of a field decides and not where it is shown.
Reason refusal_of(const definition::EventFilter& filter, const json::Value& payload,
                  json::Object& shown) {
  json::Object condition = filter_json(filter);
  const json::Value clear = json::redact(payload);
  const json::Value* actual = interpreter::value_for(filter, clear);
  condition["actual"] = actual == nullptr ? json::Value(nullptr) : *actual;
  condition["isMissing"] = actual == nullptr;
  shown["filter"] = std::move(condition);
  return {"FILTER", format("the filter on `{}` turned it away", filter.source_path)};
}

}  // namespace

std::string what_wakes(const WaitRow& wait) {
  const std::string until = wait.timeout_at ? calendar::format_instant(*wait.timeout_at) : "";
  if (wait.wait_type == "time") return format("the time {}", until);
  if (wait.wait_type == "retry") return format("the time {}, when the step is tried again", until);
  if (wait.wait_type == "pause") return "a resume by an operator";
  std::string wakes = wait.wait_type;
  if (wait.wait_type == "human") {
    wakes = format("an answer to task `{}`", wait.task_id.value_or(""));
  } else if (wait.wait_type == "event") {
    wakes = format("an event `{}`", wait.event_name.value_or(""));
    wakes += wait.correlation_key ? format(" with the key `{}`", *wait.correlation_key)
                                  : std::string(" with any key");
  }
  return until.empty() ? wakes : format("{}, or the end of its time at {}", wakes, until);
}

Result<definition::ProgramPtr> Explain::program_of(const WaitRow& wait) {
  TRY(const store::RunView run, store_.run(wait.tenant, wait.run_id));
  return definitions_.load({run.launch.tenant, run.launch.workflow_id, run.launch.workflow_version,
                            run.launch.definition_hash});
}

// {reason, message, filter?}
Result<json::Value> Explain::verdict(const EventRow& event, const WaitRow& wait) {
  json::Object shown;
  Reason reason = reason_of(event, wait);
  if (reason.code.empty()) {
    TRY(const auto program, program_of(wait));
    const definition::EventWaitStep* step = event_step_of(wait, *program);
    if (step == nullptr) {
      reason = {"STEP_GONE", "its step is not in the program"};
    } else if (const auto* filter = interpreter::first_refusal(*step, event.payload)) {
      reason = refusal_of(*filter, event.payload, shown);
    } else if (wait.resolved_at) {
      reason = {"OTHER_TAKEN", "the wait took another event, or ended first"};
    } else {
      reason = {"TAKEN", "it is taken"};
    }
  }
  shown["reason"] = reason.code;
  shown["message"] = reason.message;
  return json::Value(std::move(shown));
}

Result<json::Array> Explain::near(const WaitRow& wait) {
  TRY(const auto events, store_.views().events_near(wait));
  json::Array items;
  for (const EventRow& event : events) {
    TRY(json::Value item, verdict(event, wait));
    json::Object& object = item.get_object();
    object["eventId"] = event.event_id.text;
    object["correlationKey"] = text(event.correlation_key);
    object["receivedAt"] = calendar::format_instant(event.received_at);
    items.push_back(std::move(item));
  }
  return items;
}

Result<json::Value> Explain::shown(const WaitRow& wait) {
  json::Object shown{{"waitId", wait.wait_id.text}, {"waitType", wait.wait_type},
                     {"stepPath", wait.step_path},  {"status", wait.status},
                     {"wakes", what_wakes(wait)},   {"timeoutAt", instant(wait.timeout_at)}};
  if (wait.wait_type != "event") return json::Value(std::move(shown));
  TRY(const auto program, program_of(wait));
  json::Array filters;
  if (const definition::EventWaitStep* step = event_step_of(wait, *program))
    for (const auto& filter : step->filters) filters.push_back(filter_json(filter));
  shown["eventName"] = text(wait.event_name);
  shown["correlationKey"] = text(wait.correlation_key);
  shown["acceptsFrom"] = calendar::format_instant(wait.accepts_from);
  shown["filters"] = std::move(filters);
  TRY(shown["nearMisses"], near(wait));
  return json::Value(std::move(shown));
}

Result<json::Value> Explain::waits(const TenantId& tenant, const RunId& run) {
  TRY(const auto open, store_.views().open_waits(tenant, run));
  json::Array list;
  for (const WaitRow& wait : open) {
    TRY(json::Value one, shown(wait));
    list.push_back(std::move(one));
  }
  return json::Value(std::move(list));
}

Result<json::Value> Explain::near_misses(const TenantId& tenant, const WaitId& id) {
  TRY(const WaitRow wait, store_.views().wait(tenant, id));
  if (wait.wait_type != "event")
    return make_error(ErrorKind::NotFound, "NOT_FOUND",
                      format("wait `{}` is for {}", id.text, what_wakes(wait)),
                      "ask for a wait that is for an event");
  TRY(json::Value page, shown(wait));
  json::Object& object = page.get_object();
  object["runId"] = wait.run_id.text;
  object["items"] = std::move(object["nearMisses"]);
  json::erase(object, "nearMisses");
  return page;
}

Result<json::Value> Explain::schema_verdict(const EventRow& event) {
  json::Object shown{{"ref", event.payload_schema_ref}, {"verdict", "NONE"}, {"message", ""}};
  if (event.payload_schema_ref.empty()) {
    shown["message"] = "no schema was known for its name when it came";
    return json::Value(std::move(shown));
  }
  TRY(const auto schemas, StoredSchemas::load(store_, event.tenant));
  const auto schema = schemas.payload_schema(event.payload_schema_ref);
  if (!schema) {
    shown["verdict"] = "UNKNOWN";
    shown["message"] = format("there is no payload schema `{}`", event.payload_schema_ref);
    return json::Value(std::move(shown));
  }
  TRY(const auto violations, jsonschema::validate(*schema, event.payload));
  shown["verdict"] = violations.empty() ? "FITS" : "DOES_NOT_FIT";
  // Places alone: the sentences have values in them.
  std::string places;
  for (const jsonschema::Violation& violation : violations)
    places += format("{}`{}`", places.empty() ? "at " : ", ",
                     violation.instance.empty() ? "/" : violation.instance);
  shown["message"] = places;
  return json::Value(std::move(shown));
}

Result<json::Value> Explain::triggers(const EventRow& event,
                                      const std::vector<store::DeliveryRow>& deliveries) {
  TRY(const auto triggered, store_.triggered_by(event.tenant, event.event_name));
  json::Array list;
  for (const store::DefinitionRow& workflow : triggered) {
    const auto done = std::ranges::find_if(deliveries, [&](const store::DeliveryRow& delivery) {
      return delivery.kind == "launch" && delivery.target == workflow.workflow_id.text;
    });
    const bool is_done = done != deliveries.end();
    list.push_back(
        json::Object{{"workflowId", workflow.workflow_id.text},
                     {"workflowVersion", workflow.published_version},
                     {"outcome", is_done ? json::Value(done->outcome) : json::Value(nullptr)},
                     {"details", is_done ? done->details : json::Value(nullptr)}});
  }
  return json::Value(std::move(list));
}

Result<json::Value> Explain::event(const EventRow& row,
                                   const std::vector<store::DeliveryRow>& deliveries) {
  json::Object shown;
  TRY(shown["schema"], schema_verdict(row));
  const json::Value* source = json::find(row.notes, "correlation");
  const json::Value* path = json::find(row.notes, "path");
  shown["key"] = json::Object{{"value", text(row.correlation_key)},
                              {"source", source == nullptr ? json::Value("") : *source},
                              {"path", path == nullptr ? json::Value(nullptr) : *path}};
  TRY(shown["triggers"], triggers(row, deliveries));
  TRY(const auto near, store_.views().waits_near(row));
  json::Array waits;
  for (const WaitRow& wait : near) {
    TRY(json::Value one, verdict(row, wait));
    json::Object& object = one.get_object();
    object["waitId"] = wait.wait_id.text;
    object["runId"] = wait.run_id.text;
    object["stepPath"] = wait.step_path;
    object["correlationKey"] = text(wait.correlation_key);
    waits.push_back(std::move(one));
  }
  shown["waits"] = std::move(waits);
  return json::Value(std::move(shown));
}

}  // namespace fermata::service
