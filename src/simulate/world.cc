#include "simulate/world.h"

#include <algorithm>

#include "foundation/format.h"
#include "foundation/match.h"
#include "interpreter/query_scopes.h"

namespace fermata::simulate {

namespace in = interpreter;

World::World(const Fixtures& fixtures, const Stage& stage)
    : fixtures_(fixtures),
      stage_(stage),
      recorder_(report_, stage.keeps_timeline),
      now_(fixtures.start_at) {
  report_.origin = fixtures.origin;
}

in::Host World::host(const Run& run) const {
  return {*run.program, run.identity, pure_};
}

Report World::play(const definition::ProgramPtr& program, const json::Value& payload) {
  in::RunIdentity identity;
  identity.run_id = RunId("simulated-run");
  identity.tenant = TenantId("default");
  identity.semantics = stage_.semantics;
  schedule(now_, Rank::Outside,
           Deliver{add_run(std::move(identity), program, payload), std::nullopt});
  schedule_fixtures();
  while (!queue_.empty() && !runs_.front().is_over && !stopped_ && !is_at_stop_) {
    auto next = queue_.extract(queue_.begin());
    now_ = std::get<TimeMs>(next.key());
    handle(std::move(next.mapped()));
  }
  return finish();
}

std::size_t World::add_run(in::RunIdentity identity, definition::ProgramPtr program,
                           const json::Value& payload) {
  identity.workflow_id = program->workflow_id;
  identity.workflow_version = program->version;
  identity.definition_hash = program->hash;
  Run& run = runs_.emplace_back();
  run.identity = std::move(identity);
  run.program = std::move(program);
  run.state = in::initial_state(host(run), payload, nullptr);
  RunReport line;
  line.workflow = format("{}@{}", run.identity.workflow_id.text, run.identity.workflow_version);
  line.run_id = run.identity.run_id.text;
  line.status = "RUNNING";
  report_.runs.push_back(std::move(line));
  return runs_.size() - 1;
}

void World::schedule_fixtures() {
  for (std::size_t i = 0; i < fixtures_.events.size(); ++i)
    schedule(fixtures_.events[i].at + stage_.faults.late_events_ms, Rank::Outside, EventComes{i});
  for (std::size_t i = 0; i < fixtures_.answers.size(); ++i)
    schedule(fixtures_.answers[i].at, Rank::Outside, AnswerComes{i});
  for (const FixturePause& pause : fixtures_.pauses) {
    schedule(pause.at, Rank::Outside, Deliver{0, in::PauseRequested{"the fixtures pause it"}});
    if (pause.resume_at)
      schedule(*pause.resume_at, Rank::Outside,
               Deliver{0, in::ResumeRequested{"the fixtures resume it"}});
  }
  if (fixtures_.cancel_at)
    schedule(*fixtures_.cancel_at, Rank::Outside,
             Deliver{0, in::CancelRequested{"the fixtures cancel it"}});
}

World::Key World::schedule(TimeMs at, Rank rank, Due due) {
  // What came before the start is there at the start.
  const Key key{std::max(at, now_), rank, ++order_};
  queue_.emplace(key, std::move(due));
  return key;
}

void World::schedule_seq(std::size_t run, in::Seq seq, TimeMs at, in::InputKind input) {
  by_seq_[{run, seq}] = schedule(at, Rank::Asked, Deliver{run, std::move(input)});
}

bool World::call_off(std::size_t run, in::Seq seq) {
  const auto found = by_seq_.find({run, seq});
  if (found == by_seq_.end()) return false;
  const bool was_due = queue_.erase(found->second) > 0;
  by_seq_.erase(found);
  return was_due;
}

void World::handle(Due due) {
  std::visit(match{[&](Deliver& deliver) {
                     if (runs_[deliver.run].is_over) return;
                     const bool is_shared = may_share(runs_[deliver.run], deliver.input);
                     std::vector<in::Input> inputs;
                     if (deliver.input) inputs.push_back({now_, *std::move(deliver.input)});
                     if (is_shared) gather(deliver.run, inputs);
                     advance(deliver.run, std::move(inputs));
                   },
                   [&](const EventComes& come) { store_event(fixtures_.events[come.index]); },
                   [&](const AnswerComes& come) { answer(come.index); }},
             due);
}

// A cancel, a pause and the end of a run's time act on a whole activation, so that it matters what
// is in it: they come alone.
bool World::may_share(const Run& run, const std::optional<in::InputKind>& input) {
  if (!input) return true;
  if (const auto* timer = std::get_if<in::TimerFired>(&*input))
    return timer->seq != run.state.run_timer;
  return !std::holds_alternative<in::CancelRequested>(*input) &&
         !std::holds_alternative<in::PauseRequested>(*input) &&
         !std::holds_alternative<in::ResumeRequested>(*input);
}

void World::gather(std::size_t run, std::vector<in::Input>& inputs) {
  while (stage_.faults.batches_inputs && !queue_.empty()) {
    const auto next = queue_.begin();
    auto* deliver = std::get_if<Deliver>(&next->second);
    if (std::get<TimeMs>(next->first) != now_ || deliver == nullptr || deliver->run != run ||
        !may_share(runs_[run], deliver->input))
      return;
    if (deliver->input) inputs.push_back({now_, *std::move(deliver->input)});
    queue_.erase(next);
  }
}

void World::advance(std::size_t index, std::vector<in::Input> inputs) {
  check_limit(++advances_, stage_.limits.activations, "activations");
  if (stopped_) return;
  Run& run = runs_[index];
  if (stage_.faults.repeats_inputs) {
    for (std::size_t i = 0; i < inputs.size(); i += 2)
      inputs.insert(inputs.begin() + static_cast<std::ptrdiff_t>(i), in::Input(inputs[i]));
  }
  const auto suggestion = stage_.faults.renews_history ? in::HistorySuggestion::ContinueAsNew
                                                       : in::HistorySuggestion::None;
  const std::size_t steps_before = report_.runs[index].steps.size();
  in::AdvanceOptions options{now_, suggestion, index == 0 ? stage_.stop_before : std::nullopt};
  // One beyond the limit, so that what reaches it and no more is no mistake.
  const std::uint64_t most = stage_.limits.expression_steps;
  if (most != UINT64_MAX) options.expression_steps_max = most - expression_steps_ + 1;
  auto step = in::advance(host(run), std::move(run.state), inputs, options);
  if (!step.has_value()) {
    stop(step.error().code, step.error().message, StepPath("root"));
    return;
  }
  run.state = std::move(step->state);
  if (stage_.observer != nullptr) stage_.observer->effects(run.identity, now_, *step);
  recorder_.take(index, now_, step->effects);
  steps_ += report_.runs[index].steps.size() - steps_before;
  check_limit(steps_, stage_.limits.steps, "steps");
  expression_steps_ += step->expression_steps;
  check_limit(expression_steps_, most, "steps inside of expressions");
  is_at_stop_ = step->is_stopped;
  for (const in::Effect& effect : step->effects) carry_out(index, effect);
  if (stage_.faults.crashes && !run.is_over) reload(run);
}

void World::reload(Run& run) {
  auto loaded = in::load(host(run), in::save(host(run), run.state));
  if (loaded.has_value()) {
    run.state = *std::move(loaded);
  } else {
    stop(loaded.error().code, loaded.error().message, StepPath("root"));
  }
}

void World::carry_out(std::size_t run, const in::Effect& effect) {
  std::visit(
      match{[&](const in::RunAction& e) { run_action(run, e); },
            [&](const in::CancelAction& e) {
              if (!call_off(run, e.seq)) return;
              in::RunError error;
              error.category = in::category::kCancellation;
              schedule_seq(run, e.seq, now_, in::ActionFailed{e.seq, std::move(error), {}});
            },
            [&](const in::StartTimer& e) {
              const TimeMs at = now_ + e.delay_ms + stage_.faults.late_timers_ms;
              schedule_seq(run, e.seq, at, in::TimerFired{e.seq});
            },
            [&](const in::CancelTimer& e) { call_off(run, e.seq); },
            [&](const in::StartChild& e) { start_child(run, e); },
            [&](const in::CancelChild& e) { cancel_child(e, run); },
            [&](const in::OpenWait& e) { opened(run, e); },
            [&](const in::Complete& e) {
              ended(run, in::ChildCompleted{0, e.result});
            },
            [&](const in::Fail& e) {
              ended(run, in::ChildFailed{0, e.error});
            },
            [&](const in::CancelRun& e) {
              in::RunError error;
              error.category = in::category::kCancellation;
              error.message = e.reason;
              ended(run, in::ChildFailed{0, std::move(error)});
            },
            [&](const in::ContinueAsNew& e) { renew(run, e.checkpoint); }, [](const auto&) {}},
      effect);
}

void World::renew(std::size_t index, const json::Value& checkpoint) {
  Run& run = runs_[index];
  auto loaded = in::load(host(run), checkpoint);
  if (!loaded.has_value()) {
    stop(loaded.error().code, loaded.error().message, StepPath("root"));
    return;
  }
  run.state = *std::move(loaded);
  // Timers and activities belong to a history and end with it.
  std::erase_if(by_seq_, [&](const auto& entry) {
    if (entry.first.first != index) return false;
    queue_.erase(entry.second);
    return true;
  });
  schedule(now_, Rank::Asked, Deliver{index, std::nullopt});
}

void World::ended(std::size_t index, in::InputKind for_parent) {
  Run& run = runs_[index];
  run.is_over = true;
  if (run.parent_seq == 0) return;
  if (auto* done = std::get_if<in::ChildCompleted>(&for_parent)) done->seq = run.parent_seq;
  if (auto* failed = std::get_if<in::ChildFailed>(&for_parent)) failed->seq = run.parent_seq;
  schedule_seq(run.parent, run.parent_seq, now_, std::move(for_parent));
}

void World::start_child(std::size_t parent, const in::StartChild& child) {
  const std::string name = format("{}@{}", child.workflow_id.text, child.workflow_version);
  const auto found = stage_.children.find(name);
  if (found == stage_.children.end()) {
    stop("CHILD_NOT_GIVEN", format("the fixtures have no child `{}`", name), child.path);
    return;
  }
  in::RunIdentity identity = runs_[parent].identity;
  identity.run_id = child.child_run_id;
  identity.depth = child.depth;
  const std::size_t index = add_run(std::move(identity), found->second, child.payload);
  runs_[index].parent = parent;
  runs_[index].parent_seq = child.seq;
  report_.runs[index].parent_path = child.path.text;
  recorder_.say(parent, now_, [&] {
    return format("{}  starts child {}#{}", recorder_.name_of(parent, child.path.text), name,
                  index);
  });
  schedule(now_, Rank::Asked, Deliver{index, std::nullopt});
}

void World::cancel_child(const in::CancelChild& cancel, std::size_t parent) {
  for (std::size_t i = 1; i < runs_.size(); ++i) {
    if (runs_[i].parent == parent && runs_[i].parent_seq == cancel.seq && !runs_[i].is_over)
      schedule(now_, Rank::Asked, Deliver{i, in::CancelRequested{"the parent was canceled"}});
  }
}

void World::check_limit(std::uint64_t used, std::uint64_t limit, std::string_view what) {
  if (used <= limit) return;
  stop("SIMULATION_TOO_LONG", format("more than {} {}", limit, what), StepPath("root"));
}

void World::stop(std::string_view code, std::string message, const StepPath& path) {
  if (stopped_) return;
  in::RunError error;
  error.category = "SimulationError";
  error.code = code;
  error.message = std::move(message);
  error.node_path = path.text;
  error.at = now_;
  stopped_ = std::move(error);
}

Report World::finish() {
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    const in::Scopes& scopes = runs_[i].state.scopes;
    report_.runs[i].scopes = json::Object{{"payload", scopes.payload},
                                          {"vars", scopes.vars},
                                          {"meta", scopes.meta},
                                          {"error", scopes.error}};
  }
  if (is_at_stop_) {
    report_.runs.front().status = "STOPPED";
    report_.runs.front().scopes = in::query_scopes(host(runs_.front()), runs_.front().state);
    report_.runs.front().scopes.get_object().erase("currentStepPath");
  }
  if (stopped_) {
    report_.runs.front().status = "FAILED";
    report_.runs.front().error = std::move(stopped_);
  }
  for (const std::size_t index : held_answers_)
    warn(format("answers[{}]: no task opened at `{}`", index, fixtures_.answers[index].step_path));
  report_.ended_at = now_;
  return std::move(report_);
}

Report simulate(const definition::ProgramPtr& program, const json::Value& payload,
                const Fixtures& fixtures, const Stage& stage) {
  return World(fixtures, stage).play(program, payload);
}

}  // namespace fermata::simulate
