#include "service/explain.h"

#include "calendar/instant.h"
#include "foundation/format.h"
#include "interpreter/steps.h"

namespace fermata::service {
namespace {

const definition::EventWaitStep* step_of(const projection::WaitRow& wait,
                                         const definition::Program& program) {
  const auto index = program.step_at(StepPath(wait.step_path));
  return index ? std::get_if<definition::EventWaitStep>(&program.steps[*index].config) : nullptr;
}

json::Value instant(const std::optional<TimeMs>& at) {
  return at ? json::Value(calendar::format_instant(*at)) : json::Value(nullptr);
}

std::string what_wakes(const projection::WaitRow& wait) {
  const std::string until = wait.timeout_at ? calendar::format_instant(*wait.timeout_at) : "";
  if (wait.wait_type == "time") return format("the time {}", until);
  if (wait.wait_type == "retry") return format("the time {}, when the step is tried again", until);
  if (wait.wait_type == "human")
    return format("an answer to task `{}`{}", wait.task_id.value_or(""),
                  until.empty() ? "" : format(", or the end of its time at {}", until));
  if (wait.wait_type == "pause") return "a resume by an operator";
  return wait.wait_type;
}

}  // namespace

Result<definition::ProgramPtr> Explain::program_of(const store::RunView& run) {
  return definitions_.load({run.launch.tenant, run.launch.workflow_id, run.launch.workflow_version,
                            run.launch.definition_hash});
}

Result<std::string> Explain::verdict(const store::EventRow& event, const projection::WaitRow& wait,
                                     const definition::Program& program) {
  if (wait.correlation_key && event.correlation_key != wait.correlation_key)
    return event.correlation_key ? format("its key is `{}`", *event.correlation_key)
                                 : std::string("it has no key");
  if (!event.correlation_key) return std::string("it has no key");
  if (event.received_at < wait.accepts_from)
    return std::string("it came before the wait accepted events: give the wait a `lookbackMs`");
  const definition::EventWaitStep* step = step_of(wait, program);
  if (step == nullptr) return std::string("its step is not in the program");
  if (const auto* filter = interpreter::first_refusal(*step, event.payload))
    return format("the filter on `{}` turned it away", filter->source_path);
  return std::string("it is taken");
}

Result<json::Value> Explain::candidate(const store::EventRow& event,
                                       const projection::WaitRow& wait) {
  TRY(const store::RunView run, store_.run(event.tenant, wait.run_id));
  TRY(const definition::ProgramPtr program, program_of(run));
  TRY(std::string said, verdict(event, wait, *program));
  return json::Value(json::Object{{"waitId", wait.wait_id.text},
                                  {"runId", wait.run_id.text},
                                  {"stepPath", wait.step_path},
                                  {"verdict", said}});
}

Result<json::Value> Explain::event_wait(const projection::WaitRow& wait,
                                        const definition::Program& program) {
  constexpr std::size_t kLately = 20;
  const definition::EventWaitStep* step = step_of(wait, program);
  std::string wakes = format("an event `{}`", wait.event_name.value_or(""));
  wakes += wait.correlation_key ? format(" with the key `{}`", *wait.correlation_key)
                                : std::string(" with any key");
  json::Array filters;
  if (step != nullptr)
    for (const auto& filter : step->filters) filters.emplace_back(filter.source_path);
  TRY(const auto events,
      store_.events(wait.tenant, {.event_name = wait.event_name, .limit = kLately}));
  json::Array lately;
  for (const store::EventRow& event : events) {
    TRY(std::string said, verdict(event, wait, program));
    lately.push_back(json::Object{{"eventId", event.event_id.text},
                                  {"receivedAt", calendar::format_instant(event.received_at)},
                                  {"verdict", said}});
  }
  return json::Value(json::Object{{"wakes", wakes},
                                  {"filters", std::move(filters)},
                                  {"acceptsFrom", calendar::format_instant(wait.accepts_from)},
                                  {"timeoutAt", instant(wait.timeout_at)},
                                  {"lately", std::move(lately)}});
}

Result<json::Value> Explain::run(const TenantId& tenant, const RunId& run) {
  TRY(const store::RunView view, store_.run(tenant, run));
  TRY(const definition::ProgramPtr program, program_of(view));
  TRY(const auto waits, store_.waits(tenant, run));
  json::Array open;
  for (const projection::WaitRow& wait : waits) {
    if (wait.status != "WAITING") continue;
    json::Value shown =
        json::Object{{"wakes", what_wakes(wait)}, {"timeoutAt", instant(wait.timeout_at)}};
    if (wait.wait_type == "event") {
      TRY(shown, event_wait(wait, *program));
    }
    json::Object& object = shown.get_object();
    object["waitId"] = wait.wait_id.text;
    object["waitType"] = wait.wait_type;
    object["stepPath"] = wait.step_path;
    open.push_back(std::move(shown));
  }
  return json::Value(
      json::Object{{"runId", run.text}, {"status", view.run.status}, {"waits", std::move(open)}});
}

}  // namespace fermata::service
