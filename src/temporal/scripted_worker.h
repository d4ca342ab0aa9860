#pragma once
// For this library's tests: a dev server with a client, and a worker whose workflows follow a
// script. INVARIANT: every history that a scripted worker made is replayed by its script when it
// ends, cold; so what a script remembers must be forgotten at InitializeWorkflow.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "foundation/match.h"
#include "temporal/dev_server.h"
#include "temporal/worker.h"

namespace fermata::temporal {

inline constexpr std::int64_t kPatienceMs = 60'000;

struct LogLine {
  LogLevel level = LogLevel::Info;
  std::string message;
  std::map<std::string, std::string> fields;
};
class TestLog final : public Log {
 public:
  void write(LogLevel level, std::string_view message, const LogFields& fields) override {
    const std::scoped_lock lock(mutex_);
    lines_.push_back({level, std::string(message), {fields.begin(), fields.end()}});
  }
  [[nodiscard]] std::vector<LogLine> lines() const {
    const std::scoped_lock lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<LogLine> lines_;
};

// The server, and a client of it, for all tests.
struct World {
  World() {
    DevServerOptions options;
    options.search_attributes = {{"Colour", "Keyword"}};
    auto started = DevServer::start(options);
    if (!started.has_value())
      throw std::runtime_error(started.error().message + ": " + started.error().help);
    server = std::make_unique<DevServer>(*std::move(started));
    runtime =
        std::make_unique<Runtime>(*Runtime::create({.log = &log, .log_level = LogLevel::Debug}));
    client = std::make_unique<Client>(*Client::connect(*runtime, {.address = server->address()}));
  }
  TestLog log;
  std::unique_ptr<DevServer> server;
  std::unique_ptr<Runtime> runtime;
  std::unique_ptr<Client> client;
};
// Made before the first test and gone before the process's own statics: Core's threads must not
// outlive them.
inline std::unique_ptr<World> the_world;  // NOLINT
inline World& world() {
  return *the_world;
}
class WorldEnvironment final : public testing::Environment {
  void SetUp() override { the_world = std::make_unique<World>(); }
  void TearDown() override { the_world.reset(); }
};
inline const auto* const kEnvironment = testing::AddGlobalTestEnvironment(new WorldEnvironment);

// Whether it comes about; the number of looks bounds the wait.
template <typename Look>
bool comes_about(Look look) {
  constexpr auto kBetweenLooks = std::chrono::milliseconds(50);
  for (std::int64_t i = 0; i < kPatienceMs / kBetweenLooks.count(); ++i) {
    if (look()) return true;
    std::this_thread::sleep_for(kBetweenLooks);
  }
  return false;
}

template <typename T>
const T* as(const Job& job) {
  return std::get_if<T>(&job);
}
inline std::vector<Command> complete(const json::Value& value) {
  return {CompleteWorkflow{to_payload(value)}};
}
// The run ends as its activity did.
inline std::vector<Command> finish_with(const ResolveActivity& done) {
  return std::visit(
      match{[](const ActivityCompleted& c) -> std::vector<Command> {
              return {CompleteWorkflow{c.result}};
            },
            [](const ActivityFailed& f) -> std::vector<Command> {
              return {FailWorkflow{f.failure.root()}};
            },
            [](const ActivityCanceled&) -> std::vector<Command> { return {CancelExecution{}}; },
            [](const ActivityBackoff&) -> std::vector<Command> { return {}; }},
      done.outcome);
}

// What a workflow of the test answers to one job.
using Script = std::function<std::vector<Command>(const Job&)>;

inline std::string history_text(const WorkflowRef& run) {
  const auto history = world().client->history(run);
  EXPECT_TRUE(history.has_value()) << run.workflow_id;
  return history.has_value() ? *history_to_json(*history) : "";
}

// Replays a history with a script; gives the reason of the final eviction.
inline EvictionReason replay(const std::string& workflow_id, const History& history,
                             const Script& script) {
  auto made = ReplayWorker::create(*world().runtime, "replay");
  if (!made.has_value()) {
    ADD_FAILURE() << made.error().message;
    return EvictionReason::Other;
  }
  EXPECT_TRUE(made->push(workflow_id, history).has_value());
  std::optional<EvictionReason> reason;
  while (!reason) {
    const auto activation = made->worker().poll_activation();
    if (!activation.has_value()) break;
    std::vector<Command> commands;
    for (const Job& job : activation->jobs) {
      if (const auto* removed = as<RemoveFromCache>(job)) {
        reason = removed->reason;
      } else {
        for (Command& command : script(job)) commands.push_back(std::move(command));
      }
    }
    EXPECT_TRUE(made->worker().complete({activation->run_id, std::move(commands)}).has_value());
  }
  made->close();
  EXPECT_FALSE(made->worker().poll_activation().has_value());
  EXPECT_TRUE(made->worker().finalize().has_value());
  EXPECT_TRUE(reason.has_value()) << "the history was not replayed to its end";
  return reason.value_or(EvictionReason::Other);
}

// A worker whose workflows follow a script and whose activities echo their input, unless it is one
// of these words:
//   fail       the first two attempts fail
//   refuse     fails for good, with details
//   hang       goes on until it is canceled, and shows that it lives
//   fall mute  the first attempt shows half of its work and is never heard of again; the next one
//              gives what it was told of that
class ScriptedWorker {
 public:
  ScriptedWorker(Script script, std::uint32_t cached = 100) : script_(std::move(script)) {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    queue = std::string(info->name());
    WorkerOptions options;
    options.task_queue = queue;
    options.max_cached_workflows = cached;
    worker_ = std::make_unique<Worker>(*Worker::create(*world().client, options));
    threads_.emplace_back([this] { serve_workflows(); });
    threads_.emplace_back([this] { serve_activities(); });
    threads_.emplace_back([this] { beat(); });
  }
  ScriptedWorker(const ScriptedWorker&) = delete;
  ScriptedWorker& operator=(const ScriptedWorker&) = delete;
  ~ScriptedWorker() {
    is_over_ = true;
    worker_->initiate_shutdown();
    for (std::thread& thread : threads_) thread.join();
    EXPECT_TRUE(worker_->finalize().has_value());
    for (const WorkflowRef& run : begun_) {
      const auto history = world().client->history(run);
      EXPECT_TRUE(history.has_value()) << run.workflow_id;
      if (!history.has_value()) continue;
      EXPECT_NE(replay(run.workflow_id, *history, script_), EvictionReason::Nondeterminism)
          << run.workflow_id;
    }
  }
  [[nodiscard]] StartWorkflow start_request() const {
    StartWorkflow request;
    request.workflow_id = queue + "-1";
    request.workflow_type = "scripted";
    request.task_queue = queue;
    request.input = {to_payload(json::Value("in"))};
    return request;
  }
  WorkflowRef start(StartWorkflow request) {
    const auto run = world().client->start(request);
    EXPECT_TRUE(run.has_value()) << (run.has_value() ? "" : run.error().message);
    return {request.workflow_id, run.has_value() ? *run : ""};
  }
  WorkflowRef start() { return start(start_request()); }
  void signal(const WorkflowRef& run, const std::string& name) {
    EXPECT_TRUE(world().client->signal(run, {name, {}, ""}).has_value());
  }
  WorkflowResult result(const WorkflowRef& run) {
    auto done = world().client->wait_result(run, kPatienceMs);
    EXPECT_TRUE(done.has_value() && done->has_value());
    return done.has_value() && done->has_value() ? **std::move(done)
                                                 : WorkflowResult(ResultFailed{});
  }
  // The result as JSON text, or the kind and message of the failure.
  std::string outcome(const WorkflowRef& run) {
    return std::visit(match{[](const ResultCompleted& done) { return done.result.data; },
                            [](const ResultFailed& failed) {
                              return "failed: " + failed.failure.root().message;
                            }},
                      result(run));
  }

  std::string queue;
  std::atomic<int> begun{0};        // histories: runs, children and what they go on as
  std::atomic<int> activations{0};  // with something to do
  std::atomic<int> evictions{0};    // for want of room
  std::atomic<int> replays{0};      // activations out of the past
  std::atomic<int> attempts{0};     // of activities
  std::atomic<int> cancels{0};      // that activities heard of

 private:
  void serve_workflows() {
    while (true) {
      const auto activation = worker_->poll_activation();
      if (!activation.has_value()) {
        EXPECT_EQ(activation.error().code, "TEMPORAL_SHUTDOWN") << activation.error().message;
        return;
      }
      if (activation->is_replaying) ++replays;
      std::vector<Command> commands;
      for (const Job& job : activation->jobs) {
        if (const auto* removed = as<RemoveFromCache>(job)) {
          if (removed->reason == EvictionReason::CacheFull) ++evictions;
          continue;
        }
        if (const auto* start = as<InitializeWorkflow>(job); start && !activation->is_replaying)
          note_begun({start->workflow_id, activation->run_id});
        for (Command& command : script_(job)) commands.push_back(std::move(command));
      }
      if (as<RemoveFromCache>(activation->jobs.front()) == nullptr) ++activations;
      EXPECT_TRUE(worker_->complete({activation->run_id, std::move(commands)}).has_value());
    }
  }
  // A task that is tried again begins its run again.
  void note_begun(const WorkflowRef& run) {
    for (const WorkflowRef& known : begun_)
      if (known.run_id == run.run_id) return;
    begun_.push_back(run);
    ++begun;
  }
  void serve_activities() {
    while (true) {
      const auto task = worker_->poll_activity();
      if (!task.has_value()) return;
      if (const auto* start = std::get_if<ActivityStart>(&task->kind)) {
        ++attempts;
        run(task->task_token, *start);
      } else {
        ++cancels;
        forget(task->task_token);
        Failure canceled;
        canceled.kind = FailureKind::Canceled;
        answer({task->task_token, canceled});
      }
    }
  }
  void run(const std::string& token, const ActivityStart& start) {
    const json::Value input = *to_json(start.input.front());
    if (input == json::Value("hang")) {
      // A local one hears of its cancel without showing that it lives.
      const std::scoped_lock lock(mutex_);
      if (!start.is_local) living_.push_back(token);
      return;
    }
    if (input == json::Value("fall mute") && start.attempt == 1) {
      EXPECT_TRUE(worker_->heartbeat(token, to_payload(json::Value("half"))).has_value());
      mute_ = token;
      return;
    }
    Failure failure;
    if (input == json::Value("fall mute")) {
      // Nobody asks for the first one any more, but it has to be answered.
      failure.type = "TooLate";
      answer({std::exchange(mute_, ""), failure});
      EXPECT_EQ(start.heartbeat_details.size(), 1U);
      answer({token, start.heartbeat_details.empty() ? Payload{} : start.heartbeat_details[0]});
    } else if (input == json::Value("fail") && start.attempt < 3) {
      failure.type = "Passing";
      failure.message = "not yet";
      answer({token, failure});
    } else if (input == json::Value("refuse")) {
      failure.type = "Refused";
      failure.message = "never";
      failure.non_retryable = true;
      failure.details = {to_payload(json::Object{{"code", 7}})};
      answer({token, failure});
    } else {
      answer({token, start.input.front()});
    }
  }
  void answer(const ActivityCompletion& completion) {
    EXPECT_TRUE(worker_->complete_activity(completion).has_value());
  }
  void forget(const std::string& token) {
    const std::scoped_lock lock(mutex_);
    std::erase(living_, token);
  }
  // What hangs shows that it lives, and hears so of its cancel.
  void beat() {
    while (!is_over_) {
      {
        const std::scoped_lock lock(mutex_);
        for (const std::string& token : living_)
          static_cast<void>(worker_->heartbeat(token, to_payload(json::Value("alive"))));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }

  Script script_;
  std::unique_ptr<Worker> worker_;
  std::vector<std::thread> threads_;
  std::vector<WorkflowRef> begun_;  // of the thread that serves workflows
  std::string mute_;                // of the thread that serves activities
  std::mutex mutex_;
  std::vector<std::string> living_;
  std::atomic<bool> is_over_{false};
};

}  // namespace fermata::temporal
