// What operators look at and ask for: logs, bulk jobs, saved views, retention; on both databases.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "store/audit_log.h"
#include "store/bulk_jobs.h"
#include "store/open.h"
#include "store/retention.h"
#include "store/run_log.h"
#include "store/run_views.h"
#include "store/saved_views.h"
#include "store/task_answers.h"
#include "store/test_database.h"
#include "store/test_rows.h"

namespace fermata::store {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::UnorderedElementsAre;
const TenantId kTenant("t");
const TenantId kOther("o");

class OperatorTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto opened = open(database_->location());
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    store_ = *std::move(opened);
  }
  void launch(const std::string& id, TimeMs at, const std::string& workflow = "w",
              const std::string& root = "", const TenantId& tenant = kTenant) {
    LaunchRow row = launch_row(id, at);
    row.tenant = tenant;
    row.workflow_id = WorkflowId(workflow);
    if (!root.empty()) row.root_run_id = root;
    ASSERT_TRUE(store_->insert_launch(row).has_value());
  }
  void end(const std::string& id, const std::string& status, TimeMs at,
           const std::string& code = "") {
    projection::RowBatch batch;
    batch.run = projection::RunRow{.tenant = kTenant, .run_id = RunId(id), .sequence = 1'000};
    batch.run->status = status;
    batch.run->completed_at = at;
    if (!code.empty()) batch.run->error = json::Object{{"code", code}, {"message", "as asked"}};
    ASSERT_TRUE(store_->write(std::span(&batch, 1), {}).has_value());
  }
  static projection::StepRow step(std::uint64_t number, TimeMs at, const std::string& level,
                                  const json::Value& note) {
    projection::StepRow row;
    row.tenant = kTenant;
    row.run_id = RunId("r");
    row.step_number = number;
    row.sequence = number;
    row.step_path = "root.steps[" + std::to_string(number) + "]";
    row.step_type = "action.call";
    row.status = "SUCCEEDED";
    row.started_at = at - 1;
    row.completed_at = at;
    if (!note.is_null()) row.note = note;
    if (!level.empty()) row.log_level = level;
    return row;
  }
  std::vector<std::string> messages(const LogFilter& filter) {
    std::vector<std::string> told;
    const auto run = store_->run(kTenant, RunId("r"));
    EXPECT_TRUE(run.has_value());
    LogFilter next = filter;
    while (run.has_value()) {
      const auto page = store_->log().page(*run, next);
      EXPECT_TRUE(page.has_value()) << page.error().message;
      if (!page.has_value()) break;
      for (const LogLine& line : page->lines) told.push_back(line.level + " " + line.message);
      if (!page->next) break;
      next.after = page->next;
    }
    return told;
  }

  std::unique_ptr<TestDatabase> database_ = make_test_database(GetParam());
  std::unique_ptr<Store> store_;
};

INSTANTIATE_TEST_SUITE_P(On, OperatorTest, testing::Values("sqlite", "postgres"),
                         [](const auto& chosen) { return chosen.param; });

TEST_P(OperatorTest, TheLogTellsEveryKindOfLineOnceInItsOrderWhateverThePage) {
  launch("r", 10);
  projection::StepRow failed = step(2, 30, "ERROR", nullptr);
  failed.status = "FAILED";
  failed.error =
      json::Object{{"code", "NO"}, {"message", "no luck"}, {"nodePath", failed.step_path}};
  projection::RowBatch batch;
  batch.steps = {step(1, 20, "INFO", json::Object{{"log", json::Object{{"message", "hello"}}}}),
                 failed, step(3, 30, "", nullptr)};
  projection::WaitRow retry;
  retry.tenant = kTenant;
  retry.run_id = RunId("r");
  retry.wait_id = WaitId("w1");
  retry.sequence = 1;
  retry.wait_type = "retry";
  retry.status = "RESOLVED";
  retry.created_at = 25;
  retry.resolved_at = 26;
  retry.payload = json::Object{{"attempt", 1}, {"error", json::Object{{"code", "AWAY"}}}};
  projection::WaitRow pause = retry;
  pause.wait_id = WaitId("w2");
  pause.wait_type = "quota";
  pause.payload = json::Object{{"reason", "lunch"}};
  pause.created_at = 30;
  pause.resolved_at = 35;
  batch.waits = {retry, pause};
  ASSERT_TRUE(store_->write(std::span(&batch, 1), {}).has_value());
  AuditRow asked{kTenant, "a1", "ann", "runs.pause", "runs", "r", "lunch", "DONE", "", "", 29};
  ASSERT_TRUE(store_->audit().begin(asked).has_value());
  asked.tenant = kOther;
  ASSERT_TRUE(store_->audit().begin(asked).has_value());
  end("r", "FAILED", 40, "NO");
  const std::vector<std::string> all = {"INFO run launched by api",
                                        "INFO hello",
                                        "WARN attempt 1 failed, to be tried again: AWAY",
                                        "INFO runs.pause by ann: lunch",
                                        "ERROR failed NO: no luck",
                                        "INFO run paused: lunch",
                                        "INFO run resumed",
                                        "ERROR run failed: NO: as asked"};
  for (const std::size_t limit : {1U, 2U, 3U, 500U})
    EXPECT_EQ(messages({.limit = limit}), all) << limit;
  std::vector<std::string> back(all.rbegin(), all.rend());
  for (const std::size_t limit : {1U, 3U})
    EXPECT_EQ(messages({.order = LogOrder::NewestFirst, .limit = limit}), back) << limit;
  EXPECT_THAT(messages({.levels = {"ERROR"}}),
              ElementsAre("ERROR failed NO: no luck", "ERROR run failed: NO: as asked"));
  EXPECT_THAT(messages({.sources = {"author"}}), ElementsAre("INFO hello"));
  EXPECT_THAT(messages({.step_path = "root.steps[2]"}), ElementsAre("ERROR failed NO: no luck"));
  EXPECT_THAT(messages({.search = "LUNCH"}),
              ElementsAre("INFO runs.pause by ann: lunch", "INFO run paused: lunch"));
  EXPECT_THAT(messages({.from = 25, .before = 30}), ElementsAre(all[2], all[3]));
}

TEST_P(OperatorTest, ALogPageLooksThroughManyLinesForFew) {
  launch("r", 1);
  projection::RowBatch batch;
  for (std::uint64_t i = 1; i <= 6'000; ++i) {
    const std::string text = i == 5'999 ? "needle" : "hay";
    batch.steps.push_back(step(i, static_cast<TimeMs>(i + 1), "INFO",
                               json::Object{{"log", json::Object{{"message", text}}}}));
  }
  ASSERT_TRUE(store_->write(std::span(&batch, 1), {}).has_value());
  EXPECT_THAT(messages({.search = "needle", .limit = 10}), ElementsAre("INFO needle"));
}

TEST_P(OperatorTest, FacetsCountWhatTheFilterFinds) {
  launch("r1", 10);
  launch("r2", 20, "other");
  launch("r3", 30);
  launch("x", 30, "w", "", kOther);
  end("r1", "FAILED", 11, "NO");
  end("r2", "FAILED", 21, "NO");
  const auto all = store_->views().facets(kTenant, {});
  ASSERT_TRUE(all.has_value()) << all.error().message;
  EXPECT_EQ(all->total, 3);
  EXPECT_TRUE(all->is_exact);
  EXPECT_THAT(all->by_status, UnorderedElementsAre(Pair("FAILED", 2), Pair("RUNNING", 1)));
  EXPECT_THAT(all->by_workflow, UnorderedElementsAre(Pair("w", 2), Pair("other", 1)));
  EXPECT_THAT(all->by_trigger, UnorderedElementsAre(Pair("api", 3)));
  EXPECT_THAT(all->by_error, UnorderedElementsAre(Pair("NO", 2)));
  const auto some = store_->views().facets(kTenant, {.workflow_id = "w", .statuses = {"FAILED"}});
  EXPECT_THAT(some->by_workflow, UnorderedElementsAre(Pair("w", 1)));
}

BulkJobRow job(const std::string& id, const std::optional<std::string>& key) {
  BulkJobRow row;
  row.tenant = kTenant;
  row.job_id = id;
  row.key = key;
  row.actor = "ann";
  row.action = "cancel";
  row.request = json::Object{{"runIds", json::Array{"r"}}};
  row.created_at = 5;
  return row;
}

TEST_P(OperatorTest, ABulkJobIsOneOfItsKeyAndOneWorkersAtATime) {
  BulkJobs& bulk = store_->bulk();
  ASSERT_TRUE(bulk.insert(job("j1", "k")).has_value());
  EXPECT_EQ(bulk.insert(job("j2", "k")).error().code, "STORE_CONFLICT");
  ASSERT_TRUE(bulk.insert(job("j3", std::nullopt)).has_value());
  EXPECT_EQ(bulk.by_key(kTenant, "k").value()->job_id, "j1");
  EXPECT_FALSE(bulk.by_key(kOther, "k").value().has_value());
  EXPECT_EQ(bulk.job(kOther, "j1").error().code, "NOT_FOUND");
  EXPECT_EQ(*bulk.count_open(kTenant), 2);
  EXPECT_TRUE(*bulk.take(job("j1", "k"), "one", 100, 200));
  EXPECT_FALSE(*bulk.take(job("j1", "k"), "two", 150, 250));
  EXPECT_TRUE(*bulk.take(job("j1", "k"), "one", 150, 250));
  EXPECT_TRUE(*bulk.take(job("j1", "k"), "two", 300, 400));
  BulkJobRow row = *bulk.job(kTenant, "j1");
  row.place = "7";
  row.worker = "one";
  ASSERT_TRUE(bulk.advance(row).has_value());
  EXPECT_EQ(bulk.job(kTenant, "j1")->place, "");
  row.worker = "two";
  ASSERT_TRUE(bulk.advance(row).has_value());
  EXPECT_EQ(bulk.job(kTenant, "j1")->place, "7");
  ASSERT_TRUE(bulk.stop(kTenant, "j1", 310).has_value());
  ASSERT_TRUE(bulk.finish(row, 320).has_value());
  EXPECT_EQ(bulk.job(kTenant, "j1")->state, "STOPPED");
  EXPECT_EQ(bulk.job(kTenant, "j1")->completed_at, 320);
  ASSERT_TRUE(bulk.stop(kTenant, "j1", 330).has_value());
  EXPECT_EQ(bulk.job(kTenant, "j1")->state, "STOPPED");
  const auto open = bulk.open_jobs(10);
  ASSERT_TRUE(open.has_value());
  ASSERT_EQ(open->size(), 1U);
  EXPECT_EQ(open->front().job_id, "j3");
}

TEST_P(OperatorTest, ARunOfABulkJobHasOneOutcomeTheFirst) {
  BulkJobs& bulk = store_->bulk();
  ASSERT_TRUE(bulk.put_outcome({kTenant, "j", RunId("r1"), "DONE", "", "new", 1}).has_value());
  ASSERT_TRUE(bulk.put_outcome({kTenant, "j", RunId("r1"), "FAILED", "X", "", 2}).has_value());
  ASSERT_TRUE(bulk.put_outcome({kTenant, "j", RunId("r2"), "FAILED", "X", "", 2}).has_value());
  EXPECT_THAT(*bulk.counts(kTenant, "j"), UnorderedElementsAre(Pair("DONE", 1), Pair("FAILED", 1)));
  EXPECT_TRUE(bulk.counts(kOther, "j")->empty());
  EXPECT_THAT(*bulk.through(kTenant, "j", {"r0", "r1"}), ElementsAre("r1"));
  const auto failed = bulk.outcomes(kTenant, "j", {.outcomes = {"FAILED"}});
  ASSERT_EQ(failed->size(), 1U);
  EXPECT_EQ(failed->front().run.text, "r2");
  EXPECT_EQ(bulk.outcomes(kTenant, "j", {.after = "r1"})->size(), 1U);
}

TEST_P(OperatorTest, AViewIsItsOwnersUnlessItIsShared) {
  SavedViews& views = store_->saved_views();
  const json::Value query = json::Object{{"search", "NO"}};
  ASSERT_TRUE(views.put({kTenant, "ann", "mine", query, false, 1}).has_value());
  ASSERT_TRUE(views.put({kTenant, "ann", "ours", query, false, 1}).has_value());
  ASSERT_TRUE(views.put({kTenant, "ann", "ours", query, true, 2}).has_value());
  ASSERT_TRUE(views.put({kTenant, "bob", "mine", query, false, 1}).has_value());
  const auto seen = views.rows(kTenant, "bob");
  ASSERT_EQ(seen->size(), 2U);
  EXPECT_EQ(seen->at(0).owner, "bob");
  EXPECT_EQ(seen->at(1).name, "ours");
  EXPECT_EQ(seen->at(1).query, query);
  EXPECT_TRUE(views.rows(kOther, "ann")->empty());
  EXPECT_EQ(views.remove(kTenant, "bob", "ours").error().code, "NOT_FOUND");
  EXPECT_TRUE(views.remove(kTenant, "ann", "ours").has_value());
  EXPECT_EQ(views.rows(kTenant, "bob")->size(), 1U);
}

TEST_P(OperatorTest, RunsGoOnlyOnceTheirWholeFamilyHasEnded) {
  launch("old", 10);
  end("old", "SUCCEEDED", 20);
  launch("root", 10);
  launch("child", 11, "w", "root");
  end("child", "SUCCEEDED", 20);
  launch("late", 10);
  end("late", "FAILED", 200);
  launch("kept", 10, "kept");
  end("kept", "FAILED", 20);
  launch("foreign", 10, "w", "", kOther);
  Retention& retention = store_->retention();
  const auto ids = retention.ended_runs({kTenant, std::nullopt, {"kept"}, 100, 10});
  ASSERT_TRUE(ids.has_value()) << ids.error().message;
  EXPECT_THAT(*ids, ElementsAre(RunId("old")));
  EXPECT_THAT(*retention.ended_runs({kTenant, "kept", {}, 100, 10}), ElementsAre(RunId("kept")));
  projection::RowBatch batch;
  batch.steps = {step(1, 20, "", nullptr)};
  batch.steps.front().run_id = RunId("old");
  ASSERT_TRUE(store_->write(std::span(&batch, 1), {}).has_value());
  ASSERT_TRUE(retention.remove_run(kTenant, RunId("old")).has_value());
  EXPECT_EQ(store_->run(kTenant, RunId("old")).error().code, "NOT_FOUND");
  EXPECT_TRUE(store_->steps(kTenant, RunId("old"), 0, 10)->empty());
  EXPECT_TRUE(retention.ended_runs({kTenant, std::nullopt, {"kept"}, 100, 10})->empty());
}

TEST_P(OperatorTest, EventsThatAreNotRoutedOrHoldALaunchBackStay) {
  const auto event = [&](const std::string& id, bool is_routed) {
    EventRow row;
    row.tenant = kTenant;
    row.event_id = EventId(id);
    row.event_name = "E";
    row.payload = json::Object{};
    row.notes = json::Object{};
    row.received_at = 10;
    row.is_routed = is_routed;
    return row;
  };
  const EventRow rows[] = {event("done", true), event("held", true), event("new", false)};
  ASSERT_TRUE(store_->insert_events(rows).has_value());
  const DeliveryRow held[] = {
      {kTenant, EventId("held"), "launch", "w", "HELD", json::Object{}, 10}};
  ASSERT_TRUE(store_->put_routing(held, std::span(rows, 2)).has_value());
  EXPECT_EQ(*store_->retention().remove_events(kOther, 100, 10), 0);
  EXPECT_EQ(*store_->retention().remove_events(kTenant, 10, 10), 0);
  EXPECT_EQ(*store_->retention().remove_events(kTenant, 100, 10), 1);
  EXPECT_EQ(store_->event(kTenant, EventId("done")).error().code, "NOT_FOUND");
  EXPECT_TRUE(store_->event(kTenant, EventId("held")).has_value());
  EXPECT_TRUE(store_->event(kTenant, EventId("new")).has_value());
}

TEST_P(OperatorTest, InvocationsOfRunsUnderWayStay) {
  launch("over", 10);
  end("over", "SUCCEEDED", 20);
  launch("under", 10);
  for (const std::string run : {"over", "under"}) {
    InvocationPut put;
    put.row.tenant = kTenant;
    put.row.idempotency_key = run;
    put.row.run_id = RunId(run);
    put.row.input = json::Object{};
    put.row.started_at = 15;
    ASSERT_TRUE(store_->write({}, std::span(&put, 1)).has_value());
  }
  EXPECT_EQ(*store_->retention().remove_invocations(kTenant, 100, 10), 1);
  EXPECT_FALSE(store_->invocation(kTenant, "over").value().has_value());
  EXPECT_TRUE(store_->invocation(kTenant, "under").value().has_value());
  AuditRow entry{kTenant, "a1", "ann", "x", "runs", "r", "", "DONE", "", "", 10};
  ASSERT_TRUE(store_->audit().begin(entry).has_value());
  entry.audit_id = "a2";
  entry.at = 90;
  ASSERT_TRUE(store_->audit().begin(entry).has_value());
  EXPECT_EQ(*store_->retention().remove_audit(kTenant, 50, 10), 1);
  EXPECT_EQ(store_->audit().rows(kTenant, {})->size(), 1U);
}

TEST_P(OperatorTest, ASuccessUnderAnAuthoredKeyOutlivesItsRunAndItsInput) {
  const auto begin = [&](const std::string& key, bool is_authored) {
    InvocationPut put;
    put.row.tenant = kTenant;
    put.row.idempotency_key = key;
    put.row.is_authored = is_authored;
    put.row.run_id = RunId("r");
    put.row.input = json::Object{{"name", "ann"}};
    put.row.input_hash = "h";
    put.row.started_at = 15;
    EXPECT_TRUE(store_->write({}, std::span(&put, 1)).has_value());
    return put;
  };
  const auto succeed = [&](InvocationPut put) {
    put.expected_attempt = 1;
    put.row.status = InvocationStatus::Succeeded;
    put.row.output = json::Object{{"n", 1}};
    EXPECT_TRUE(store_->write({}, std::span(&put, 1)).value().front());
  };
  Retention& retention = store_->retention();
  for (const bool with_run : {false, true}) {
    launch("r", 10);
    succeed(begin("order-1", true));
    succeed(begin("made", false));
    begin("order-2", true);
    EXPECT_EQ(*retention.remove_keys(kTenant, 100, 10), 0);  // of a run under way
    end("r", "SUCCEEDED", 20);
    if (with_run) {
      ASSERT_TRUE(retention.remove_run(kTenant, RunId("r")).has_value());
    } else {
      EXPECT_EQ(*retention.remove_invocations(kTenant, 100, 10), 3);
    }
    EXPECT_EQ(*retention.remove_invocations(kTenant, 100, 10), 0);
    EXPECT_FALSE(store_->invocation(kTenant, "made").value().has_value());
    EXPECT_FALSE(store_->invocation(kTenant, "order-2").value().has_value());
    const auto kept = store_->invocation(kTenant, "order-1").value();
    ASSERT_TRUE(kept.has_value());
    EXPECT_EQ(kept->status, InvocationStatus::Succeeded);
    EXPECT_EQ(kept->output, json::Value(json::Object{{"n", 1}}));
    EXPECT_EQ(kept->input_hash, "h");
    EXPECT_EQ(kept->input, json::Value(json::Object{}));
    EXPECT_EQ(*retention.remove_keys(kOther, 100, 10), 0);
    EXPECT_EQ(*retention.remove_keys(kTenant, 15, 10), 0);
    EXPECT_EQ(*retention.remove_keys(kTenant, 16, 10), 1);
    EXPECT_FALSE(store_->invocation(kTenant, "order-1").value().has_value());
    if (!with_run) {
      ASSERT_TRUE(retention.remove_run(kTenant, RunId("r")).has_value());
    }
  }
}

TEST_P(OperatorTest, OneOfManyAnswersStandsWhoeverAsksAtOnce) {
  for (int round = 0; round < 10; ++round) {
    const TaskId task("task" + std::to_string(round));
    std::vector<AnswerRow> standing(8);
    std::vector<std::thread> people;
    for (int i = 0; i < 8; ++i) {
      people.emplace_back([&, i] {
        AnswerRow row{kTenant,        task, "answer-" + std::to_string(i), "h", RunId("r"),
                      json::Value(i), 10};
        auto accepted = store_->task_answers().accept(row);
        ASSERT_TRUE(accepted.has_value()) << accepted.error().message;
        standing[static_cast<std::size_t>(i)] = *std::move(accepted);
      });
    }
    for (std::thread& person : people) person.join();
    for (const AnswerRow& row : standing) EXPECT_EQ(row.answer_id, standing.front().answer_id);
    EXPECT_TRUE(store_->task_answers().of(kOther, task)->empty());
  }
  EXPECT_TRUE(store_->task_answers().unsettled(10, 100)->empty());
  const auto open = *store_->task_answers().unsettled(11, 100);
  ASSERT_EQ(open.size(), 10U);
  ASSERT_TRUE(store_->task_answers().settle(open.front()).has_value());
  EXPECT_EQ(store_->task_answers().unsettled(11, 100)->size(), 9U);
  EXPECT_TRUE(store_->task_answers().of(kTenant, open.front().task)->front().signal.is_null());
}

TEST_P(OperatorTest, SchemasAndEventTypesAreReadByTheirNames) {
  for (const char* name : {"a", "b'", "c"}) {
    const json::Value schema = json::Object{{"type", "object"}, {"title", name}};
    ASSERT_TRUE(store_->put_schema({kTenant, name, schema, 5}).has_value());
    ASSERT_TRUE(store_->put_event_type({kTenant, name, "ref", "/path", 6}).has_value());
  }
  ASSERT_TRUE(store_->put_schema({kOther, "c", json::Object{}, 5}).has_value());
  const auto schemas = store_->schemas_of(kTenant, {"b'", "c", "none"});
  ASSERT_TRUE(schemas.has_value()) << schemas.error().message;
  std::vector<std::string> seen;
  for (const SchemaRow& row : *schemas)
    seen.push_back(row.ref + " " + std::string(row.schema.at("title").get_string()));
  EXPECT_THAT(seen, UnorderedElementsAre("b' b'", "c c"));
  const auto types = store_->event_types_of(kTenant, {"a", "none"});
  ASSERT_EQ(types->size(), 1U);
  EXPECT_EQ(types->front().event_name, "a");
  EXPECT_EQ(types->front().payload_schema_ref, "ref");
  EXPECT_EQ(types->front().correlation_path, "/path");
  EXPECT_TRUE(store_->event_types_of(kOther, {"a"})->empty());
  EXPECT_TRUE(store_->schemas_of(kTenant, {})->empty());
}

TEST_P(OperatorTest, EndingsCountTheNewestOfAWorkflow) {
  for (int i = 0; i < 5; ++i) {
    const std::string id = "r" + std::to_string(i);
    launch(id, i * 10);
    end(id, i < 2 ? "SUCCEEDED" : "FAILED", i * 10 + 1);
  }
  launch("other", 100, "v");
  end("other", "FAILED", 101);
  Retention& retention = store_->retention();
  EXPECT_THAT(*retention.endings(kTenant, WorkflowId("w"), 0, 4),
              UnorderedElementsAre(Pair("SUCCEEDED", 1), Pair("FAILED", 3)));
  EXPECT_THAT(*retention.endings(kTenant, WorkflowId("w"), 35, 4),
              UnorderedElementsAre(Pair("FAILED", 1)));
  RetentionRow row;
  row.tenant = kTenant;
  row.runs = 30;
  ASSERT_TRUE(retention.put(row).has_value());
  row.audit = 400;
  ASSERT_TRUE(retention.put(row).has_value());
  EXPECT_EQ(retention.row(kTenant)->audit, 400);
  EXPECT_FALSE(retention.row(kTenant)->events.has_value());
  EXPECT_FALSE(retention.row(kOther)->runs.has_value());
  EXPECT_EQ(retention.rows()->size(), 1U);
}

}  // namespace
}  // namespace fermata::store
