// Answers to queries, and the read-only scope.
#include "foundation/match.h"
#include "interpreter/machine.h"
#include "jsonata/instant.h"

namespace fermata::interpreter {
namespace {

json::Value instant_or_null(const std::optional<TimeMs>& time) {
  return time ? json::Value(jsonata::instant_text(*time)) : json::Value(nullptr);
}

std::optional<std::string> current_path(const Host& host, const RunState& state) {
  const Branch& branch = state.branches.front();
  if (branch.parked) return host.program.steps[branch.parked->visit.step].path.text;
  for (auto frame = branch.frames.rbegin(); frame != branch.frames.rend(); ++frame) {
    const auto* sequence = std::get_if<SequenceFrame>(&*frame);
    if (sequence == nullptr) continue;
    const auto& steps = host.program.sequences[sequence->sequence].steps;
    if (sequence->next < steps.size()) return host.program.steps[steps[sequence->next]].path.text;
  }
  return std::nullopt;
}

}  // namespace

json::Value system_scope(const RunIdentity& identity) {
  return json::Object{{"runId", identity.run_id.text},
                      {"workflowId", identity.workflow_id.text},
                      {"workflowVersion", identity.workflow_version},
                      {"tenantId", identity.tenant.text},
                      {"definitionHash", identity.definition_hash},
                      {"runtimeSemanticsVersion", identity.semantics}};
}

json::Value query_current_step(const Host& host, const RunState& state) {
  const auto path = current_path(host, state);
  return json::Object{{"runId", host.identity.run_id.text},
                      {"currentStepPath", path ? json::Value(*path) : json::Value(nullptr)}};
}

json::Value query_current_wait(const Host& host, const RunState& state) {
  const auto& parked = state.branches.front().parked;
  if (state.pause_wait)
    return json::Object{
        {"type", "pause"}, {"waitId", state.pause_wait->text}, {"reason", state.pause_reason}};
  if (!parked) return nullptr;
  const std::string& path = host.program.steps[parked->visit.step].path.text;
  return std::visit(
      match{[&](const AwaitAction&) -> json::Value { return nullptr; },
            [&](const AwaitChild& a) -> json::Value {
              return json::Object{
                  {"type", "child"}, {"stepPath", path}, {"childRunId", a.child_run_id.text}};
            },
            [&](const AwaitTimer& a) -> json::Value {
              return json::Object{{"type", "time"},
                                  {"stepPath", path},
                                  {"waitId", a.wait_id.text},
                                  {"dueAt", jsonata::instant_text(a.due_at)}};
            },
            [&](const AwaitRetry& a) -> json::Value {
              return json::Object{{"type", "retry"},
                                  {"stepPath", path},
                                  {"waitId", a.wait_id.text},
                                  {"attempt", parked->attempt}};
            },
            [&](const AwaitEvent& a) -> json::Value {
              return json::Object{{"type", "event"},
                                  {"stepPath", path},
                                  {"waitId", a.wait_id.text},
                                  {"correlationKey", a.has_key ? json::Value(a.correlation_key)
                                                               : json::Value(nullptr)},
                                  {"timeoutAt", instant_or_null(a.timeout_at)}};
            },
            [&](const AwaitTask& a) -> json::Value {
              return json::Object{{"type", "human"},
                                  {"stepPath", path},
                                  {"waitId", a.wait_id.text},
                                  {"taskId", a.task_id.text},
                                  {"timeoutAt", instant_or_null(a.timeout_at)}};
            }},
      parked->await);
}

json::Value query_summary(const Host& host, const RunState& state) {
  const auto path = current_path(host, state);
  return json::Object{{"runId", host.identity.run_id.text},
                      {"stepCount", state.steps},
                      {"currentStepPath", path ? json::Value(*path) : json::Value(nullptr)},
                      {"frameDepth", state.branches.front().frames.size()},
                      {"bufferedEvents", state.buffered.size()},
                      {"isPaused", state.is_paused}};
}

}  // namespace fermata::interpreter
