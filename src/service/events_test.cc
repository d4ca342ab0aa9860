// Which events reach a run, on a real database: filters are asked before the run hears of anything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <mutex>

#include "foundation/check.h"
#include "foundation/format.h"
#include "json/parse.h"
#include "service/events.h"
#include "store/sqlite.h"
#include "store/test_rows.h"

namespace fermata::service {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const TenantId kTenant("t");

class StoppedClock final : public Clock {
 public:
  [[nodiscard]] TimeMs now() const override { return 1'000; }
};
class NoActions final : public definition::ActionCatalog {
 public:
  [[nodiscard]] const definition::ActionSpec* find(std::string_view, int) const override {
    return nullptr;
  }
  [[nodiscard]] std::vector<const definition::ActionSpec*> all() const override { return {}; }
};
// Every run is of it: `open` waits for n above 10, `last` for anything.
class OneDefinition final : public DefinitionSource {
 public:
  Result<definition::ProgramPtr> load(const VersionRef&) override {
    if (is_away) return make_error(ErrorKind::Unavailable, "STORE_UNAVAILABLE", "away");
    return *definition::compile(*json::parse(R"({"id":"w","version":1,"name":"w","steps":[
      {"id":"open","type":"event.wait","config":{"eventName":"E","correlationKey":{"$expr":"1"},
        "filters":[{"path":"n","op":">","value":10}]}},
      {"id":"last","type":"event.wait","config":{"eventName":"E","correlationKey":{"$expr":"1"}}}],
      "payloadSchemaRef":"payload.Any.v1"})"),
                                NoActions());
  }
  bool is_away = false;
};
class KeptSignals final : public RunSignals {
 public:
  Result<void> signal(const RunId& run, const temporal::Signal& signal) override {
    const std::scoped_lock lock(mutex_);
    sent.push_back(run.text + "<" + signal.request_id);
    return {};
  }
  std::vector<std::string> sent;

 private:
  std::mutex mutex_;
};

class EventsTest : public testing::Test {
 protected:
  ~EventsTest() override {
    store_.reset();
    std::error_code ec;
    std::filesystem::remove_all(folder_, ec);
  }
  static std::string new_folder() {
    std::string folder =
        (std::filesystem::temp_directory_path() / "fermata-events-XXXXXX").string();
    CHECK(mkdtemp(folder.data()) != nullptr, "no temporary folder");
    return folder;
  }
  void launch(const std::string& run) {
    store::LaunchRow row = store::launch_row(run, 0);
    row.temporal_workflow_id = run;
    CHECK(store_->insert_launch(row).has_value(), "not launched");
  }
  // As the fold writes it.
  projection::WaitRow wait(const std::string& run, int step, std::optional<std::string> key) {
    projection::WaitRow row;
    row.tenant = kTenant;
    row.run_id = RunId(run);
    row.wait_id = WaitId(format("{}-{}", run, step));
    row.step_path = format("root.steps[{}]", step);
    row.wait_type = "event";
    row.status = "WAITING";
    row.event_name = "E";
    row.correlation_key = std::move(key);
    row.created_at = step + 1;
    json::Array filters;
    if (step == 0) filters.emplace_back("n");
    row.payload = json::Object{{"filters", std::move(filters)}};
    return row;
  }
  void open(const projection::WaitRow& row) {
    projection::RowBatch batch;
    batch.waits.push_back(row);
    CHECK(store_->write(std::span(&batch, 1), {}).has_value(), "no wait");
  }
  std::vector<std::string> send(const std::string& id, int n) {
    signals_->sent.clear();
    const auto sent = router_.accept({kTenant, id, "E", "k", json::Object{{"n", n}}, ""});
    CHECK(sent.has_value(), "not accepted");
    return signals_->sent;
  }
  // Stored, and routed to nobody.
  void put(int from, int to, int n) {
    std::vector<store::EventRow> rows;
    for (int i = from; i < to; ++i) {
      store::EventRow row{kTenant,
                          EventId(format("e{:04}", i)),
                          "E",
                          "k",
                          json::Object{{"n", n}},
                          "",
                          json::Object{},
                          i};
      rows.push_back(std::move(row));
    }
    CHECK(store_->insert_events(rows).has_value(), "not stored");
  }
  std::vector<std::string> look(const projection::WaitRow& row) {
    signals_->sent.clear();
    CHECK(router_.wait_opened(row).has_value(), "no look-up");
    return signals_->sent;
  }
  std::string outcome(const std::string& event) {
    const auto rows = *store_->deliveries(kTenant, EventId(event));
    return rows.empty() ? "" : rows.front().outcome;
  }

  std::string folder_ = new_folder();
  std::unique_ptr<store::Store> store_ = *store::open_sqlite({.file = folder_ + "/fermata.db"});
  const StoppedClock clock_;
  OneDefinition definitions_;
  std::shared_ptr<KeptSignals> signals_ = std::make_shared<KeptSignals>();
  EventRouter router_{{*store_, signals_, definitions_, clock_}};
};

TEST_F(EventsTest, ARunDoesNotHearOfWhatItsFiltersTurnAway) {
  launch("r");
  open(wait("r", 0, std::nullopt));
  EXPECT_THAT(send("small", 10), IsEmpty());
  EXPECT_EQ(outcome("small"), "FILTERED");
  const auto row = store_->deliveries(kTenant, EventId("small"))->front();
  EXPECT_EQ(row.target, "r");
  EXPECT_EQ(json::string_at(row.details.get_object(), "filter"), "n");
  EXPECT_THAT(send("big", 11), ElementsAre("r<big"));
  EXPECT_EQ(outcome("big"), "SIGNALED");
}

TEST_F(EventsTest, ALaterWaitFindsWhatAnEarlierOneTurnedAway) {
  launch("r");
  open(wait("r", 0, "k"));
  EXPECT_THAT(send("small", 1), IsEmpty());
  EXPECT_THAT(look(wait("r", 0, "k")), IsEmpty());
  EXPECT_EQ(outcome("small"), "FILTERED");
  EXPECT_THAT(look(wait("r", 1, "k")), ElementsAre("r<small"));
  EXPECT_EQ(outcome("small"), "SIGNALED");
  EXPECT_THAT(look(wait("r", 1, "k")), IsEmpty());
}

// A crash may leave a wait that its run never had.
TEST_F(EventsTest, AnyWaitOfARunThatTakesAnEventCounts) {
  launch("r");
  open(wait("r", 0, "k"));
  open(wait("r", 1, "k"));
  EXPECT_THAT(send("small", 1), ElementsAre("r<small"));
  EXPECT_EQ(outcome("small"), "SIGNALED");
}

TEST_F(EventsTest, WhatCannotBeAskedTurnsNothingAway) {
  open(wait("nobody", 0, "k"));
  EXPECT_THAT(send("of no run", 1), ElementsAre("nobody<of no run"));
  launch("r");
  open(wait("r", 0, "k"));
  definitions_.is_away = true;
  EXPECT_THAT(send("of no definition", 1),
              UnorderedElementsAre("nobody<of no definition", "r<of no definition"));
}

TEST_F(EventsTest, ALookUpGoesThroughAllPagesAndSendsWhatTheWaitTakes) {
  launch("r");
  put(0, 450, 1);
  put(450, 452, 11);
  put(452, 700, 1);
  EXPECT_THAT(look(wait("r", 0, std::nullopt)), ElementsAre("r<e0450", "r<e0451"));
}

TEST_F(EventsTest, ALookUpSendsNoMoreThanARunCanHold) {
  launch("r");
  put(0, 450, 11);
  EXPECT_EQ(look(wait("r", 1, std::nullopt)).size(), 100U);
  EXPECT_EQ(outcome("e0099"), "SIGNALED");
  EXPECT_EQ(outcome("e0100"), "");
  // The next wait goes on with the others.
  projection::WaitRow next = wait("r", 1, std::nullopt);
  next.wait_id = WaitId("next");
  EXPECT_EQ(look(next).front(), "r<e0100");
}

TEST_F(EventsTest, ALookUpThatIsRepeatedGoesOnWhereItGotTo) {
  launch("r");
  put(0, 450, 1);
  EXPECT_THAT(look(wait("r", 0, std::nullopt)), IsEmpty());
  // Nothing that was turned away is asked again; with another key it is another wait.
  definitions_.is_away = true;
  EXPECT_EQ(look(wait("r", 0, std::nullopt)).size(), 50U);
  EXPECT_EQ(look(wait("r", 0, "k")).front(), "r<e0000");
}

}  // namespace
}  // namespace fermata::service
