// Events out of a real Redis stream into a real database.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "foundation/check.h"
#include "foundation/format.h"
#include "foundation/limits.h"
#include "redis/test_redis.h"
#include "service/stream_ingress.h"
#include "store/sqlite.h"

namespace fermata::service {
namespace {

const TenantId kTenant("t");

class RealClock final : public Clock {
 public:
  [[nodiscard]] TimeMs now() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
};
class KeptLog final : public Log {
 public:
  void write(LogLevel, std::string_view message, const LogFields&) override {
    const std::scoped_lock lock(mutex_);
    lines.emplace_back(message);
  }
  std::vector<std::string> lines;

 private:
  std::mutex mutex_;
};
// Nothing waits here.
class NoRuns final : public RunSignals {
 public:
  Result<void> signal(const RunId&, const temporal::Signal&) override {
    ADD_FAILURE() << "nobody was to be woken";
    return {};
  }
};
// Answers as it is told, and takes everything from then on.
class Moody final : public RunSignals {
 public:
  Result<void> signal(const RunId&, const temporal::Signal&) override {
    return next_ ? Result<void>(*std::exchange(next_, std::nullopt)) : Result<void>();
  }
  std::optional<Error> next_;
};
class NoDefinitions final : public DefinitionSource {
 public:
  Result<definition::ProgramPtr> load(const VersionRef&) override {
    return make_error(ErrorKind::NotFound, "NOT_FOUND", "there are none");
  }
};

std::string new_folder() {
  std::string folder = (std::filesystem::temp_directory_path() / "fermata-ingress-XXXXXX").string();
  CHECK(mkdtemp(folder.data()) != nullptr, "no temporary folder");
  return folder;
}

class StreamIngressTest : public testing::Test {
 protected:
  ~StreamIngressTest() override {
    ingress_.reset();
    std::error_code ec;
    std::filesystem::remove_all(folder_, ec);
  }

  [[nodiscard]] std::string file() const { return folder_ + "/fermata.db"; }
  void start(std::int64_t claim_idle_ms = 60'000) {
    IngressOptions options;
    options.redis.url = server_.url();
    options.stream = "events";
    options.consumer = "ingress";
    options.tenant = kTenant;
    options.batch = 5;
    options.claim_idle_ms = claim_idle_ms;
    ingress_ = std::make_unique<StreamIngress>(StreamIngress::Parts{*store_, router_, clock_, log_},
                                               options);
  }
  redis::Client connected() { return *redis::Client::connect({.url = server_.url()}); }
  redis::StreamGroup reader(const std::string& name) {
    return {connected(), {"events", "fermata", name}};
  }
  std::string add(const std::vector<std::string>& fields) {
    redis::Command command{"XADD", "events", "*"};
    command.insert(command.end(), fields.begin(), fields.end());
    const auto added = connected().call(command);
    CHECK(added.has_value(), "redis refused a message");
    return added->text;
  }
  void add_events(int from, int to) {
    for (int i = from; i < to; ++i)
      add({"event_id", format("e{}", i), "event_name", "E", "payload", format(R"({{"n":{}}})", i)});
  }
  std::vector<std::string> stored() {
    std::vector<std::string> ids;
    const auto rows = store_->events(kTenant, {.limit = 500});
    for (const auto& row : *rows) ids.push_back(row.event_id.text);
    std::ranges::sort(ids);
    return ids;
  }
  std::vector<store::LetterRow> letters() { return *store_->letters(kTenant, {}); }
  void until(const std::function<bool()>& accept) {
    for (int tries = 0; tries < 6'000; ++tries) {
      if (accept()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    FAIL() << "did not come about";
  }
  void until_quiet() {
    until([&] {
      const auto depth = reader("watch").depth();
      return depth.has_value() && depth->pending == 0 && depth->is_all_read;
    });
  }

  redis::TestRedis server_;
  const std::string folder_ = new_folder();
  std::unique_ptr<store::Store> store_ =
      *store::open_sqlite({.file = file(), .busy_timeout_ms = 20});
  RealClock clock_;
  KeptLog log_;
  NoDefinitions definitions_;
  EventRouter router_{{*store_, std::make_shared<NoRuns>(), definitions_, clock_}};
  std::unique_ptr<StreamIngress> ingress_;
};

TEST_F(StreamIngressTest, StoresEachEventOnceInWhateverFormItCame) {
  add_events(0, 3);
  start();
  add_events(1, 7);
  add({"event", R"({"eventId":"whole","eventName":"E","correlationKey":"k","payload":{"a":1}})"});
  const std::string unnamed = add({"event_type", "E", "payload", "{}"});
  until_quiet();
  EXPECT_THAT(stored(), testing::ElementsAre("e0", "e1", "e2", "e3", "e4", "e5", "e6",
                                             "redis:events:" + unnamed, "whole"));
  EXPECT_EQ(store_->event(kTenant, EventId("whole"))->correlation_key, "k");
  EXPECT_TRUE(letters().empty());
}

TEST_F(StreamIngressTest, TakesOverWhatADeadReaderLeftBetweenReadAndAcknowledgement) {
  add_events(0, 12);
  redis::StreamGroup dead = reader("dead");
  ASSERT_TRUE(dead.ensure().has_value());
  ASSERT_EQ(dead.read(8, 1)->size(), 8U);
  start(1);
  until_quiet();
  EXPECT_EQ(stored().size(), 12U);
}

TEST_F(StreamIngressTest, SetsAsideWhatItCannotReadAndGoesOn) {
  const std::string raw = std::string("{\"n\":1}\xff\0x", 10);
  add({"event_id", "a", "event_name", "E", "payload", raw});
  add({"event_id", "b", "payload", "{}"});
  add({"event_id", "c", "event_name", "E", "payload", R"({"n":1})", "payloadSchemaRef", "p.N.v1"});
  add_events(0, 1);
  start();
  until_quiet();
  EXPECT_THAT(stored(), testing::ElementsAre("e0"));
  const auto kept = letters();
  ASSERT_EQ(kept.size(), 3U);
  std::map<std::string, const store::LetterRow*> by_event;
  for (const auto& letter : kept)
    by_event[fields_from_json(letter.fields).front().second] = &letter;
  EXPECT_EQ(fields_from_json(by_event.at("a")->fields).back().second, raw);
  EXPECT_EQ(by_event.at("b")->code, "EVENT_INVALID");
  EXPECT_EQ(by_event.at("c")->code, "SCHEMA_UNKNOWN");

  Letters mended(*store_, router_, clock_);
  const std::string id = by_event.at("c")->letter_id;
  EXPECT_EQ(mended.reprocess(kTenant, id).error().code, "SCHEMA_UNKNOWN");
  ASSERT_TRUE(
      store_->put_schema({kTenant, "p.N.v1", json::Object{{"type", "object"}}, 1}).has_value());
  const auto accepted = mended.reprocess(kTenant, id);
  ASSERT_TRUE(accepted.has_value()) << accepted.error().message;
  EXPECT_EQ(store_->event(kTenant, accepted->event)->payload, json::Value(json::Object{{"n", 1}}));
  EXPECT_EQ(mended.reprocess(kTenant, id).error().code, "LETTER_REPROCESSED");
  EXPECT_EQ(letters().size(), 2U);
}

TEST_F(StreamIngressTest, SetsAsideAMessageThatItsReadersNeverFinished) {
  add_events(0, 2);
  ASSERT_TRUE(reader("r").ensure().has_value());
  ASSERT_EQ(reader("r0").read(1, 1)->size(), 1U);
  for (std::uint64_t i = 1; i < limits::kStreamDeliveriesMax; ++i)
    ASSERT_EQ(reader(format("r{}", i)).claim(0, 1)->size(), 1U);
  start(1);
  until_quiet();
  EXPECT_THAT(stored(), testing::ElementsAre("e1"));
  ASSERT_EQ(letters().size(), 1U);
  EXPECT_EQ(letters().front().code, "STREAM_MESSAGE_POISON");
}

TEST_F(StreamIngressTest, ReadsNoMoreThanOneBatchWhileTheStoreIsAway) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(file().c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  add_events(0, 30);
  start();
  until([&] {
    const auto depth = reader("watch").depth();
    return depth.has_value() && depth->pending > 0;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const auto depth = reader("watch").depth();
  EXPECT_EQ(depth->pending, 5);
  EXPECT_EQ(depth->lag, 25);
  EXPECT_TRUE(stored().empty());
  ASSERT_EQ(sqlite3_exec(db, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
  until_quiet();
  EXPECT_EQ(stored().size(), 30U);
  EXPECT_TRUE(letters().empty());
}

TEST_F(StreamIngressTest, HoldsBackWhileTooManyEventsWaitToBeRouted) {
  std::vector<store::EventRow> waiting(10'000);
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    waiting[i].tenant = kTenant;
    waiting[i].event_id = EventId(format("w{}", i));
    waiting[i].payload = json::Object{};
    waiting[i].notes = json::Object{};
  }
  ASSERT_TRUE(store_->insert_events(waiting).has_value());
  add_events(0, 3);
  start();
  until([&] { return reader("watch").depth().has_value(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(reader("watch").depth()->lag, 3);
  ASSERT_TRUE(store_->put_routing({}, waiting).has_value());
  until_quiet();
  EXPECT_EQ(store_->events(kTenant, {.event_name = "E"})->size(), 3U);
}

TEST_F(StreamIngressTest, AWakeUpIsGivenUpOnlyWhenItsRunIsGoneOrCannotTakeIt) {
  projection::WaitRow wait;
  wait.tenant = kTenant;
  wait.run_id = RunId("r");
  wait.wait_id = WaitId("w");
  wait.wait_type = "event";
  wait.status = "WAITING";
  wait.event_name = "E";
  wait.created_at = 1;
  wait.correlation_key = "k";
  projection::RowBatch rows;
  rows.waits.push_back(wait);
  ASSERT_TRUE(store_->write(std::span(&rows, 1), {}).has_value());
  const auto moody = std::make_shared<Moody>();
  EventRouter router({*store_, moody, definitions_, clock_});
  const auto outcomes = [&](ErrorKind kind, const std::string& code) {
    EventRequest request{kTenant, "e-" + code, "E", "k", json::Object{}, ""};
    moody->next_ = make_error(kind, code, "no");
    std::string told = router.accept(request)->event.is_routed ? "given up:" : "kept:";
    // As the sweep does, or whoever sends it again.
    const auto again = router.accept(request);
    for (const auto& row : again->deliveries) told += row.outcome;
    return told;
  };
  EXPECT_EQ(outcomes(ErrorKind::Unavailable, "TEMPORAL_UNAVAILABLE"), "kept:SIGNALED");
  EXPECT_EQ(outcomes(ErrorKind::TooMany, "TEMPORAL_EXHAUSTED"), "kept:SIGNALED");
  EXPECT_EQ(outcomes(ErrorKind::Internal, "TEMPORAL_INTERNAL"), "kept:SIGNALED");
  EXPECT_EQ(outcomes(ErrorKind::Forbidden, "TEMPORAL_DENIED"), "kept:SIGNALED");
  EXPECT_EQ(outcomes(ErrorKind::NotFound, "TEMPORAL_NOT_FOUND"), "given up:RUN_CLOSED");
  EXPECT_EQ(outcomes(ErrorKind::Invalid, "TEMPORAL_REFUSED"), "given up:REFUSED");
}

TEST_F(StreamIngressTest, GoesOnAfterRedisWasKilledAtAnyMoment) {
  start(1);
  for (int round = 0; round < 5; ++round) {
    add_events(round * 20, round * 20 + 20);
    std::this_thread::sleep_for(std::chrono::milliseconds(3 * round));
    server_.kill();
    server_.start();
  }
  until_quiet();
  EXPECT_EQ(stored().size(), 100U);
  EXPECT_TRUE(letters().empty());
}

TEST_F(StreamIngressTest, SaysHowFarItIsBehindAndWhatWasTrimmedUnread) {  // D22
  add_events(0, 3);
  start();
  until_quiet();
  ingress_.reset();
  // The producer keeps ten; nobody reads for a while.
  for (int i = 3; i < 30; ++i)
    ASSERT_TRUE(connected()
                    .call({"XADD", "events", "MAXLEN", "10", "*", "event_id", format("e{}", i),
                           "event_name", "E", "payload", "{}"})
                    .has_value());
  EXPECT_EQ(reader("watch").depth()->lag, 27);
  metrics::Metrics metrics;
  IngressOptions options;
  options.redis.url = server_.url();
  options.stream = "events";
  options.consumer = "late";
  options.tenant = kTenant;
  options.lag_alarm = 20;
  ingress_ = std::make_unique<StreamIngress>(
      StreamIngress::Parts{*store_, router_, clock_, log_, &metrics}, options);
  until_quiet();
  until([&] { return metrics.text().find("fermata_ingress_lag_messages 0") != std::string::npos; });
  EXPECT_THAT(metrics.text(), testing::HasSubstr("fermata_ingress_trimmed_total 17"));
  EXPECT_THAT(metrics.text(), testing::HasSubstr("fermata_ingress_pending_messages 0"));
  ingress_.reset();
  EXPECT_THAT(log_.lines, testing::Contains("messages were trimmed before they were read"));
  EXPECT_THAT(log_.lines, testing::Contains("stream lags behind"));
  EXPECT_EQ(stored().size(), 13U);
  // Counted once, and right from then on.
  add_events(30, 32);
  EXPECT_EQ(*reader("watch").take_trimmed(), 0);
  EXPECT_EQ(reader("watch").depth()->lag, 2);
  ASSERT_TRUE(connected().call({"XTRIM", "events", "MAXLEN", "0"}).has_value());
  EXPECT_EQ(*reader("watch").take_trimmed(), 2);
  EXPECT_EQ(*reader("watch").take_trimmed(), 0);
  EXPECT_TRUE(reader("watch").depth()->is_all_read);
}

}  // namespace
}  // namespace fermata::service
