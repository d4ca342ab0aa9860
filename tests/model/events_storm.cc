// Storm: events_storm WAITS SEED [BUG]. Events against waits as in the model check, but by chance,
// on a real PostgreSQL and by threads that really race: the real router stores and routes, the real
// interpreter and fold make rows, the real store keeps them. Only Temporal is played, after its
// rules (Run), since it is the slow part: hammer.py has it, too. A schedule is one wait of a run
// with what its seed brings about: events before, at and after its opening, by one door or another,
// repeated, a timeout, a cancel, a new history, and crashes of whoever is at work, at any of its
// calls. Prints what it counted; with the number of a planted bug it must find that.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "definition/definition.h"
#include "foundation/check.h"
#include "foundation/format.h"
#include "foundation/match.h"
#include "interpreter/machine.h"
#include "interpreter/semantics.h"
#include "interpreter/steps.h"
#include "json/parse.h"
#include "line.h"
#include "mortal.h"
#include "projection/fold.h"
#include "service/events.h"
#include "service/wait_filters.h"
#include "store/open.h"
#include "store/test_postgres.h"

namespace fermata::model {
namespace {

namespace in = interpreter;

// Waits that look back, and waits that do not. The first one turns noise away, the second does not.
json::Value program_of(std::int64_t look_back_ms) {
  const std::string wait = format(
      R"("type":"event.wait","config":{{"eventName":"E","correlationKey":{{"$expr":"payload.key"}},"lookbackMs":{})",
      look_back_ms);
  return *json::parse(format(
      R"({{"id":"w","version":1,"name":"w","payloadSchemaRef":"payload.Any.v1","steps":[
          {{"id":"a","type":"control.tryCatch","catch":[],"try":[{{"id":"b",{0},"timeoutMs":60000,
            "filters":[{{"path":"isNoise","op":"not_exists"}}]}}}}]}},
          {{"id":"c",{0}}}}}]}})",
      wait));
}
constexpr std::int64_t kLookBackMs = 3'600'000;
constexpr int kRunsAtOnce = 60;
constexpr std::size_t kThreads = 8;
constexpr double kRoundMs = 40;

enum class Bug : std::uint8_t { None, LookUpBeforeCommit, AcknowledgeFirst, ForgetOnContinue };

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
// What the router asks of it, all runs have in common.
struct OneDefinition final : service::DefinitionSource {
  explicit OneDefinition(const definition::ActionCatalog& actions)
      : program(*definition::compile(program_of(kLookBackMs), actions)) {}
  Result<definition::ProgramPtr> load(const service::VersionRef&) override { return program; }
  definition::ProgramPtr program;
};
struct RealClock final : Clock {
  [[nodiscard]] TimeMs now() const override {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  }
};
struct Counts {
  std::atomic<int> waits = 0, events = 0, repeated = 0, crashes = 0, timeouts = 0, cancels = 0,
                   histories = 0;
};

// What all share.
struct Parts {
  store::Store& store;
  Line& line;
  Counts& counts;
  Bug bug = Bug::None;
  NoActions actions = {};
  OneDefinition definitions{actions};
  RealClock clock = {};
};

// Of one seed, asked by many threads.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : engine_(seed) {}
  double up_to(double most) {
    const std::scoped_lock lock(mutex_);
    return std::uniform_real_distribution<double>(0, most)(engine_);
  }
  bool is(double share) { return up_to(1) < share; }
  // Mostly one that never comes to an end of its calls.
  int calls_to_live(double share) { return is(share) ? static_cast<int>(up_to(6)) : 1'000; }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

std::string listed(const auto& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return "[" + all + "]";
}

// A run as Temporal keeps it, and the worker's tasks of it.
class Run {
 public:
  Run(Parts& parts, service::RunSignals& signals, std::string id, std::uint64_t seed)
      : parts_(parts), signals_(signals), chance_(seed) {
    program_ = *definition::compile(program_of(chance_.is(0.7) ? kLookBackMs : 0), parts_.actions);
    identity_ = {
        RunId(std::move(id)), TenantId("t"), WorkflowId("w"), 1, "h", in::kCurrentSemantics, 0};
  }
  Chance& chance() { return chance_; }
  [[nodiscard]] const std::string& id() const { return identity_.run_id.text; }

  void launch() {
    store::LaunchRow row;
    row.tenant = identity_.tenant;
    row.run_id = identity_.run_id;
    row.workflow_id = identity_.workflow_id;
    row.workflow_version = 1;
    row.trigger_type = "api";
    row.root_run_id = row.run_id.text;
    row.temporal_workflow_id = row.run_id.text;
    row.started_at = parts_.clock.now();
    CHECK(parts_.store.insert_launch(row).has_value(), "a run could not be inserted");
    const std::scoped_lock lock(mutex_);
    is_launched_ = true;
    schedule_task(0);
  }
  Result<void> take(const temporal::Signal& signal) {
    const std::scoped_lock lock(mutex_);
    if (is_closed_) return make_error(ErrorKind::NotFound, "TEMPORAL_NOT_FOUND", "closed");
    // One id is one signal of one history.
    if (!taken_requests_.insert(signal.request_id).second) return {};
    const json::Value body = *temporal::to_json(signal.input.front());
    const json::Object& object = body.get_object();
    in::EventArrived event;
    event.event_id = EventId(*json::string_at(object, "eventId"));
    event.event_name = *json::string_at(object, "eventName");
    event.correlation_key = json::string_at(object, "correlationKey");
    event.payload = object.at("payload");
    event.received_at = object.at("receivedAt").to_number<TimeMs>();
    event.wait_id = WaitId(json::string_at(object, "waitId").value_or(""));
    tell(std::move(event));
    return {};
  }
  void cancel() {
    const std::scoped_lock lock(mutex_);
    if (is_closed_ || !is_launched_) return;
    ++parts_.counts.cancels;
    tell(in::CancelRequested{"by the storm"});
  }

  // Empty: the promise is kept.
  std::string broken(const std::vector<store::EventRow>& events) {
    std::set<std::string> taken;
    for (const std::string& event : matched_)
      if (!taken.insert(event).second) return format("event `{}` acted twice", event);
    const auto rows = *parts_.store.waits(identity_.tenant, identity_.run_id);
    parts_.counts.waits += static_cast<int>(rows.size());
    std::vector<std::string> resolved;
    std::vector<std::string> said;
    for (const projection::WaitRow& row : rows) {
      said.push_back(
          format("{} {} {}", row.step_path, row.status, row.matched_event_id.value_or("-")));
      if (row.matched_event_id) resolved.push_back(*row.matched_event_id);
      if (row.status != "WAITING") continue;
      if (is_closed_) return format("{} waits, and its run has ended", row.step_path);
      const auto* step = service::event_step_of(row, *program_);
      for (const store::EventRow& event : events)
        if (in::first_refusal(*step, event.payload) == nullptr &&
            event.received_at >= row.accepts_from && !taken.contains(event.event_id.text))
          return format("event `{}` was lost: {} waits", event.event_id.text, row.step_path);
    }
    if (std::set(resolved.begin(), resolved.end()) != taken || resolved.size() != taken.size())
      return format("it took {}, and its waits say {}", listed(taken), listed(said));
    return "";
  }

 private:
  struct Task {
    std::vector<in::InputKind> inputs;
    in::Advance advanced;
    projection::RowBatch rows;
    std::uint64_t row_time = 0;
    std::uint64_t row_effect = 0;
  };
  [[nodiscard]] in::Host host() const { return {*program_, identity_, parts_.actions}; }

  // With the lock.
  void tell(in::InputKind kind) {
    pending_.push_back(std::move(kind));
    schedule_task(chance_.up_to(2));
  }
  void schedule_task(double after_ms) {
    if (!is_launched_ || has_task_) return;
    has_task_ = true;
    parts_.line.add(after_ms, [this] { work(); });
  }

  void work() {
    std::optional<Task> task = begin();
    if (!task) return;
    // At which of its calls the worker dies: then the task is there again after a while.
    Mortal mortal(parts_.store, signals_, chance_.calls_to_live(0.2));
    service::EventRouter router(
        {mortal.store(), mortal.signals(), parts_.definitions, parts_.clock});
    const bool looks_first = parts_.bug == Bug::LookUpBeforeCommit;
    if (looks_first) look_up(router, *task);
    if (mortal.lives())
      CHECK(parts_.store.write(std::span(&task->rows, 1), {}).has_value(), "rows not written");
    if (parts_.bug == Bug::AcknowledgeFirst && mortal.lives() && acknowledge(*task))
      return look_up(router, *task);
    if (!looks_first) look_up(router, *task);
    if (mortal.lives() && acknowledge(*task)) return;
    if (!mortal.is_alive()) ++parts_.counts.crashes;
    const std::scoped_lock lock(mutex_);
    has_task_ = false;
    schedule_task(3 + chance_.up_to(5));
  }
  static void look_up(service::EventRouter& router, const Task& task) {
    for (const projection::WaitRow& wait : task.rows.waits)
      if (wait.status == "WAITING") static_cast<void>(router.wait_opened(wait));
  }
  std::optional<Task> begin() {
    const bool continues = chance_.is(0.25);
    const std::scoped_lock lock(mutex_);
    if (is_closed_) return std::nullopt;
    const TimeMs now = parts_.clock.now();
    Task task;
    task.inputs = pending_;
    std::vector<in::Input> inputs;
    for (const in::InputKind& kind : pending_) inputs.push_back({now, kind});
    const json::Value payload = json::Object{{"key", id()}};
    const in::RunState start =
        state_ ? *state_ : in::initial_state(host(), payload, json::Object{});
    auto advanced = in::advance(
        host(), start, inputs,
        {now, continues ? in::HistorySuggestion::ContinueAsNew : in::HistorySuggestion::None});
    CHECK(advanced.has_value(), "the machine does not go on");
    task.advanced = *std::move(advanced);
    task.row_time = row_time_;
    task.row_effect = row_effect_;
    // As RunDriver numbers them.
    if (static_cast<std::uint64_t>(now) > task.row_time) {
      task.row_time = static_cast<std::uint64_t>(now);
      task.row_effect = task.advanced.first_effect_number;
    }
    const std::uint64_t number =
        (task.row_time << 20U) + (task.advanced.first_effect_number - task.row_effect);
    task.rows =
        projection::fold({identity_.tenant, identity_.run_id, number, now}, task.advanced.effects);
    if (task.rows.run && task.rows.run->completed_at)
      task.rows.run->steps = task.advanced.state.steps;
    return task;
  }

  // False: Temporal refused it, since there is news that the history must not end without.
  bool acknowledge(Task& task) {
    const std::scoped_lock lock(mutex_);
    const auto& effects = task.advanced.effects;
    const bool ends = !effects.empty() && in::is_terminal(effects.back());
    if (ends && pending_.size() > task.inputs.size()) return false;
    has_task_ = false;
    row_time_ = task.row_time;
    row_effect_ = task.row_effect;
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<long>(task.inputs.size()));
    state_ = std::move(task.advanced.state);
    bool is_renewed = false;
    for (const in::Effect& effect : effects) {
      std::visit(match{[&](const in::StartTimer& e) { start_timer(e.seq); },
                       [&](const in::CancelTimer& e) { timers_.erase(e.seq); },
                       [&](const in::CloseWait& e) {
                         if (e.matched_event_id) matched_.push_back(e.matched_event_id->text);
                       },
                       [&](const in::ContinueAsNew& e) {
                         renew(e);
                         is_renewed = true;
                       },
                       [&](const in::Complete&) { is_closed_ = true; },
                       [&](const in::Fail&) { is_closed_ = true; },
                       [&](const in::CancelRun&) { is_closed_ = true; }, [](const auto&) {}},
                 effect);
    }
    if (is_renewed || !pending_.empty()) schedule_task(chance_.up_to(2));
    return true;
  }
  void start_timer(in::Seq seq) {
    timers_.insert(seq);
    if (!chance_.is(0.3)) return;
    parts_.line.add(chance_.up_to(kRoundMs), [this, seq, history = history_] {
      const std::scoped_lock lock(mutex_);
      if (is_closed_ || history != history_ || timers_.erase(seq) == 0) return;
      ++parts_.counts.timeouts;
      tell(in::TimerFired{seq});
    });
  }
  // Another history: its signals are told apart from scratch.
  void renew(const in::ContinueAsNew& effect) {
    auto loaded = in::load(host(), effect.checkpoint);
    CHECK(loaded.has_value(), "a checkpoint cannot be read");
    if (parts_.bug == Bug::ForgetOnContinue) loaded->consumed.clear();
    state_ = *std::move(loaded);
    taken_requests_.clear();
    timers_.clear();
    ++history_;
    ++parts_.counts.histories;
  }

  Parts& parts_;
  service::RunSignals& signals_;
  Chance chance_;
  definition::ProgramPtr program_;
  in::RunIdentity identity_;

  std::mutex mutex_;
  bool is_launched_ = false;
  bool is_closed_ = false;
  bool has_task_ = false;
  int history_ = 0;
  std::set<std::string> taken_requests_;
  std::vector<in::InputKind> pending_;
  std::set<in::Seq> timers_;
  std::optional<in::RunState> state_;
  std::vector<std::string> matched_;
  std::uint64_t row_time_ = 0;
  std::uint64_t row_effect_ = 0;
};

// Runs that happen at once, and who sends to them.
class Round final : public service::RunSignals {
 public:
  Round(Parts& parts, std::uint64_t seed, int runs) : parts_(parts) {
    for (int i = 0; i < runs; ++i) {
      const std::string id = format("{}-{}", seed, i);
      runs_.emplace(id, std::make_unique<Run>(parts, *this, id, seed * 1'000 + std::uint64_t(i)));
    }
  }
  Result<void> signal(const RunId& run, const temporal::Signal& signal) override {
    return runs_.at(run.text)->take(signal);
  }

  // Empty: every promise is kept.
  std::string play() {
    for (const auto& [id, run] : runs_) plan(*run);
    for (const double at : {0.3, 0.6, 0.9}) parts_.line.add(at * kRoundMs, [this] { sweep(); });
    parts_.line.play(kThreads);
    // What a crash left is routed again, until nothing is left.
    do parts_.line.add(0, [this] { sweep(); });
    while (parts_.line.play(kThreads), *parts_.store.count_unrouted(1) > 0);
    for (const auto& [id, run] : runs_) {
      const std::string why = run->broken(sent_[id]);
      if (!why.empty()) return format("run {}: {}", id, why);
    }
    return "";
  }

 private:
  void plan(Run& run) {
    Chance& chance = run.chance();
    const double launched_at = chance.up_to(kRoundMs / 2);
    parts_.line.add(launched_at, [&run] { run.launch(); });
    const int events = 1 + static_cast<int>(chance.up_to(3));
    // All at one moment near the launch, or anywhere.
    const double together = launched_at + chance.up_to(6);
    const bool is_near = chance.is(0.5);
    for (int n = 0; n < events; ++n) {
      service::EventRequest request;
      request.tenant = TenantId("t");
      request.event_id = format("{}:{}", run.id(), n);
      request.event_name = "E";
      request.correlation_key = run.id();
      request.payload = json::Object{};
      if (chance.is(0.3)) request.payload.get_object()["isNoise"] = true;
      const double at = is_near ? together + chance.up_to(2) : chance.up_to(kRoundMs);
      ++parts_.counts.events;
      parts_.line.add(at, [this, &run, request] { send(run, {request}); });
      if (!chance.is(0.3)) continue;
      ++parts_.counts.repeated;
      parts_.line.add(at + chance.up_to(3), [this, &run, request] { send(run, {request}); });
    }
    if (chance.is(0.1)) parts_.line.add(chance.up_to(kRoundMs), [&run] { run.cancel(); });
  }
  // A careful sender: again until it is taken. It may die at any call all the same.
  void send(Run& run, const std::vector<service::EventRequest>& requests) {
    Mortal mortal(parts_.store, *this, run.chance().calls_to_live(0.2));
    service::EventRouter router(
        {mortal.store(), mortal.signals(), parts_.definitions, parts_.clock});
    const auto taken = router.accept_all(requests);
    if (!mortal.is_alive()) ++parts_.counts.crashes;
    if (!taken.has_value())
      return parts_.line.add(run.chance().up_to(3),
                             [this, &run, requests] { send(run, requests); });
    const std::scoped_lock lock(mutex_);
    for (const auto& one : *taken)
      if (one.has_value()) sent_[run.id()].push_back(one->event);
  }
  void sweep() {
    const auto events = parts_.store.unrouted_events(parts_.clock.now() + 1, 500);
    const auto signals = std::shared_ptr<RunSignals>(std::shared_ptr<void>(), this);
    service::EventRouter router({parts_.store, signals, parts_.definitions, parts_.clock});
    CHECK(events.has_value() && router.route(*events).has_value(), "the sweep failed");
  }

  Parts& parts_;
  std::map<std::string, std::unique_ptr<Run>> runs_;
  std::mutex mutex_;
  std::map<std::string, std::vector<store::EventRow>> sent_;  // by run
};

int storm(int waits, std::uint64_t seed, Bug bug) {
  const store::TestPostgres server;
  const auto store = *store::open(server.url());
  Line line;
  Counts counts;
  Parts parts{*store, line, counts, bug};
  int runs = 0;
  std::string broken;
  const auto began = std::chrono::steady_clock::now();
  for (std::uint64_t round = 0; counts.waits < waits && broken.empty(); ++round) {
    broken = Round(parts, seed * 1'000'000 + round, kRunsAtOnce).play();
    runs += kRunsAtOnce;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf(
      "events_storm: %s %d schedules in %d runs, %.0f a second, %d such runs make a million; %d "
      "events, %d repeated; %d "
      "crashes, "
      "%d timeouts, %d cancels, %d new histories; seed %llx\n",
      broken.empty() ? "ok" : broken.c_str(), counts.waits.load(), runs,
      counts.waits.load() / took.count(), 1 + 999'999 / std::max(1, counts.waits.load()),
      counts.events.load(), counts.repeated.load(), counts.crashes.load(), counts.timeouts.load(),
      counts.cancels.load(), counts.histories.load(), static_cast<unsigned long long>(seed));
  if (bug == Bug::None) return broken.empty() ? 0 : 1;
  return broken.empty() ? 1 : 0;
}

}  // namespace
}  // namespace fermata::model

int main(int argc, char** argv) {
  const int waits = argc > 1 ? std::atoi(argv[1]) : 5'000;
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 16) : 1;
  return fermata::model::storm(waits, seed,
                               static_cast<fermata::model::Bug>(argc > 3 ? std::atoi(argv[3]) : 0));
}
