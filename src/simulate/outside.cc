// The world outside the machine: actions and their ledger, events and their routing, people.
#include <algorithm>

#include "foundation/format.h"
#include "json/text.h"
#include "simulate/world.h"

namespace fermata::simulate {

namespace in = interpreter;

namespace {

ActionAnswer failure_on_purpose() {
  in::RunError error;
  error.category = in::category::kTransient;
  error.code = "INJECTED";
  error.message = "a failure on purpose";
  ActionAnswer answer;
  answer.outcome = std::move(error);
  return answer;
}

}  // namespace

std::variant<json::Value, in::RunError> World::Pure::run(std::string_view id, int version,
                                                         const json::Value& input) const {
  in::RunAction call;
  call.action_id = id;
  call.action_version = version;
  const ActionAnswer* answer = world_.answer_for(format("{}@{}", id, version), call);
  return answer != nullptr ? answer->outcome : world_.stage_.pure_actions.run(id, version, input);
}

void World::run_action(std::size_t run, const in::RunAction& action) {
  const std::string name = format("{}@{}", action.action_id, action.action_version);
  // The ledger: a success under the same key is reused, and nothing happens outside.
  if (const auto done = done_.find(action.idempotency_key); done != done_.end()) {
    recorder_.say(run, now_, [&] {
      return format("{}  reuses {}", recorder_.name_of(run, action.path.text), name);
    });
    schedule_seq(run, action.seq, now_, in::ActionCompleted{action.seq, done->second});
    return;
  }
  static const ActionAnswer kFailure = failure_on_purpose();
  const ActionAnswer* answer = answer_for(name, action);
  if (answer != nullptr && action.attempt <= stage_.faults.failing_attempts) answer = &kFailure;
  if (answer == nullptr) {
    stop("ACTION_NOT_MOCKED", format("the fixtures have no answer for action `{}`", name),
         action.path);
    return;
  }
  input_bytes_ += json::text_bytes(action.input);
  check_limit(input_bytes_, stage_.limits.bytes, "bytes of inputs");
  report_.side_effects.push_back({run, now_, action.path.text, action.iteration, name,
                                  action.attempt, action.input, action.idempotency_key,
                                  answer->outcome});
  recorder_.say(run, now_, [&] {
    return format("{}  calls {}{}", recorder_.name_of(run, action.path.text), name,
                  action.attempt == 1 ? "" : format(", attempt {}", action.attempt));
  });
  const std::int64_t delay_ms = answer->delay_ms + stage_.faults.slow_actions_ms;
  if (delay_ms > action.timeout_ms) {
    in::RunError late;
    late.category = in::category::kTimeout;
    late.code = "ACTION_TIMEOUT";
    late.message = "the action did not finish in time";
    report_.side_effects.back().outcome = late;
    schedule_seq(run, action.seq, now_ + action.timeout_ms,
                 in::ActionFailed{action.seq, std::move(late), std::nullopt});
    return;
  }
  if (const auto* result = std::get_if<json::Value>(&answer->outcome)) {
    done_[action.idempotency_key] = *result;
    schedule_seq(run, action.seq, now_ + delay_ms, in::ActionCompleted{action.seq, *result});
    return;
  }
  schedule_seq(run, action.seq, now_ + delay_ms,
               in::ActionFailed{action.seq, std::get<in::RunError>(answer->outcome),
                                answer->retry_after_ms});
}

const ActionAnswer* World::answer_for(const std::string& name, const in::RunAction& action) {
  const auto found = fixtures_.actions.find(name);
  if (found == fixtures_.actions.end()) return nullptr;
  std::set<std::size_t>& used = used_[name];
  const ActionAnswer* last = nullptr;
  for (std::size_t i = 0; i < found->second.size(); ++i) {
    const ActionAnswer& entry = found->second[i];
    if (entry.path && *entry.path != action.path.text) continue;
    if (entry.iteration && *entry.iteration != action.iteration) continue;
    if (entry.attempt && *entry.attempt != action.attempt) continue;
    last = &entry;
    if (used.insert(i).second) return last;
  }
  return last;
}

void World::store_event(FixtureEvent event) {
  event.at += stage_.faults.late_events_ms;
  recorder_.say(0, now_,
                [&] { return format("event {} {} comes", event.event_name, event.event_id); });
  if (!event_ids_.insert(event.event_id).second) {
    recorder_.say(0, now_, [&] { return format("event {} was there before", event.event_id); });
    return;
  }
  for (std::size_t i = 0; i < runs_.size(); ++i) route(i, event);
  stored_.push_back(std::move(event));
}

// To a run whose open wait asks for its name and key; the filters are the machine's.
void World::route(std::size_t index, const FixtureEvent& event) {
  Run& run = runs_[index];
  const auto& parked = run.state.branches.front().parked;
  if (run.is_over || !parked) return;
  const auto* await = std::get_if<in::AwaitEvent>(&parked->await);
  if (await == nullptr) return;
  const auto& wait =
      std::get<definition::EventWaitStep>(run.program->steps[parked->visit.step].config);
  if (wait.event_name != event.event_name || event.at < await->accepts_from) return;
  if (await->has_key && event.correlation_key != await->correlation_key) return;
  if (!run.routed.insert(event.event_id).second) return;
  in::EventArrived arrived;
  arrived.event_id = EventId(event.event_id);
  arrived.event_name = event.event_name;
  arrived.correlation_key = event.correlation_key;
  arrived.payload = event.payload;
  arrived.received_at = event.at;
  schedule(now_, Rank::Outside, Deliver{index, std::move(arrived)});
}

void World::opened(std::size_t run, const in::OpenWait& wait) {
  if (wait.type == in::WaitType::Event) {
    for (const FixtureEvent& event : stored_) route(run, event);
  }
  if (wait.type != in::WaitType::Human) return;
  runs_[run].tasks_opened.insert(wait.path.text);
  // In the order in which they were given; a refused one makes room for the next.
  const std::set<std::size_t> held = held_answers_;
  for (const std::size_t index : held) {
    if (fixtures_.answers[index].step_path != wait.path.text) continue;
    held_answers_.erase(index);
    if (give(run, index)) return;
  }
}

void World::answer(std::size_t index) {
  const FixtureAnswer& answer = fixtures_.answers[index];
  bool was_open = false;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    const Run& run = runs_[i];
    was_open = was_open || run.tasks_opened.contains(answer.step_path);
    const auto& parked = run.state.branches.front().parked;
    if (run.is_over || !parked || !std::holds_alternative<in::AwaitTask>(parked->await)) continue;
    if (run.program->steps[parked->visit.step].path.text != answer.step_path) continue;
    give(i, index);
    return;
  }
  if (was_open) {
    warn(format("answers[{}]: the task at `{}` is closed", index, answer.step_path));
  } else {
    held_answers_.insert(index);
  }
}

// The door: a wrong answer never wakes the run.
bool World::give(std::size_t index, std::size_t number) {
  const FixtureAnswer& answer = fixtures_.answers[number];
  const Run& run = runs_[index];
  const auto& parked = *run.state.branches.front().parked;
  const auto& step =
      std::get<definition::HumanTaskStep>(run.program->steps[parked.visit.step].config);
  if (step.form_schema && stage_.form_check != nullptr && !answer.is_admin_override) {
    const auto problems = stage_.form_check->problems(*step.form_schema, answer.response);
    if (!problems.empty()) {
      std::string text = format("answers[{}]: refused: {}", number, problems.front());
      for (std::size_t i = 1; i < problems.size(); ++i) text += "; " + problems[i];
      recorder_.say(index, now_, [&] { return text; });
      warn(std::move(text));
      return false;
    }
  }
  in::TaskAnswered input;
  input.task_id = std::get<in::AwaitTask>(parked.await).task_id;
  input.answer_id = format("answer-{}", number + 1);
  input.response = answer.response;
  input.is_admin_override = answer.is_admin_override;
  recorder_.say(index, now_, [&] {
    return format("{}  is answered", recorder_.name_of(index, answer.step_path));
  });
  schedule(now_, Rank::Outside, Deliver{index, std::move(input)});
  return true;
}

}  // namespace fermata::simulate
