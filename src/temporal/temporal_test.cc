// The library against a real dev server: one server for the whole program, one task queue per test.
#include "json/parse.h"
#include "temporal/scripted_worker.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

namespace fermata::temporal {
namespace {

TEST(TemporalWorkflows, StartAndCompleteWithTheirInput) {
  ScriptedWorker worker([](const Job& job) -> std::vector<Command> {
    const auto* init = as<InitializeWorkflow>(job);
    return init == nullptr ? std::vector<Command>{}
                           : std::vector<Command>{CompleteWorkflow{init->arguments.front()}};
  });
  const WorkflowRef run = worker.start();
  EXPECT_EQ(worker.outcome(run), "\"in\"");
  const auto described = world().client->describe(run);
  EXPECT_EQ(described->status, WorkflowStatus::Completed);
  EXPECT_EQ(described->history_length, 5);
  // The first task came with the start, since the worker is on the same connection.
  EXPECT_EQ(described->state_transitions, 2);
  StartWorkflow again = worker.start_request();
  again.id_reuse = IdReuse::RejectDuplicate;
  EXPECT_EQ(world().client->start(again).error().code, "TEMPORAL_ALREADY_EXISTS");
  EXPECT_EQ(world().client->describe({"no-such", ""}).error().code, "TEMPORAL_NOT_FOUND");
}

TEST(TemporalWorkflows, FailWithDetailsThatSurvive) {
  ScriptedWorker worker([](const Job& job) -> std::vector<Command> {
    if (as<InitializeWorkflow>(job) == nullptr) return {};
    Failure failure;
    failure.type = "Mine";
    failure.message = "no";
    failure.details = {to_payload(json::Object{{"a", 1}})};
    return {FailWorkflow{failure}};
  });
  const auto result = worker.result(worker.start());
  const Failure& failure = std::get<ResultFailed>(result).failure;
  EXPECT_EQ(failure.type, "Mine");
  EXPECT_EQ(failure.details.front().data, R"({"a":1})");
}

TEST(TemporalTimers, FireAndCanBeCanceled) {
  ScriptedWorker worker([](const Job& job) -> std::vector<Command> {
    if (as<InitializeWorkflow>(job) != nullptr)
      return {StartTimer{1, 50}, StartTimer{2, 3'600'000}};
    const auto* fired = as<FireTimer>(job);
    if (fired == nullptr) return {};
    return {CancelTimer{2}, CompleteWorkflow{to_payload(json::Value(fired->seq))}};
  });
  const WorkflowRef run = worker.start();
  EXPECT_EQ(worker.outcome(run), "1");
  const std::string history = history_text(run);
  EXPECT_THAT(history, testing::HasSubstr("EVENT_TYPE_TIMER_FIRED"));
  EXPECT_THAT(history, testing::HasSubstr("EVENT_TYPE_TIMER_CANCELED"));
}

TEST(TemporalSignals, ArriveInOrderAlsoWithStart) {
  auto seen = std::make_shared<std::string>();
  ScriptedWorker worker([seen](const Job& job) -> std::vector<Command> {
    if (as<InitializeWorkflow>(job) != nullptr) seen->clear();
    const auto* signal = as<SignalWorkflow>(job);
    if (signal == nullptr) return {};
    *seen += signal->name;
    return *seen == "abc" ? complete(json::Value(*seen)) : std::vector<Command>{};
  });
  const auto run_id = world().client->signal_with_start(worker.start_request(), {"a", {}, ""});
  ASSERT_TRUE(run_id.has_value());
  const WorkflowRef run{worker.start_request().workflow_id, *run_id};
  ASSERT_TRUE(world().client->signal(run, {"b", {}, "id-1"}).has_value());
  ASSERT_TRUE(
      world().client->signal(run, {"b", {}, "id-1"}).has_value());  // the same request: one signal
  ASSERT_TRUE(world().client->signal(run, {"c", {}, ""}).has_value());
  EXPECT_EQ(worker.outcome(run), "\"abc\"");
}

TEST(TemporalQueries, AreAnsweredFromTheRun) {
  ScriptedWorker worker([](const Job& job) -> std::vector<Command> {
    if (const auto* query = as<QueryWorkflow>(job))
      return {QueryResult{query->query_id, to_payload(json::Value(query->query_type))}};
    return as<SignalWorkflow>(job) == nullptr ? std::vector<Command>{} : complete(json::Value(1));
  });
  const WorkflowRef run = worker.start();
  EXPECT_EQ(world().client->query(run, "state")->data, "\"state\"");
  ASSERT_TRUE(world().client->signal(run, {"end", {}, ""}).has_value());
  worker.outcome(run);
}

TEST(TemporalUpdates, AreAcceptedAndCompletedOrRejected) {
  ScriptedWorker worker([](const Job& job) -> std::vector<Command> {
    if (const auto* update = as<DoUpdate>(job)) {
      if (update->name == "bad") {
        Failure failure;
        failure.message = "no such update";
        return {UpdateResponse{update->protocol_instance_id, failure}};
      }
      return {UpdateResponse{update->protocol_instance_id, UpdateAccepted{}},
              UpdateResponse{update->protocol_instance_id, to_payload(json::Value("done"))}};
    }
    return as<SignalWorkflow>(job) == nullptr ? std::vector<Command>{} : complete(json::Value(1));
  });
  const WorkflowRef run = worker.start();
  EXPECT_EQ(world().client->update(run, "good", {})->data, "\"done\"");
  const auto refused = world().client->update(run, "bad", {});
  EXPECT_EQ(refused.error().code, "TEMPORAL_UPDATE_FAILED");
  ASSERT_TRUE(world().client->signal(run, {"end", {}, ""}).has_value());
  worker.outcome(run);
}

TEST(TemporalCancellation, ReachesTheRunAndEndsIt) {
  ScriptedWorker worker([](const Job& job) -> std::vector<Command> {
    if (as<InitializeWorkflow>(job) != nullptr) return {StartTimer{1, 3'600'000}};
    return as<CancelWorkflow>(job) == nullptr ? std::vector<Command>{}
                                              : std::vector<Command>{CancelExecution{}};
  });
  const WorkflowRef run = worker.start();
  ASSERT_TRUE(world().client->cancel(run, "stop").has_value());
  EXPECT_EQ(worker.outcome(run), "failed: canceled");
  EXPECT_EQ(world().client->describe(run)->status, WorkflowStatus::Canceled);
}

TEST(TemporalContinueAsNew, KeepsTheChainsResult) {
  ScriptedWorker worker([](const Job& job) -> std::vector<Command> {
    const auto* init = as<InitializeWorkflow>(job);
    if (init == nullptr) return {};
    if (init->continued_from_run_id.empty())
      return {ContinueAsNew{
          "scripted", "KeepsTheChainsResult", {to_payload(json::Value("second"))}, 0, {}}};
    return {CompleteWorkflow{init->arguments.front()}};
  });
  EXPECT_EQ(worker.outcome(worker.start()), "\"second\"");
}

// Visibility follows a moment later.
void expect_listed(const std::string& query, const std::string& workflow_id) {
  EXPECT_TRUE(comes_about([&] { return *world().client->count(query) == 1; })) << query;
  const auto page = world().client->list(query, 10);
  ASSERT_TRUE(page.has_value()) << page.error().message;
  ASSERT_EQ(page->items.size(), 1U);
  EXPECT_EQ(page->items.front().ref.workflow_id, workflow_id);
}

TEST(TemporalSearchAttributes, CanBeSetAndSearched) {
  ScriptedWorker worker([](const Job& job) -> std::vector<Command> {
    if (as<InitializeWorkflow>(job) == nullptr) return {};
    return {UpsertSearchAttributes{
                {{"Colour", search_attribute(SearchAttributeType::Keyword, json::Value("green"))}}},
            CompleteWorkflow{to_payload(json::Value(1))}};
  });
  worker.outcome(worker.start());
  expect_listed("Colour = 'green'", "CanBeSetAndSearched-1");
}

TEST(TemporalSearchAttributes, AndAMemoCanComeWithTheStart) {
  ScriptedWorker worker([](const Job& job) -> std::vector<Command> {
    const auto* init = as<InitializeWorkflow>(job);
    if (init == nullptr) return {};
    const json::Value colour = *to_json(init->search_attributes.at("Colour"));
    const json::Value note = *to_json(init->memo.at("note"));
    return complete(json::Array{colour, note});
  });
  StartWorkflow request = worker.start_request();
  request.search_attributes = {
      {"Colour", search_attribute(SearchAttributeType::Keyword, json::Value("blue"))}};
  request.memo = {{"note", to_payload(json::Value("mind me"))}};
  EXPECT_EQ(worker.outcome(worker.start(request)), R"(["blue","mind me"])");
  expect_listed("Colour = 'blue'", "AndAMemoCanComeWithTheStart-1");
}

TEST(TemporalMarkers, TellOfPatchesAndMemosInTheHistory) {
  ScriptedWorker worker([](const Job& job) -> std::vector<Command> {
    if (as<InitializeWorkflow>(job) == nullptr) return {};
    return {SetPatchMarker{"second-way", false},
            ModifyMemo{{{"note", to_payload(json::Value("changed"))}}},
            CompleteWorkflow{to_payload(json::Value(1))}};
  });
  const WorkflowRef run = worker.start();
  EXPECT_EQ(worker.outcome(run), "1");
  const std::string history = history_text(run);
  EXPECT_THAT(history, testing::HasSubstr("core_patch"));
  EXPECT_THAT(history, testing::HasSubstr("EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED"));
}

TEST(TemporalSchedules, LiveThroughTheirCalls) {
  ScheduleRequest request;
  request.schedule_id = "schedule-1";
  request.cron = {"0 9 * * 1"};
  request.time_zone = "Europe/Berlin";
  request.workflow_id = "scheduled";
  request.workflow_type = "scripted";
  request.task_queue = "nobody";
  const Client& client = *world().client;
  ASSERT_TRUE(client.create_schedule(request).has_value());
  EXPECT_EQ(client.create_schedule(request).error().code, "TEMPORAL_ALREADY_EXISTS");
  const auto described = client.describe_schedule("schedule-1");
  ASSERT_TRUE(described.has_value());
  ASSERT_FALSE(described->next_fires.empty());
  EXPECT_EQ(described->next_fires.front() / 1'000 % 3'600, 0);
  ASSERT_TRUE(client.pause_schedule("schedule-1", "holiday").has_value());
  EXPECT_TRUE(client.describe_schedule("schedule-1")->is_paused);
  ASSERT_TRUE(client.unpause_schedule("schedule-1", "").has_value());
  request.cron = {"30 10 * * *"};
  ASSERT_TRUE(client.update_schedule(request).has_value());
  EXPECT_EQ(client.describe_schedule("schedule-1")->next_fires.front() / 60'000 % 60, 30);
  ASSERT_TRUE(client.delete_schedule("schedule-1").has_value());
  EXPECT_EQ(client.describe_schedule("schedule-1").error().code, "TEMPORAL_NOT_FOUND");
}

TEST(TemporalSchedules, StartARunWhenTheyAreTriggered) {
  const auto id = std::make_shared<std::string>();
  ScriptedWorker worker([id](const Job& job) -> std::vector<Command> {
    const auto* init = as<InitializeWorkflow>(job);
    if (init == nullptr) return {};
    *id = init->workflow_id;
    return {CompleteWorkflow{init->arguments.front()}};
  });
  ScheduleRequest request;
  request.schedule_id = "schedule-2";
  request.cron = {"0 3 1 1 *"};
  request.workflow_id = "scheduled-2";
  request.workflow_type = "scripted";
  request.task_queue = worker.queue;
  request.input = {to_payload(json::Value("by the clock"))};
  const Client& client = *world().client;
  ASSERT_TRUE(client.create_schedule(request).has_value());
  EXPECT_EQ(client.describe_schedule("schedule-2")->fires, 0);
  ASSERT_TRUE(client.trigger_schedule("schedule-2").has_value());
  ASSERT_TRUE(comes_about([&] { return worker.activations == 1; })) << "no run was started";
  EXPECT_THAT(*id, testing::StartsWith("scheduled-2-20"));
  EXPECT_EQ(worker.outcome({*id, ""}), "\"by the clock\"");
  EXPECT_TRUE(comes_about([&] { return client.describe_schedule("schedule-2")->fires == 1; }));
  EXPECT_TRUE(client.delete_schedule("schedule-2").has_value());
}

// Ends after three signals.
Script three_signals() {
  auto heard = std::make_shared<int>(0);
  return [heard](const Job& job) -> std::vector<Command> {
    if (as<InitializeWorkflow>(job) != nullptr) *heard = 0;
    if (as<SignalWorkflow>(job) == nullptr || ++*heard < 3) return {};
    return complete(json::Value(*heard));
  };
}

TEST(TemporalCache, WithoutRoomEvictsAndReplays) {
  ScriptedWorker worker(
      [](const Job& job) -> std::vector<Command> {
        return as<SignalWorkflow>(job) == nullptr ? std::vector<Command>{}
                                                  : complete(json::Value(1));
      },
      1);
  std::vector<WorkflowRef> runs;
  for (int i = 0; i < 2; ++i) {
    StartWorkflow request = worker.start_request();
    request.workflow_id += "-" + std::to_string(i);
    runs.push_back(worker.start(request));
  }
  // Both wait, and there is room for one.
  EXPECT_TRUE(comes_about([&] { return worker.begun == 2 && worker.evictions == 1; }));
  EXPECT_EQ(worker.replays, 0);
  for (const WorkflowRef& run : runs) worker.signal(run, "end");
  for (const WorkflowRef& run : runs) EXPECT_EQ(worker.outcome(run), "1");
  EXPECT_GT(worker.replays, 0);
}

TEST(TemporalCache, WithRoomGoesOnWhereItWas) {
  ScriptedWorker worker(three_signals());
  const WorkflowRef run = worker.start();
  for (int task = 1; task <= 3; ++task) {
    ASSERT_TRUE(comes_about([&] { return worker.activations == task; }));
    worker.signal(run, "go on");
  }
  EXPECT_EQ(worker.outcome(run), "3");
  EXPECT_EQ(worker.activations, 4);
  EXPECT_EQ(worker.replays, 0);
  EXPECT_EQ(worker.evictions, 0);
}

TEST(TemporalReplay, TellsAgreementFromNondeterminism) {
  const Script script = [](const Job& job) -> std::vector<Command> {
    if (as<InitializeWorkflow>(job) != nullptr) return {StartTimer{1, 20}};
    return as<FireTimer>(job) == nullptr ? std::vector<Command>{} : complete(json::Value(1));
  };
  ScriptedWorker worker(script);
  const WorkflowRef run = worker.start();
  worker.outcome(run);
  const auto history = world().client->history(run);
  ASSERT_TRUE(history.has_value());
  EXPECT_EQ(history->events, 10U);
  const auto text = history_to_json(*history);
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(history_from_json(*text)->events, 10U);
  EXPECT_NE(replay("w", *history, script), EvictionReason::Nondeterminism);
  const Script other = [](const Job& job) -> std::vector<Command> {
    return as<InitializeWorkflow>(job) == nullptr ? std::vector<Command>{}
                                                  : complete(json::Value(1));
  };
  EXPECT_EQ(replay("w", *history, other), EvictionReason::Nondeterminism);
}

TEST(TemporalOperators, SeePollersAndNamespaces) {
  ScriptedWorker worker([](const Job&) -> std::vector<Command> { return {}; });
  EXPECT_TRUE(comes_about([&] {
    const auto queue = world().client->describe_task_queue(worker.queue);
    EXPECT_TRUE(queue.has_value()) << queue.error().message;
    return !queue.has_value() || !queue->workflow_pollers.empty();
  })) << "no poller was ever seen";
  EXPECT_TRUE(world().client->register_namespace("second", 1).has_value());
  EXPECT_EQ(world().client->register_namespace("second", 1).error().code,
            "TEMPORAL_ALREADY_EXISTS");
  EXPECT_TRUE(world().client->add_search_attribute("Size", SearchAttributeType::Int).has_value());
  EXPECT_TRUE(world().client->check_health().has_value());
}

TEST(TemporalConnections, SayClearlyWhyTheyFail) {
  const auto absent =
      Client::connect(*world().runtime, {.address = "127.0.0.1:1", .call_timeout_ms = 500});
  ASSERT_FALSE(absent.has_value());
  EXPECT_EQ(absent.error().code, "TEMPORAL_UNAVAILABLE");
  EXPECT_THAT(absent.error().message, testing::HasSubstr("127.0.0.1:1"));
  // A TLS handshake with a server that speaks none.
  ClientOptions secure{.address = world().server->address(),
                       .api_key = "key",
                       .tls = TlsOptions{},
                       .call_timeout_ms = 500};
  EXPECT_EQ(Client::connect(*world().runtime, secure).error().code, "TEMPORAL_UNAVAILABLE");
}

TEST(TemporalDevServers, AreGivenUpWhenSomebodySaysSo) {
  DevServerOptions options;
  int asked = 0;
  options.waits_on = [&](std::int64_t) {
    ++asked;
    return false;
  };
  const auto started = DevServer::start(options);
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error().code, "TEMPORAL_DEV_SERVER");
  EXPECT_LE(asked, 2);  // and no other port is tried
}

TEST(TemporalDevServers, SayHowTheyEnded) {
  auto server = *DevServer::start({});
  EXPECT_TRUE(server.is_running());
  EXPECT_EQ(server.how_it_ended(), std::nullopt);
  ::kill(server.pid(), SIGKILL);
  siginfo_t child{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(server.pid()), &child, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(server.is_running());
  EXPECT_EQ(server.how_it_ended(), "signal 9");
  server.stop();
  EXPECT_EQ(server.how_it_ended(), "stopped");
}

// Listens, and takes nothing: a connection is made as long as there is room in its queue.
class SilentServer {
 public:
  SilentServer() {
    EXPECT_EQ(bind(file_, reinterpret_cast<const sockaddr*>(&at_), sizeof at_), 0);
    EXPECT_EQ(listen(file_, 0), 0);
    socklen_t size = sizeof at_;
    EXPECT_EQ(getsockname(file_, reinterpret_cast<sockaddr*>(&at_), &size), 0);
  }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  ~SilentServer() {
    for (const int caller : callers_) close(caller);
    close(file_);
  }
  [[nodiscard]] std::string address() const {
    return "127.0.0.1:" + std::to_string(ntohs(at_.sin_port));
  }
  // From now on the kernel drops what comes.
  void fill() {
    for (int i = 0; i < 4; ++i) {
      callers_.push_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
      static_cast<void>(
          connect(callers_.back(), reinterpret_cast<const sockaddr*>(&at_), sizeof at_));
    }
  }

 private:
  sockaddr_in at_{
      .sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  int file_ = socket(AF_INET, SOCK_STREAM, 0);
  std::vector<int> callers_;
};

TEST(TemporalConnections, AreGivenUpInTimeWhereNobodyAnswers) {
  SilentServer server;
  for (const bool drops : {false, true}) {
    if (drops) server.fill();
    const auto began = std::chrono::steady_clock::now();
    const auto silent =
        Client::connect(*world().runtime, {.address = server.address(), .call_timeout_ms = 500});
    ASSERT_FALSE(silent.has_value());
    EXPECT_EQ(silent.error().code, "TEMPORAL_UNAVAILABLE");
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
  }
}

TEST(TemporalWorkers, AreFinalizedWhenNothingIsLeftOfTheirAnswers) {
  WorkerOptions options;
  options.task_queue = "AreFinalizedWhenNothingIsLeftOfTheirAnswers";
  Worker worker = *Worker::create(*world().client, options);
  worker.initiate_shutdown();
  EXPECT_EQ(worker.poll_activation().error().code, "TEMPORAL_SHUTDOWN");
  EXPECT_EQ(worker.poll_activity().error().code, "TEMPORAL_SHUTDOWN");
  std::atomic<bool> is_gone = false;
  std::shared_ptr<void> held(&is_gone, [](void* gone) {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    *static_cast<std::atomic<bool>*>(gone) = true;
  });
  worker.complete_activity({"no such task", to_payload(json::Value(1))},
                           [held = std::move(held)](const Result<void>&) {});
  EXPECT_TRUE(worker.finalize().has_value());
  EXPECT_TRUE(is_gone);
}

TEST(TemporalTelemetry, ServesMetricsToPrometheus) {
  // A port may be taken between asking for it and listening on it: the number of tries bounds that.
  for (int i = 0; i < 5; ++i) {
    const std::uint16_t port = *free_port();
    const std::string address = "127.0.0.1:" + std::to_string(port);
    const auto runtime = Runtime::create({.prometheus_address = address});
    if (!runtime.has_value()) continue;
    const auto client = Client::connect(*runtime, {.address = world().server->address()});
    ASSERT_TRUE(client.has_value());
    ASSERT_TRUE(client->check_health().has_value());
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(port);
    ASSERT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    const std::string request = "GET /metrics HTTP/1.0\r\n\r\n";
    ASSERT_EQ(send(fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
    std::string answer;
    std::array<char, 4096> buffer{};
    for (ssize_t n = recv(fd, buffer.data(), buffer.size(), 0); n > 0;
         n = recv(fd, buffer.data(), buffer.size(), 0)) {
      answer.append(buffer.data(), static_cast<std::size_t>(n));
    }
    close(fd);
    EXPECT_THAT(answer, testing::HasSubstr("temporal_request"));
    return;
  }
  FAIL() << "no port for metrics";
}

TEST(TemporalTelemetry, ForwardsLogLines) {
  ScriptedWorker worker(
      [](const Job&) -> std::vector<Command> { return complete(json::Value(1)); });
  worker.outcome(worker.start());
  bool tells_of_the_task = false;
  for (const LogLine& line : world().log.lines()) {
    EXPECT_EQ(line.message, "temporal core");
    // Less was not asked for.
    EXPECT_NE(line.level, LogLevel::Trace);
    EXPECT_THAT(line.fields.at("target"), testing::StartsWith("temporalio_"));
    EXPECT_NE(line.fields.at("text"), "");
    EXPECT_TRUE(json::parse(line.fields.at("fields")).has_value()) << line.fields.at("fields");
    tells_of_the_task =
        tells_of_the_task || (line.level == LogLevel::Debug &&
                              line.fields.at("target").starts_with("temporalio_sdk_core::worker"));
  }
  EXPECT_TRUE(tells_of_the_task);
}

}  // namespace
}  // namespace fermata::temporal
