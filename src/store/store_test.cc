// The store on real databases, the same suite for each kind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "json/parse.h"
#include "json/text.h"
#include "store/group_writer.h"
#include "store/open.h"
#include "store/test_database.h"
#include "store/test_rows.h"

namespace fermata::store {
namespace {

const TenantId kTenant("t");

class StoreTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto opened = open(database_->location());
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    store_ = *std::move(opened);
  }
  bool put(const InvocationRow& row, std::uint32_t attempt, InvocationStatus status) {
    const InvocationPut put{row, attempt, status};
    const auto made = store_->write({}, std::span(&put, 1));
    EXPECT_TRUE(made.has_value());
    return made.has_value() && made->front();
  }
  static projection::RowBatch step(std::uint64_t sequence, const std::string& status) {
    projection::RowBatch batch;
    projection::StepRow row;
    row.tenant = kTenant;
    row.run_id = RunId("r1");
    row.step_number = 1;
    row.sequence = sequence;
    row.step_path = "root.steps[0]";
    row.status = status;
    batch.steps.push_back(row);
    projection::RunRow run;
    run.tenant = kTenant;
    run.run_id = RunId("r1");
    run.sequence = sequence;
    run.status = status;
    batch.run = run;
    return batch;
  }

  std::unique_ptr<TestDatabase> database_ = make_test_database(GetParam());
  std::unique_ptr<Store> store_;
};

INSTANTIATE_TEST_SUITE_P(On, StoreTest, testing::Values("sqlite", "postgres"),
                         [](const auto& chosen) { return chosen.param; });

TEST_P(StoreTest, PublishedVersionsNeverChange) {
  DefinitionRow draft;
  draft.tenant = kTenant;
  draft.workflow_id = WorkflowId("w");
  draft.name = "W";
  draft.draft = *json::parse(R"({"b":1,"a":2})");
  const Publication first{{kTenant, WorkflowId("w"), 1, draft.draft, "hash", 5}, {}, draft, {}};
  ASSERT_TRUE(store_->publish(first).has_value());
  EXPECT_EQ(store_->publish(first).error().code, "STORE_CONFLICT");
  // The draft that came with the refused one was not saved either.
  EXPECT_EQ(store_->definition(kTenant, WorkflowId("w"))->draft_version, 1);
  EXPECT_EQ(store_->definition(kTenant, WorkflowId("w"))->published_version, 1);
  EXPECT_EQ(store_->version(kTenant, WorkflowId("w"), 2).error().code, "NOT_FOUND");
  EXPECT_EQ(store_->definition(TenantId("other"), WorkflowId("w")).error().code, "NOT_FOUND");
}

TEST_P(StoreTest, OlderRowsNeverReplaceNewerOnes) {
  ASSERT_TRUE(store_->insert_launch(launch_row("r1", 1)).has_value());
  const std::vector<projection::RowBatch> batches = {step(5, "SUCCEEDED"), step(3, "STARTED")};
  ASSERT_TRUE(store_->write(batches, {}).has_value());
  ASSERT_TRUE(store_->write(batches, {}).has_value());
  const auto steps = store_->steps(kTenant, RunId("r1"), 0, 10);
  ASSERT_EQ(steps->size(), 1U);
  EXPECT_EQ(steps->front().status, "SUCCEEDED");
  EXPECT_EQ(store_->run(kTenant, RunId("r1"))->run.status, "SUCCEEDED");
}

TEST_P(StoreTest, OneOccurrenceLaunchesOnce) {
  LaunchRow first = launch_row("r1", 1);
  first.fire_key = "schedule-1:10";
  LaunchRow second = launch_row("r2", 2);
  second.fire_key = "schedule-1:10";
  ASSERT_TRUE(store_->insert_launch(first).has_value());
  EXPECT_EQ(store_->insert_launch(second).error().code, "STORE_CONFLICT");
  EXPECT_EQ((*store_->launch_by(kTenant, "schedule-1:10"))->run_id, RunId("r1"));
  EXPECT_FALSE(store_->launch_by(kTenant, "schedule-1:11")->has_value());
  EXPECT_FALSE(store_->launch_by(TenantId("other"), "schedule-1:10")->has_value());
}

TEST_P(StoreTest, ALaunchIsUnconfirmedUntilItsIdIsThere) {
  for (const char* id : {"r1", "r2", "r3", "r4"})
    ASSERT_TRUE(store_->insert_launch(launch_row(id, 1)).has_value());
  const auto unconfirmed = [&] {
    std::vector<std::pair<std::string, bool>> found;
    const auto views = store_->unconfirmed_launches(10, 100);
    for (const RunView& view : *views)
      found.emplace_back(view.launch.run_id.text, view.run.sequence > 0);
    return found;
  };
  // A worker has this one, and has even ended it; Temporal never had the next one.
  const projection::RowBatch ended = step(1, "SUCCEEDED");
  ASSERT_TRUE(store_->write(std::span(&ended, 1), {}).has_value());
  ASSERT_TRUE(store_->fail_launch(RunId("r2"), json::Object{}, 5).has_value());
  ASSERT_TRUE(store_->set_temporal_run(RunId("r3"), "t").has_value());
  using Found = std::vector<std::pair<std::string, bool>>;
  EXPECT_EQ(unconfirmed(), (Found{{"r1", true}, {"r4", false}}));
  ASSERT_TRUE(store_->set_temporal_run(RunId("r1"), "t").has_value());
  EXPECT_EQ(unconfirmed(), (Found{{"r4", false}}));
}

TEST_P(StoreTest, AnInvocationIsTakenOverByOneOnly) {
  InvocationRow row;
  row.tenant = kTenant;
  row.idempotency_key = "k";
  row.run_id = RunId("r1");
  EXPECT_TRUE(put(row, 0, InvocationStatus::Started));
  EXPECT_FALSE(put(row, 0, InvocationStatus::Started));
  InvocationRow next = row;
  next.attempt = 2;
  EXPECT_TRUE(put(next, 1, InvocationStatus::Started));
  EXPECT_FALSE(put(next, 1, InvocationStatus::Started));
  EXPECT_EQ((*store_->invocation(kTenant, "k"))->attempt, 2U);
}

TEST_P(StoreTest, ALockedDatabaseIsAClearErrorAndLosesNothing) {
  const auto impatient = database_->open_impatient(50);
  auto lock = database_->lock_runs();
  const auto refused = impatient->insert_launch(launch_row("r1", 1));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "STORE_BUSY");
  lock.reset();
  EXPECT_TRUE(impatient->insert_launch(launch_row("r1", 1)).has_value());
}

TEST_P(StoreTest, ADatabaseOfANewerProgramIsRefused) {
  database_->execute("INSERT INTO schema_migrations VALUES (999, 'x')");
  EXPECT_EQ(open(database_->location()).error().code, "STORE_TOO_NEW");
}

TEST_P(StoreTest, AFullDiskIsAClearErrorAndLosesNothing) {
  const auto small = database_->open_small();
  ASSERT_TRUE(small->insert_launch(launch_row("r1", 1)).has_value());
  LaunchRow big = launch_row("r2", 2);
  big.input = std::string(1'000'000, 'x');
  const auto refused = small->insert_launch(big);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "STORE_FULL");
  EXPECT_EQ(small->run(kTenant, RunId("r1"))->launch.run_id.text, "r1");
  EXPECT_TRUE(small->insert_launch(launch_row("r3", 3)).has_value());
}

TEST_P(StoreTest, OneThatCannotBeWrittenDoesNotHoldTheOthers) {
  const auto small = database_->open_small();
  for (int i = 1; i <= 5; ++i)
    ASSERT_TRUE(small->insert_launch(launch_row("r" + std::to_string(i), 1)).has_value());
  std::vector<std::string> codes;
  {
    GroupWriter writer(*small);
    for (std::uint64_t i = 1; i <= 5; ++i) {
      projection::RowBatch batch = step(i, "SUCCEEDED");
      batch.run->run_id = RunId("r" + std::to_string(i));
      if (i == 3) batch.run->output = json::Value(std::string(1'000'000, 'x'));
      writer.submit(std::move(batch), [&](const Result<void>& written) {
        codes.push_back(written.has_value() ? "ok" : written.error().code);
      });
    }
  }
  EXPECT_THAT(codes, testing::ElementsAre("ok", "ok", "STORE_FULL", "ok", "ok"));
}

TEST_P(StoreTest, TheGroupWriterCallsBackOncePerBatch) {
  ASSERT_TRUE(store_->insert_launch(launch_row("r1", 1)).has_value());
  std::mutex mutex;
  int done = 0;
  {
    GroupWriter writer(*store_);
    for (std::uint64_t i = 1; i <= 100; ++i) {
      writer.submit(step(i, i == 100 ? "SUCCEEDED" : "STARTED"), [&](const Result<void>& written) {
        const std::scoped_lock lock(mutex);
        EXPECT_TRUE(written.has_value());
        ++done;
      });
    }
  }
  EXPECT_EQ(done, 100);
  GroupWriter writer(*store_);
  InvocationRow row;
  row.tenant = kTenant;
  row.idempotency_key = "k";
  EXPECT_TRUE(*writer.put({row}));
  EXPECT_FALSE(*writer.put({row}));
  EXPECT_EQ(store_->run(kTenant, RunId("r1"))->run.status, "SUCCEEDED");
}

TEST_P(StoreTest, WhatWasWrittenIsReadBackAsItWas) {
  const std::string odd = "quote \" backslash \\ brace {} comma , line\n NULL \u00fc \U0001F600";
  LaunchRow row = launch_row("r1", 1);
  row.input = *json::parse(R"({"z":1,"a":[1e300,-0.5,"\\u0000","\\\\"],"big":9007199254740993})");
  row.trigger_metadata = json::Value(odd);
  row.fire_key = odd;
  row.parent_run_id = "NULL";
  ASSERT_TRUE(store_->insert_launch(row).has_value());
  projection::RowBatch batch = step(1, "FAILED");
  batch.steps.front().error = row.input;
  batch.steps.front().iteration = odd;
  projection::WaitRow wait;
  wait.tenant = kTenant;
  wait.run_id = RunId("r1");
  wait.wait_id = WaitId("w1");
  wait.correlation_key = odd;
  wait.event_name = "NULL";
  wait.created_at = 7;
  batch.waits.push_back(wait);
  InvocationPut put;
  put.row.tenant = kTenant;
  put.row.run_id = RunId("r1");
  put.row.idempotency_key = odd;
  put.row.output = row.input;
  ASSERT_TRUE(store_->write(std::span(&batch, 1), std::span(&put, 1)).has_value());

  const auto read = store_->run(kTenant, RunId("r1"));
  EXPECT_EQ(json::to_text(read->launch.input), json::to_text(row.input));
  EXPECT_EQ(read->launch.trigger_metadata, row.trigger_metadata);
  EXPECT_EQ(read->launch.fire_key, odd);
  EXPECT_EQ(read->launch.parent_run_id, "NULL");
  const auto steps = store_->steps(kTenant, RunId("r1"), 0, 10);
  EXPECT_EQ(steps->front().error, row.input);
  EXPECT_EQ(steps->front().note, std::nullopt);
  EXPECT_EQ(steps->front().iteration, odd);
  const auto waits = store_->waits(kTenant, RunId("r1"));
  EXPECT_EQ(waits->front().correlation_key, odd);
  EXPECT_EQ(waits->front().event_name, "NULL");
  EXPECT_EQ(waits->front().task_id, std::nullopt);
  EXPECT_EQ((*store_->invocation(kTenant, odd))->output, row.input);
}

TEST_P(StoreTest, ARepeatedTaskWritesItsOwnTimes) {
  ASSERT_TRUE(store_->insert_launch(launch_row("r1", 1)).has_value());
  for (const TimeMs at : {100, 200}) {
    projection::RowBatch batch = step(1, "STARTED");
    batch.steps.front().started_at = at;
    projection::WaitRow wait;
    wait.tenant = kTenant;
    wait.run_id = RunId("r1");
    wait.wait_id = WaitId("w1");
    wait.sequence = 2;
    wait.created_at = at;
    wait.accepts_from = at;
    wait.timeout_at = at + 50;
    batch.waits.push_back(wait);
    ASSERT_TRUE(store_->write(std::span(&batch, 1), {}).has_value());
  }
  EXPECT_EQ(store_->steps(kTenant, RunId("r1"), 0, 10)->front().started_at, 200);
  const auto waits = store_->waits(kTenant, RunId("r1"));
  EXPECT_EQ(waits->front().created_at, 200);
  EXPECT_EQ(waits->front().accepts_from, 200);
  EXPECT_EQ(waits->front().timeout_at, 250);
}

TEST_P(StoreTest, AnEndedRunKeepsNothingOpenFromBeforeACrash) {
  ASSERT_TRUE(store_->insert_launch(launch_row("r1", 1)).has_value());
  projection::RowBatch before = step(1, "STARTED");
  before.steps.front().completed_at.reset();
  projection::WaitRow wait;
  wait.tenant = kTenant;
  wait.run_id = RunId("r1");
  wait.wait_id = WaitId("w1");
  wait.status = "WAITING";
  wait.created_at = 10;
  before.waits.push_back(wait);
  ASSERT_TRUE(store_->write(std::span(&before, 1), {}).has_value());
  projection::RowBatch end;
  end.run.emplace();
  end.run->tenant = kTenant;
  end.run->run_id = RunId("r1");
  end.run->sequence = 1'000;
  end.run->status = "CANCELED";
  end.run->completed_at = 20;
  end.run->steps = 0;
  ASSERT_TRUE(store_->write(std::span(&end, 1), {}).has_value());
  EXPECT_TRUE(store_->steps(kTenant, RunId("r1"), 0, 10)->empty());
  EXPECT_TRUE(store_->waits(kTenant, RunId("r1"))->empty());
}

TEST_P(StoreTest, ARunThatIsBrokenOffKeepsNoWaitOfAStepThatItNeverTook) {
  ASSERT_TRUE(store_->insert_launch(launch_row("r1", 1)).has_value());
  projection::RowBatch before = step(1, "SUCCEEDED");
  for (const char* path : {"root.steps[0]", "root.steps[1]"}) {
    projection::WaitRow wait;
    wait.tenant = kTenant;
    wait.run_id = RunId("r1");
    wait.wait_id = WaitId(path);
    wait.step_path = path;
    wait.wait_type = "event";
    wait.status = "RESOLVED";
    wait.matched_event_id = path;
    wait.created_at = 10;
    before.waits.push_back(wait);
  }
  ASSERT_TRUE(store_->write(std::span(&before, 1), {}).has_value());
  projection::RowBatch end;
  end.run.emplace();
  end.run->tenant = kTenant;
  end.run->run_id = RunId("r1");
  end.run->sequence = 1'000;
  end.run->status = "CANCELED";
  end.run->completed_at = 20;
  end.run->steps = 1;
  ASSERT_TRUE(store_->write(std::span(&end, 1), {}).has_value());
  const auto waits = store_->waits(kTenant, RunId("r1"));
  ASSERT_EQ(waits->size(), 1U);
  EXPECT_EQ(waits->front().step_path, "root.steps[0]");
}

TEST_P(StoreTest, AWaitOpensAndClosesInOneTransactionOrInTwo) {
  ASSERT_TRUE(store_->insert_launch(launch_row("r1", 1)).has_value());
  std::vector<projection::RowBatch> batches(3);
  const auto wait = [](const std::string& id, std::uint64_t sequence, TimeMs created_at) {
    projection::WaitRow row;
    row.tenant = kTenant;
    row.run_id = RunId("r1");
    row.wait_id = WaitId(id);
    row.sequence = sequence;
    row.step_path = "root.steps[0]";
    row.created_at = created_at;
    row.status = created_at == 0 ? "RESOLVED" : "WAITING";
    if (created_at == 0) row.resolved_at = 50;
    return row;
  };
  batches[0].waits = {wait("a", 1, 10), wait("b", 2, 11)};
  batches[1].waits = {wait("a", 3, 0)};
  ASSERT_TRUE(store_->write(batches, {}).has_value());
  batches[2].waits = {wait("b", 4, 0)};
  ASSERT_TRUE(store_->write(std::span(&batches[2], 1), {}).has_value());
  // The same task again, as after a crash.
  ASSERT_TRUE(store_->write(std::span(batches.data(), 1), {}).has_value());
  const auto read = store_->waits(kTenant, RunId("r1"));
  ASSERT_EQ(read->size(), 2U);
  for (const projection::WaitRow& row : *read) {
    EXPECT_EQ(row.status, "RESOLVED");
    EXPECT_EQ(row.step_path, "root.steps[0]");
    EXPECT_EQ(row.resolved_at, 50);
  }
}

TEST_P(StoreTest, OfManyWhoPutOneInvocationAtOnceOneMadeIt) {
  std::vector<InvocationPut> puts(3);
  for (std::size_t i = 0; i < puts.size(); ++i) {
    puts[i].row.tenant = kTenant;
    puts[i].row.run_id = RunId("r1");
    puts[i].row.idempotency_key = i == 2 ? "other" : "same";
    puts[i].row.lease_owner = std::to_string(i);
  }
  EXPECT_THAT(*store_->write({}, puts), testing::ElementsAre(true, false, true));
  EXPECT_EQ((*store_->invocation(kTenant, "same"))->lease_owner, "0");
  for (InvocationPut& put : puts) {
    put.expected_attempt = 1;
    put.row.attempt = 2;
    put.row.lease_owner += " again";
  }
  EXPECT_THAT(*store_->write({}, puts), testing::ElementsAre(true, false, true));
  EXPECT_EQ((*store_->invocation(kTenant, "same"))->lease_owner, "0 again");
}

TEST_P(StoreTest, TwoProgramsMayOpenANewDatabaseAtOnce) {
  const auto other = make_test_database(GetParam());
  std::vector<std::string> codes(4, "ok");
  std::vector<std::thread> programs;
  for (std::string& code : codes) {
    programs.emplace_back([&code, &other] {
      const auto opened = open(other->location());
      if (!opened.has_value()) code = opened.error().code + ": " + opened.error().message;
    });
  }
  for (std::thread& program : programs) program.join();
  EXPECT_THAT(codes, testing::Each("ok"));
}

TEST_P(StoreTest, AScheduleIsUnsyncedUntilItIsOfThePublishedVersion) {
  DefinitionRow draft;
  draft.tenant = kTenant;
  draft.workflow_id = WorkflowId("w");
  draft.draft = json::Object{};
  const auto publish = [&](std::int64_t version, const std::string& trigger) {
    ASSERT_TRUE(store_
                    ->publish({{kTenant, draft.workflow_id, version, json::Object{}, "h", 1},
                               {trigger, ""},
                               draft,
                               {}})
                    .has_value());
  };
  const auto mark = [&] {
    ASSERT_TRUE(store_->mark_schedule(*store_->definition(kTenant, draft.workflow_id)).has_value());
  };
  const auto unsynced = [&] { return store_->unsynced_schedules(10)->size(); };
  publish(1, "recurring");
  EXPECT_EQ(unsynced(), 1U);
  mark();
  EXPECT_EQ(unsynced(), 0U);
  publish(2, "");
  EXPECT_EQ(unsynced(), 1U);
  mark();
  EXPECT_EQ(unsynced(), 0U);
  // An archived workflow has none.
  publish(3, "schedule");
  mark();
  ASSERT_TRUE(store_->set_archived(kTenant, draft.workflow_id, 9).has_value());
  EXPECT_EQ(unsynced(), 1U);
  EXPECT_EQ(store_->remove_definition(kTenant, draft.workflow_id).error().code, "WORKFLOW_IN_USE");
  mark();
  EXPECT_EQ(unsynced(), 0U);
  ASSERT_TRUE(store_->set_archived(kTenant, draft.workflow_id, std::nullopt).has_value());
  EXPECT_EQ(unsynced(), 1U);
}

TEST_P(StoreTest, EventsAndWaitsFindEachOther) {
  EventRow event;
  event.tenant = kTenant;
  event.event_id = EventId("e1");
  event.event_name = "PAID";
  event.correlation_key = "k";
  event.payload = json::Object{{"n", 1}};
  event.notes = json::Object{};
  event.received_at = 100;
  EXPECT_THAT(*store_->insert_events(std::vector{event, event}), testing::ElementsAre(true, false));
  EXPECT_THAT(*store_->insert_events(std::vector{event}), testing::ElementsAre(false));
  projection::RowBatch batch;
  for (const auto& [id, key, from] :
       std::vector<std::tuple<std::string, std::optional<std::string>, TimeMs>>{
           {"same-key", "k", 100},
           {"any-key", std::nullopt, 50},
           {"other-key", "x", 0},
           {"too-late", "k", 101}}) {
    projection::WaitRow wait;
    wait.tenant = kTenant;
    wait.run_id = RunId("r-" + id);
    wait.wait_id = WaitId(id);
    wait.wait_type = "event";
    wait.status = "WAITING";
    wait.event_name = "PAID";
    wait.correlation_key = key;
    wait.accepts_from = from;
    wait.created_at = from + 1;
    batch.waits.push_back(wait);
    const auto events = store_->events_for(wait, {});
    EXPECT_EQ(events->size(), id == "same-key" || id == "any-key" ? 1U : 0U) << id;
  }
  ASSERT_TRUE(store_->write(std::span(&batch, 1), {}).has_value());
  std::vector<std::string> found;
  EventRow other = event;
  other.event_name = "OTHER";
  const auto open_waits = store_->waits_for(std::vector{other, event, event});
  ASSERT_TRUE(open_waits.has_value()) << open_waits.error().message;
  for (const auto& candidate : *open_waits)
    found.push_back(std::to_string(candidate.event) + " " + candidate.wait.wait_id.text);
  EXPECT_THAT(found, testing::ElementsAre("1 any-key", "1 same-key", "2 any-key", "2 same-key"));
  EXPECT_EQ(store_->unrouted_events(100, 10)->size(), 1U);
  EXPECT_TRUE(store_->unrouted_events(99, 10)->empty());
  EXPECT_EQ(*store_->count_unrouted(10), 1U);
  const DeliveryRow delivery{kTenant,    event.event_id, "resume", "r1",
                             "SIGNALED", json::Object{}, 5};
  ASSERT_TRUE(store_->put_routing(std::vector{delivery, delivery}, std::vector{event}).has_value());
  EXPECT_TRUE(store_->unrouted_events(100, 10)->empty());
  EXPECT_EQ(store_->deliveries(kTenant, event.event_id)->size(), 1U);
  // The next wait of the run that it was sent to is not given it again.
  projection::WaitRow next = batch.waits.front();
  EXPECT_EQ(store_->events_for(next, {})->size(), 1U);
  next.run_id = RunId("r1");
  EXPECT_TRUE(store_->events_for(next, {})->empty());
}

}  // namespace
}  // namespace fermata::store
