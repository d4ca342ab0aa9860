#include "service/run_values.h"

#include <algorithm>
#include <array>

#include "foundation/format.h"
#include "json/redact.h"
#include "store/run_views.h"

namespace fermata::service {
namespace {

constexpr std::array<std::string_view, 4> kScopes = {"payload", "vars", "local", "meta"};

json::Value shown(const std::optional<json::Value>& value) {
  return value ? json::redact(*value) : json::Value(nullptr);
}

}  // namespace

Result<json::Value> RunValues::value(const ValueQuery& query) {
  if (query.of == "stepInput" || query.of == "stepOutput") return step_value(query);
  if (std::ranges::find(kScopes, query.of) != kScopes.end()) {
    TRY(const RunScopes scopes, control_.scopes(query.tenant, query.run));
    const json::Value* scope = json::find(scopes.values, query.of);
    return scope == nullptr ? json::Value(nullptr) : *scope;
  }
  TRY(const store::RunView view, store_.run(query.tenant, query.run));
  if (query.of == "input") return json::redact(view.launch.input);
  if (query.of == "output") return shown(view.run.output);
  if (query.of == "error") return shown(view.run.error);
  return make_error(
      ErrorKind::Invalid, "QUERY_INVALID", format("of: a run has no `{}`", query.of),
      "say input, output, error, payload, vars, local, meta, stepInput or stepOutput");
}

// Of an action what its ledger has; of an event's wait the event.
Result<json::Value> RunValues::step_value(const ValueQuery& query) {
  if (!query.step)
    return make_error(ErrorKind::Invalid, "QUERY_INVALID", "step: expected the number of a step",
                      "the run's steps have their numbers");
  store::RunViews& views = store_.views();
  TRY(const auto step, views.step(query.tenant, query.run, *query.step));
  if (!step)
    return make_error(ErrorKind::NotFound, "NOT_FOUND",
                      format("the run has no step {}", *query.step));
  const bool is_input = query.of == "stepInput";
  TRY(const auto invocation, views.invocation_of(*step));
  if (invocation) return is_input ? json::redact(invocation->input) : shown(invocation->output);
  const json::Value* event = step->note && !is_input ? json::find(*step->note, "eventId") : nullptr;
  if (event != nullptr && event->is_string()) {
    TRY(const auto row, store_.event(query.tenant, EventId(json::to_std(event->get_string()))));
    return json::redact(row.payload);
  }
  return make_error(
      ErrorKind::NotFound, "NOT_FOUND",
      format("nothing is kept of what {} {}", step->step_path, is_input ? "was given" : "gave"),
      "kept are inputs and outputs of actions outside of the machine, and the events "
      "that waits took; an assignment's are in `vars`");
}

}  // namespace fermata::service
