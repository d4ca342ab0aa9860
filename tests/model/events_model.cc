// Model check of the promise that no wake-up is lost and none acts twice: events_model [BUG].
//
// Every interleaving of a small world, up to the bounds of its scenario: events are stored and
// routed (by the real EventRouter, cut at each call to store and Temporal), a run waits twice (the
// real interpreter, the real fold), the worker commits rows, looks for events and is acknowledged,
// Temporal refuses to end a history that has news, continues it as new, fires a timeout or a
// cancel, the sweep routes again, and whoever is at work crashes. With the number of a planted bug
// it must find it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <unordered_set>

#include "definition/definition.h"
#include "foundation/format.h"
#include "foundation/match.h"
#include "interpreter/semantics.h"
#include "interpreter/steps.h"
#include "json/hash.h"
#include "json/parse.h"
#include "json/text.h"
#include "projection/fold.h"
#include "service/events.h"
#include "service/wait_filters.h"
#include "world.h"

namespace fermata::model {
namespace {

namespace in = interpreter;

constexpr std::string_view kProgram = R"json({"id":"w","version":1,"name":"w",
  "payloadSchemaRef":"payload.Any.v1","steps":[
  {"id":"a","type":"event.wait","config":{"eventName":"E","correlationKey":{"$expr":"\"k\""},"lookbackMs":100,"timeoutMs":1000,
    "filters":[{"path":"id","op":"!=","value":"x"}]}},
  {"id":"b","type":"event.wait","config":{"eventName":"E","correlationKey":{"$expr":"\"k\""},"lookbackMs":100}}]})json";

struct NoActions final : definition::ActionCatalog, in::PureActions {
  [[nodiscard]] const definition::ActionSpec* find(std::string_view, int) const override {
    return nullptr;
  }
  [[nodiscard]] std::vector<const definition::ActionSpec*> all() const override { return {}; }
  [[nodiscard]] std::variant<json::Value, in::RunError> run(std::string_view, int,
                                                            const json::Value&) const override {
    return in::RunError{};
  }
};
struct OneDefinition final : service::DefinitionSource {
  Result<definition::ProgramPtr> load(const service::VersionRef&) override { return program; }
  definition::ProgramPtr program;
};
struct FixedClock final : Clock {
  explicit FixedClock(TimeMs at) : at_(at) {}
  [[nodiscard]] TimeMs now() const override { return at_; }

 private:
  TimeMs at_;
};

// How much may happen in one exploration.
struct Bounds {
  std::string name;
  std::vector<std::string> events;  // ids; the same twice is a repetition; `x` is for b alone
  int crashes = 0;
  int continues = 0;
  int timeouts = 0;
  int cancels = 0;
  // The sweep leaves alone what somebody is still at, as it does for its time of grace.
  bool has_grace = false;
};

// Somebody stores or routes an event.
struct Carrier {
  bool is_sweep = false;
  store::EventRow event;  // of the sweep
  std::string id;         // of who accepts
  TimeMs at = 0;
  std::vector<Answer> log;
};
// What a task came to: made once, however many states it is part of.
struct Outcome {
  SavedRunPtr run;
  std::vector<in::Effect> effects;
  std::string effects_text;
  projection::RowBatch rows;
  std::vector<projection::WaitRow> opened;
};
// A task that the worker has.
struct Task {
  std::size_t inputs = 0;  // of those pending, that it took
  std::shared_ptr<const Outcome> outcome;
  bool is_committed = false;
  bool is_acknowledged = false;
  bool is_looked_up = false;
  std::size_t looking = 0;
  std::vector<Answer> log;
};
struct State {
  World world;
  std::vector<Carrier> carriers;
  std::optional<Task> task;
  std::size_t sent = 0;  // of the bounds' events
  Bounds left;
};

class Checker {
 public:
  Checker() {
    const auto compiled = definition::compile(*json::parse(kProgram), actions_);
    program_ = *compiled;
    definitions_.program = program_;
    identity_ = {RunId("r"), TenantId("t"), WorkflowId("w"), 1, "h", in::kCurrentSemantics, 0};
  }

  // The number of states; problems are printed.
  std::size_t explore(const Bounds& bounds, Bug bug) {
    seen_.clear();
    State first;
    first.world.bug = bug;
    first.left = bounds;
    std::vector<State> open;
    visit(open, std::move(first));
    // Explicit, since paths are long.
    while (!open.empty() && problems_ == 0) {
      const State state = std::move(open.back());
      open.pop_back();
      const std::size_t before = moves_;
      step_all(open, state);
      if (moves_ == before) check_end(state);
    }
    return seen_.size();
  }
  [[nodiscard]] int problems() const { return problems_; }

 private:
  in::Host host() const { return {*program_, identity_, actions_}; }
  SavedRunPtr saved(in::RunState state) const {
    auto text = json::to_text(in::save(host(), state));
    return std::make_shared<SavedRun>(std::move(state), std::move(text));
  }

  void visit(std::vector<State>& open, State state) {
    ++moves_;
    if (seen_.insert(json::sha256_hex(text_of(state))).second) open.push_back(std::move(state));
  }

  void step_all(std::vector<State>& open, const State& state) {
    send(open, state);
    for (std::size_t i = 0; i < state.carriers.size(); ++i) carry(open, state, i);
    sweep(open, state);
    if (state.task) {
      work(open, state);
    } else {
      begin(open, state, in::HistorySuggestion::None);
      if (state.left.continues > 0) begin(open, state, in::HistorySuggestion::ContinueAsNew);
    }
    happen(open, state);
    crash(open, state);
  }

  // -- events
  void send(std::vector<State>& open, const State& state) {
    if (state.sent >= state.left.events.size()) return;
    State next = state;
    Carrier carrier;
    carrier.id = state.left.events[next.sent++];
    carrier.at = next.world.now;
    next.carriers.push_back(std::move(carrier));
    visit(open, std::move(next));
  }
  // One call further.
  void carry(std::vector<State>& open, const State& state, std::size_t which) {
    State next = state;
    Carrier& carrier = next.carriers[which];
    auto view = std::make_shared<StoreView>(next.world, carrier.log);
    const FixedClock clock(carrier.at);
    service::EventRouter router({*view, view, definitions_, clock});
    if (carrier.is_sweep) {
      static_cast<void>(router.route(std::span(&carrier.event, 1)));
    } else {
      service::EventRequest request;
      request.tenant = identity_.tenant;
      request.event_id = carrier.id;
      request.event_name = "E";
      request.correlation_key = "k";
      request.payload = json::Object{{"id", carrier.id}};
      static_cast<void>(router.accept(request));
    }
    if (!view->was_cut()) next.carriers.erase(next.carriers.begin() + static_cast<long>(which));
    visit(open, std::move(next));
  }
  void sweep(std::vector<State>& open, const State& state) {
    if (state.world.bug == Bug::NeverSweep) return;
    for (const store::EventRow& row : state.world.events) {
      // One sweep of an event at a time is enough: a second one does the same.
      const bool is_swept = std::ranges::any_of(state.carriers, [&](const Carrier& carrier) {
        const bool is_in_grace = state.left.has_grace && carrier.id == row.event_id.text;
        return is_in_grace || (carrier.is_sweep && carrier.event.event_id == row.event_id);
      });
      if (row.is_routed || is_swept) continue;
      State next = state;
      Carrier carrier;
      carrier.is_sweep = true;
      carrier.event = row;
      next.carriers.push_back(std::move(carrier));
      visit(open, std::move(next));
    }
  }

  // -- the worker
  void begin(std::vector<State>& open, const State& state, in::HistorySuggestion suggestion) {
    const World& world = state.world;
    if (world.is_closed || (!world.has_first_task && world.pending.empty())) return;
    State next = state;
    const TimeMs now = next.world.now;
    std::vector<in::Input> inputs;
    for (const in::InputKind& kind : world.pending) inputs.push_back({now, kind});
    const in::RunState start =
        world.run ? world.run->state : in::initial_state(host(), json::Object{}, json::Object{});
    auto advanced = in::advance(host(), start, inputs, {now, suggestion});
    if (!advanced.has_value()) return fail(state, "the machine: " + advanced.error().message);
    const bool continues = !advanced->effects.empty() &&
                           std::holds_alternative<in::ContinueAsNew>(advanced->effects.back());
    if (suggestion == in::HistorySuggestion::ContinueAsNew) {
      if (!continues) return;
      --next.left.continues;
    }
    Task task;
    task.inputs = inputs.size();
    Outcome outcome;
    outcome.rows =
        projection::fold({identity_.tenant, identity_.run_id, advanced->first_effect_number, now},
                         advanced->effects);
    for (const projection::WaitRow& wait : outcome.rows.waits)
      if (wait.status == "WAITING") outcome.opened.push_back(wait);
    outcome.run = saved(std::move(advanced->state));
    outcome.effects = std::move(advanced->effects);
    for (const in::Effect& effect : outcome.effects)
      outcome.effects_text += format("{}", effect.index());
    task.outcome = std::make_shared<Outcome>(std::move(outcome));
    next.task = std::move(task);
    visit(open, std::move(next));
  }
  void work(std::vector<State>& open, const State& state) {
    State next = state;
    Task& task = *next.task;
    const Bug bug = state.world.bug;
    const bool looks_first = bug == Bug::LookUpBeforeCommit;
    if (!task.is_committed && (!looks_first || task.is_looked_up)) {
      commit(next.world, task);
    } else if (!task.is_acknowledged && (task.is_looked_up || bug == Bug::AcknowledgeFirst)) {
      if (!acknowledge(next, task)) next.task.reset();
    } else if (!task.is_looked_up) {
      look_up(next, task);
    }
    if (next.task && next.task->is_acknowledged && next.task->is_looked_up) next.task.reset();
    visit(open, std::move(next));
  }
  static void commit(World& world, Task& task) {
    task.is_committed = true;
    for (const projection::WaitRow& row : task.outcome->rows.waits) {
      const auto old = std::ranges::find(world.waits, row.wait_id, &projection::WaitRow::wait_id);
      if (old == world.waits.end()) {
        world.waits.push_back(row);
      } else if (row.created_at != 0) {
        *old = row;
      } else {
        old->status = row.status;
      }
    }
  }
  void look_up(State& next, Task& task) {
    const std::vector<projection::WaitRow>& opened = task.outcome->opened;
    if (task.looking >= opened.size()) {
      task.is_looked_up = true;
      return;
    }
    auto view = std::make_shared<StoreView>(next.world, task.log);
    const FixedClock clock(0);
    service::EventRouter router({*view, view, definitions_, clock});
    static_cast<void>(router.wait_opened(opened[task.looking]));
    if (view->was_cut()) return;
    task.log.clear();
    task.is_looked_up = ++task.looking >= opened.size();
  }
  // False: Temporal refused it, since there is news that the history must not end without.
  bool acknowledge(State& next, Task& task) {
    World& world = next.world;
    const std::vector<in::Effect>& effects = task.outcome->effects;
    const bool ends = !effects.empty() && in::is_terminal(effects.back());
    if (ends && world.pending.size() > task.inputs) return false;
    task.is_acknowledged = true;
    world.has_first_task = false;
    world.pending.erase(world.pending.begin(),
                        world.pending.begin() + static_cast<long>(task.inputs));
    world.run = task.outcome->run;
    for (const in::Effect& effect : effects) {
      std::visit(match{[&](const in::StartTimer& e) { world.timers.insert(e.seq); },
                       [&](const in::CancelTimer& e) { world.timers.erase(e.seq); },
                       [&](const in::CloseWait& e) {
                         if (e.matched_event_id) world.matched.push_back(e.matched_event_id->text);
                       },
                       [&](const in::ContinueAsNew& e) { renew(world, e); },
                       [&](const in::Complete&) { world.is_closed = true; },
                       [&](const in::Fail&) { world.is_closed = true; },
                       [&](const in::CancelRun&) { world.is_closed = true; }, [](const auto&) {}},
                 effect);
    }
    return true;
  }
  // Another history: its signals are told apart from scratch.
  void renew(World& world, const in::ContinueAsNew& effect) {
    auto loaded = in::load(host(), effect.checkpoint);
    if (!loaded.has_value()) {
      ++problems_;
      return;
    }
    if (world.bug == Bug::ForgetOnContinue) loaded->consumed.clear();
    world.run = saved(*std::move(loaded));
    world.taken_requests.clear();
    world.timers.clear();
    world.has_first_task = true;
  }

  // -- what comes from outside
  void happen(std::vector<State>& open, const State& state) {
    if (state.world.is_closed) return;
    if (state.left.timeouts > 0) {
      for (const in::Seq seq : state.world.timers) {
        State next = state;
        --next.left.timeouts;
        next.world.timers.erase(seq);
        next.world.pending.emplace_back(in::TimerFired{seq});
        visit(open, std::move(next));
      }
    }
    if (state.left.cancels > 0) {
      State next = state;
      --next.left.cancels;
      next.world.pending.emplace_back(in::CancelRequested{"by the model"});
      visit(open, std::move(next));
    }
  }
  void crash(std::vector<State>& open, const State& state) {
    if (state.left.crashes == 0) return;
    for (std::size_t i = 0; i < state.carriers.size(); ++i) {
      State next = state;
      --next.left.crashes;
      next.carriers.erase(next.carriers.begin() + static_cast<long>(i));
      visit(open, std::move(next));
    }
    if (state.task) {
      State next = state;
      --next.left.crashes;
      next.task.reset();
      visit(open, std::move(next));
    }
  }

  // -- the promise
  void check_end(const State& state) {
    ++ends_;
    const World& world = state.world;
    std::map<std::string, int> taken;
    for (const std::string& id : world.matched)
      if (++taken[id] > 1) fail(state, format("event `{}` acted twice", id));
    if (world.is_closed) return;
    for (const projection::WaitRow& wait : world.waits) {
      if (wait.status != "WAITING") continue;
      const auto* step = service::event_step_of(wait, *program_);
      for (const store::EventRow& event : world.events) {
        if (in::first_refusal(*step, event.payload) != nullptr) continue;
        if (event.received_at >= wait.accepts_from && !taken.contains(event.event_id.text))
          fail(state,
               format("event `{}` was lost: {} still waits", event.event_id.text, wait.step_path));
      }
    }
  }
  void fail(const State& state, const std::string& what) {
    ++problems_;
    std::printf("%s: %s\n", state.left.name.c_str(), what.c_str());
  }

  // Everything that decides what can come, and nothing else.
  std::string text_of(const State& state) const {
    const World& world = state.world;
    std::string text =
        format("{} {} {} {} {} {} {} ", world.now, state.sent, state.left.crashes,
               state.left.continues, state.left.timeouts, state.left.cancels, world.is_closed);
    const auto put_event = [&](const store::EventRow& row) {
      text += format("{}@{}{} ", row.event_id.text, row.received_at, row.is_routed ? "r" : "");
    };
    const auto put_log = [&](const std::vector<Answer>& log) {
      for (const Answer& answer : log) {
        text += format("{}:", answer.index());
        std::visit(match{[&](const std::vector<bool>& made) {
                           for (const bool one : made) text += one ? '1' : '0';
                         },
                         [&](const store::EventRow& row) { put_event(row); },
                         [&](const std::vector<store::Candidate>& found) {
                           for (const auto& one : found) text += one.wait.wait_id.text;
                         },
                         [&](const std::vector<store::EventRow>& rows) {
                           for (const auto& row : rows) put_event(row);
                         },
                         [&](const Result<void>& done) { text += done.has_value() ? 'y' : 'n'; }},
                   answer);
      }
      text += '|';
    };
    for (const auto& row : world.events) put_event(row);
    text += '/';
    for (const auto& row : world.unseen) put_event(row);
    for (const auto& wait : world.waits)
      text += format("w{} {} {} ", wait.wait_id.text, wait.status, wait.accepts_from);
    for (const auto& id : world.taken_requests) text += id + ",";
    for (const auto& id : world.signaled) text += "s" + id;
    for (const auto& kind : world.pending) {
      text += format("p{}", kind.index());
      if (const auto* event = std::get_if<in::EventArrived>(&kind)) text += event->event_id.text;
    }
    for (const in::Seq seq : world.timers) text += format("t{}", seq);
    text += world.has_first_task ? 'f' : ' ';
    if (world.run) text += world.run->text;
    for (const auto& id : world.matched) text += "m" + id;
    // Whose turn it is does not depend on the order in which they came.
    std::vector<std::string> carriers;
    for (const Carrier& carrier : state.carriers) {
      const std::string before = std::move(text);
      text.clear();
      text += format("c{}{}@{}", carrier.is_sweep, carrier.id, carrier.at);
      put_event(carrier.event);
      put_log(carrier.log);
      carriers.push_back(std::move(text));
      text = before;
    }
    std::ranges::sort(carriers);
    for (const std::string& carrier : carriers) text += carrier;
    if (state.task) {
      const Task& task = *state.task;
      text += format("T{}{}{}{} {} ", task.is_committed, task.is_acknowledged, task.is_looked_up,
                     task.looking, task.inputs);
      text += task.outcome->run->text + task.outcome->effects_text;
      put_log(task.log);
    }
    return text;
  }

  NoActions actions_;
  OneDefinition definitions_;
  definition::ProgramPtr program_;
  in::RunIdentity identity_;
  std::unordered_set<std::string> seen_;
  std::size_t moves_ = 0;
  std::size_t ends_ = 0;
  int problems_ = 0;
};

const std::vector<Bounds> kBounds = {
    {"one that the first wait turns away, and one that it takes", {"x", "1"}, 0, 0, 0, 0, true},
    {"one event and its repetition, a crash, a new history", {"1", "1"}, 1, 1, 0, 0},
    {"two events, a crash", {"1", "2"}, 1, 0, 0, 0, true},
    {"two events, a timeout", {"1", "2"}, 0, 0, 1, 0, true},
    {"one event, a cancel, a timeout, two crashes", {"1"}, 2, 0, 1, 1},
    {"one event and its repetition, a cancel, a new history", {"1", "1"}, 0, 1, 0, 1},
    {"one turned away, one taken, a crash", {"x", "1"}, 1, 0, 0, 0, true},
    {"one turned away, one taken, a new history", {"x", "1"}, 0, 1, 0, 0, true},
};

}  // namespace
}  // namespace fermata::model

int main(int argc, char** argv) {
  using fermata::model::Bug;
  const auto bug = static_cast<Bug>(argc > 1 ? std::atoi(argv[1]) : 0);
  fermata::model::Checker checker;
  std::size_t states = 0;
  for (const auto& bounds : fermata::model::kBounds) {
    const std::size_t here = checker.explore(bounds, bug);
    std::printf("%zu states: %s\n", here, bounds.name.c_str());
    std::fflush(stdout);
    states += here;
    if (checker.problems() > 0) break;
  }
  const bool is_found = checker.problems() > 0;
  std::printf("events_model: %zu states, %s\n", states,
              is_found ? "a promise is broken" : "no promise is broken");
  if (bug == Bug::None) return is_found ? 1 : 0;
  if (!is_found) std::printf("the planted bug %d was not found\n", static_cast<int>(bug));
  return is_found ? 0 : 1;
}
