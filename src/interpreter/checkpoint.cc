// RunState to JSON. Positions are written as canonical paths, so that a checkpoint says what it
// means; loading (checkpoint_load.cc) checks them against the program and its hash.
#include "interpreter/checkpoint.h"

#include <algorithm>

#include "foundation/match.h"
#include "interpreter/evaluate.h"
#include "interpreter/machine.h"
#include "json/hash.h"
#include "json/text.h"

namespace fermata::interpreter {
namespace {

json::Value visit_json(const Host& host, const StepVisit& visit) {
  return json::Object{{"path", host.program.steps[visit.step].path.text},
                      {"number", visit.number},
                      {"iteration", visit.iteration},
                      {"startedAt", visit.started_at}};
}

json::Value completion_json(const Completion& completion) {
  return std::visit(match{[](const std::monostate&) { return json::Value(nullptr); },
                          [](const RunError& error) {
                            return json::Value(json::Object{{"error", error.to_json()}});
                          },
                          [](const Returning&) {
                            return json::Value(json::Object{{"return", true}});
                          }},
                    completion);
}

// Lists up to here travel as they are: making them again is not worth it.
constexpr std::size_t kSmallListBytes = 4 * 1024;

bool is_long(const json::Array& list) {
  std::size_t bytes = 0;
  return std::ranges::any_of(list, [&](const json::Value& item) {
    bytes += json::text_bytes(item) + 1;
    return bytes > kSmallListBytes;
  });
}

// A long list is left out where its expression still gives it; else what is to come of it travels.
void add_items(const Host& host, const RunState& state, std::size_t frame, json::Object& object) {
  const auto& loop = std::get<LoopFrame>(state.branches.front().frames[frame]);
  const json::Array& items = *loop.items;
  if (loop.first == 0 && is_long(items)) {
    const auto again = evaluate_items_again(host, state, frame);
    if (again && std::ranges::equal(again->get_array(), items, json::equal)) {
      object["itemsHash"] = json::hash(*again);
      return;
    }
  }
  object["first"] = loop.index;
  const auto next = items.begin() + static_cast<std::ptrdiff_t>(loop.index - loop.first);
  object["items"] = json::Array(next, items.end());
}

json::Value frame_json(const Host& host, const RunState& state, std::size_t at) {
  return std::visit(match{[&](const SequenceFrame& f) -> json::Value {
                            return json::Object{{"kind", "sequence"},
                                                {"path", host.program.sequences[f.sequence].path},
                                                {"next", f.next}};
                          },
                          [&](const LoopFrame& f) -> json::Value {
                            json::Object object{{"kind", "loop"},
                                                {"visit", visit_json(host, f.visit)},
                                                {"index", f.index},
                                                {"lexical", f.lexical}};
                            add_items(host, state, at, object);
                            if (f.previous) object["previous"] = *f.previous;
                            return object;
                          },
                          [&](const TryFrame& f) -> json::Value {
                            return json::Object{{"kind", "try"},
                                                {"visit", visit_json(host, f.visit)},
                                                {"phase", static_cast<int>(f.phase)},
                                                {"pending", completion_json(f.pending)}};
                          }},
                    state.branches.front().frames[at]);
}

json::Value optional_time(const std::optional<TimeMs>& time) {
  return time ? json::Value(*time) : json::Value(nullptr);
}

json::Value await_json(const Await& await) {
  return std::visit(
      match{
          [](const AwaitAction& a) -> json::Value {
            return json::Object{{"kind", "action"}, {"seq", a.seq}};
          },
          [](const AwaitTimer& a) -> json::Value {
            return json::Object{
                {"kind", "timer"}, {"seq", a.seq}, {"waitId", a.wait_id.text}, {"dueAt", a.due_at}};
          },
          [](const AwaitRetry& a) -> json::Value {
            return json::Object{{"kind", "retry"}, {"seq", a.seq}, {"waitId", a.wait_id.text}};
          },
          [](const AwaitEvent& a) -> json::Value {
            return json::Object{{"kind", "event"},
                                {"waitId", a.wait_id.text},
                                {"key", a.correlation_key},
                                {"hasKey", a.has_key},
                                {"acceptsFrom", a.accepts_from},
                                {"timeoutAt", optional_time(a.timeout_at)},
                                {"timer", a.timer}};
          },
          [](const AwaitTask& a) -> json::Value {
            return json::Object{{"kind", "task"},
                                {"waitId", a.wait_id.text},
                                {"taskId", a.task_id.text},
                                {"timeoutAt", optional_time(a.timeout_at)},
                                {"timer", a.timer}};
          },
          [](const AwaitChild& a) -> json::Value {
            return json::Object{{"kind", "child"},
                                {"seq", a.seq},
                                {"childRunId", a.child_run_id.text},
                                {"timer", a.timer}};
          }},
      await);
}

json::Value event_json(const EventArrived& event) {
  json::Object object{{"eventId", event.event_id.text},
                      {"eventName", event.event_name},
                      {"payload", event.payload},
                      {"receivedAt", event.received_at}};
  if (event.correlation_key) object["correlationKey"] = *event.correlation_key;
  if (!event.wait_id.empty()) object["waitId"] = event.wait_id.text;
  return object;
}

json::Value answer_json(const TaskAnswered& answer) {
  return json::Object{{"taskId", answer.task_id.text},
                      {"answerId", answer.answer_id},
                      {"response", answer.response},
                      {"adminOverride", answer.is_admin_override}};
}

json::Value branch_json(const Host& host, const RunState& state) {
  const Branch& branch = state.branches.front();
  json::Array frames;
  for (std::size_t at = 0; at < branch.frames.size(); ++at)
    frames.push_back(frame_json(host, state, at));
  json::Object object{{"frames", std::move(frames)}};
  if (branch.parked) {
    const Parked& parked = *branch.parked;
    object["parked"] = json::Object{{"visit", visit_json(host, parked.visit)},
                                    {"await", await_json(parked.await)},
                                    {"attempt", parked.attempt},
                                    {"input", parked.input},
                                    {"key", parked.idempotency_key}};
  }
  return object;
}

}  // namespace

json::Value save(const Host& host, const RunState& state) {
  json::Array branches;
  branches.push_back(branch_json(host, state));
  json::Array buffered;
  for (const EventArrived& event : state.buffered) buffered.push_back(event_json(event));
  json::Array answers;
  for (const TaskAnswered& answer : state.answers) answers.push_back(answer_json(answer));
  json::Array consumed;
  for (const std::string& id : state.consumed) consumed.emplace_back(id);
  json::Object object{{"format", kCheckpointFormat},
                      {"definitionHash", host.program.hash},
                      {"branches", std::move(branches)},
                      {"payload", state.scopes.payload},
                      {"vars", state.scopes.vars},
                      {"meta", state.scopes.meta},
                      {"error", state.scopes.error},
                      {"phase", static_cast<int>(state.phase)},
                      {"cancelReason", state.cancel_reason},
                      {"isPaused", state.is_paused},
                      {"reported", static_cast<int>(state.reported)},
                      {"buffered", std::move(buffered)},
                      {"answers", std::move(answers)},
                      {"consumed", std::move(consumed)},
                      {"dropped", state.buffered_dropped},
                      {"nextSeq", state.next_seq},
                      {"runTimer", state.run_timer},
                      {"steps", state.steps},
                      {"stepsInHistory", state.steps_in_history},
                      {"effects", state.effects}};
  // None at the start of a history.
  if (state.work_in_history > 0) object["workInHistory"] = state.work_in_history;
  if (state.run_due_at) object["runDueAt"] = *state.run_due_at;
  if (!state.pause_reason.empty()) object["pauseReason"] = state.pause_reason;
  if (state.pause_wait) object["pauseWait"] = state.pause_wait->text;
  return object;
}

}  // namespace fermata::interpreter
