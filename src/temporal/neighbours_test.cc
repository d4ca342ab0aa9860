// Runs that deal with other runs, against a real dev server.
#include "temporal/scripted_worker.h"

#include <gmock/gmock.h>

namespace fermata::temporal {
namespace {

StartChild child_of(const InitializeWorkflow& parent, const std::string& queue) {
  StartChild child;
  child.seq = 1;
  child.workflow_id = parent.workflow_id + "-child";
  child.workflow_type = "scripted";
  child.task_queue = queue;
  return child;
}

TEST(TemporalChildren, RunAndReportTheirResult) {
  ScriptedWorker worker([](const Job& job) -> std::vector<Command> {
    if (const auto* done = as<ResolveChild>(job))
      return {CompleteWorkflow{std::get<ActivityCompleted>(done->outcome).result}};
    const auto* init = as<InitializeWorkflow>(job);
    if (init == nullptr) return {};
    if (init->parent) return complete(json::Value("child of " + init->parent->workflow_id));
    return {child_of(*init, "RunAndReportTheirResult")};
  });
  EXPECT_EQ(worker.outcome(worker.start()), "\"child of RunAndReportTheirResult-1\"");
  EXPECT_EQ(worker.begun, 2);
}

TEST(TemporalChildren, HearThatTheirParentCancelsThem) {
  ScriptedWorker worker([](const Job& job) -> std::vector<Command> {
    if (const auto* init = as<InitializeWorkflow>(job)) {
      if (init->parent) return {StartTimer{1, 3'600'000}};
      return {child_of(*init, "HearThatTheirParentCancelsThem")};
    }
    // The parent, the child, the parent again.
    if (as<ResolveChildStart>(job) != nullptr) return {CancelChild{1, "enough"}};
    if (as<CancelWorkflow>(job) != nullptr) return {CancelExecution{}};
    const auto* done = as<ResolveChild>(job);
    if (done == nullptr) return {};
    return complete(json::Value(std::holds_alternative<ActivityCanceled>(done->outcome)));
  });
  EXPECT_EQ(worker.outcome(worker.start()), "true");
  const auto child = world().client->describe({"HearThatTheirParentCancelsThem-1-child", ""});
  EXPECT_EQ(child->status, WorkflowStatus::Canceled);
}

TEST(TemporalChildren, AreRefusedAnIdThatIsTaken) {
  ScriptedWorker worker([](const Job& job) -> std::vector<Command> {
    if (const auto* init = as<InitializeWorkflow>(job)) {
      StartChild child = child_of(*init, "AreRefusedAnIdThatIsTaken");
      child.workflow_id = init->workflow_id;
      return {child};
    }
    const auto* start = as<ResolveChildStart>(job);
    if (start == nullptr) return {};
    return complete(json::Value(start->status == ChildStart::AlreadyExists));
  });
  EXPECT_EQ(worker.outcome(worker.start()), "true");
}

TEST(TemporalNeighbours, SignalEachOther) {
  const std::string queue = "SignalEachOther";
  ScriptedWorker worker([queue](const Job& job) -> std::vector<Command> {
    if (const auto* heard = as<SignalWorkflow>(job)) return complete(*to_json(heard->input.at(0)));
    if (const auto* sent = as<ResolveSignalExternal>(job))
      return complete(json::Value(sent->failure ? "nobody" : "sent"));
    const auto* init = as<InitializeWorkflow>(job);
    if (init == nullptr || init->workflow_id == queue + "-listens") return {};
    const bool is_to_somebody = init->workflow_id == queue + "-1";
    SignalExternal signal;
    signal.seq = 1;
    signal.workflow_id = queue + (is_to_somebody ? "-listens" : "-absent");
    signal.signal_name = "hello";
    signal.arguments = {to_payload(json::Value("from " + init->workflow_id))};
    return {signal};
  });
  StartWorkflow listens = worker.start_request();
  listens.workflow_id = queue + "-listens";
  const WorkflowRef listener = worker.start(listens);
  EXPECT_EQ(worker.outcome(worker.start()), "\"sent\"");
  EXPECT_EQ(worker.outcome(listener), "\"from SignalEachOther-1\"");
  StartWorkflow lost = worker.start_request();
  lost.workflow_id = queue + "-2";
  EXPECT_EQ(worker.outcome(worker.start(lost)), "\"nobody\"");
}

TEST(TemporalNeighbours, AreTerminatedWithoutBeingAsked) {
  ScriptedWorker worker([](const Job&) -> std::vector<Command> { return {}; });
  const WorkflowRef run = worker.start();
  ASSERT_TRUE(comes_about([&] { return worker.activations == 1; }));
  ASSERT_TRUE(world().client->terminate(run, "for good").has_value());
  const auto result = worker.result(run);
  EXPECT_EQ(std::get<ResultFailed>(result).failure.kind, FailureKind::Terminated);
  EXPECT_EQ(world().client->describe(run)->status, WorkflowStatus::Terminated);
}

}  // namespace
}  // namespace fermata::temporal
