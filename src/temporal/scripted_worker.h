#pragma once
// For this library's tests: a dev server with a client, and a worker whose workflows follow a
// script. Included once, by temporal_test.cc.

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "foundation/match.h"
#include "temporal/dev_server.h"
#include "temporal/worker.h"

namespace fermata::temporal {

inline constexpr std::int64_t kPatienceMs = 60'000;

class TestLog final : public Log {
 public:
  void write(LogLevel, std::string_view, const LogFields&) override { ++lines; }
  std::atomic<int> lines{0};
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

// What a workflow of the test answers to one job.
using Script = std::function<std::vector<Command>(const Job&)>;

// A worker whose workflows follow a script and whose activities echo their input; `fail` as input
// fails once per attempt.
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
  }
  ~ScriptedWorker() {
    worker_->initiate_shutdown();
    for (std::thread& thread : threads_) thread.join();
    EXPECT_TRUE(worker_->finalize().has_value());
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
  std::atomic<int> evictions{0};
  std::atomic<int> replays{0};
  std::atomic<int> attempts{0};

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
        if (std::holds_alternative<RemoveFromCache>(job)) {
          ++evictions;
          continue;
        }
        for (Command& command : script_(job)) commands.push_back(std::move(command));
      }
      EXPECT_TRUE(worker_->complete({activation->run_id, std::move(commands)}).has_value());
    }
  }
  void serve_activities() {
    while (true) {
      const auto task = worker_->poll_activity();
      if (!task.has_value()) return;
      const auto* start = std::get_if<ActivityStart>(&task->kind);
      if (start == nullptr) {
        Failure canceled;
        canceled.kind = FailureKind::Canceled;
        EXPECT_TRUE(worker_->complete_activity({task->task_token, canceled}).has_value());
        continue;
      }
      ++attempts;
      const json::Value input = *to_json(start->input.front());
      if (input == json::Value("hang")) {
        // Until it is canceled: the heartbeat is how it hears of that.
        EXPECT_TRUE(
            worker_->heartbeat(task->task_token, to_payload(json::Value("alive"))).has_value());
        continue;
      }
      if (input == json::Value("fail") && start->attempt < 3) {
        Failure failure;
        failure.type = "Passing";
        failure.message = "not yet";
        EXPECT_TRUE(worker_->complete_activity({task->task_token, failure}).has_value());
      } else if (input == json::Value("refuse")) {
        Failure failure;
        failure.type = "Refused";
        failure.message = "never";
        failure.non_retryable = true;
        failure.details = {to_payload(json::Object{{"code", 7}})};
        EXPECT_TRUE(worker_->complete_activity({task->task_token, failure}).has_value());
      } else {
        EXPECT_TRUE(
            worker_->complete_activity({task->task_token, start->input.front()}).has_value());
      }
    }
  }

  Script script_;
  std::unique_ptr<Worker> worker_;
  std::vector<std::thread> threads_;
};

}  // namespace fermata::temporal
