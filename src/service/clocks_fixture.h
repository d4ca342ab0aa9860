#pragma once
// For tests of clocks: a real Temporal that can be killed, a real database and a clock that the
// test moves, far from the real time, so that no schedule fires by itself.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "calendar/instant.h"
#include "definition/test_catalog.h"
#include "foundation/check.h"
#include "foundation/format.h"
#include "json/parse.h"
#include "service/catalog.h"
#include "service/clocks.h"
#include "store/sqlite.h"
#include "temporal/dev_server.h"

namespace fermata::service {

inline const TenantId kTenant("t");
inline const WorkflowId kId("w");

inline TimeMs at(const std::string& text) {
  return *calendar::parse_instant(text);
}

inline std::string text(const json::Value& value, std::string_view key) {
  return json::string_at(value.get_object(), key).value_or("");
}
inline bool is_launched(const json::Value& fired) {
  return json::bool_at(fired.get_object(), "launched").value_or(false);
}

// Far from the real time, so that no schedule fires by itself.
class MovedClock final : public Clock {
 public:
  [[nodiscard]] TimeMs now() const override { return now_; }
  void set(const std::string& text) { now_ = at(text); }

 private:
  TimeMs now_ = at("2030-01-07T10:00:30Z");  // a Monday
};
class NoLog final : public Log {
 public:
  void write(LogLevel, std::string_view, const LogFields&) override {}
};
class Counted final : public Random {
 public:
  std::string uuid() override { return format("00000000-0000-4000-8000-{:012}", ++count_); }
  std::string secret() override { return uuid(); }

 private:
  int count_ = 0;
};

// A folder with both databases; Temporal can be killed and comes back where it was.
class ClocksFixture : public testing::Test {
 protected:
  ClocksFixture() {
    std::string folder =
        (std::filesystem::temp_directory_path() / "fermata-clocks-XXXXXX").string();
    CHECK(mkdtemp(folder.data()) != nullptr, "no temporary folder");
    folder_ = folder;
    port_ = *temporal::free_port();
    start_temporal();
    runtime_ = std::make_unique<temporal::Runtime>(
        *temporal::Runtime::create({.log = &log_, .log_level = LogLevel::Error}));
    client_ = std::make_unique<temporal::Client>(*temporal::Client::connect(
        *runtime_, {.address = format("127.0.0.1:{}", port_), .call_timeout_ms = 3'000}));
    store_ = *store::open_sqlite({.file = folder_ + "/fermata.db"});
    catalog_ = std::make_unique<Catalog>(*store_, actions_, clock_);
    definitions_ = std::make_unique<DefinitionCache>(*store_, actions_);
    launcher_ = std::make_unique<Launcher>(*store_, *client_, clock_, random_);
    clocks_ = std::make_unique<Clocks>(
        Clocks::Parts{*store_, *client_, *definitions_, *launcher_, clock_});
  }
  ~ClocksFixture() override {
    sqlite3_close(raw_);
    clocks_.reset();
    launcher_.reset();
    client_.reset();
    runtime_.reset();
    temporal_.reset();
    store_.reset();
    std::error_code ec;
    std::filesystem::remove_all(folder_, ec);
  }

  void start_temporal(const std::string& id_length_max = "1000") {
    temporal::DevServerOptions options;
    options.port = port_;
    options.database_file = folder_ + "/temporal.db";
    options.dynamic_config = {{"limit.maxIDLength", id_length_max}};
    auto started = temporal::DevServer::start(options);
    CHECK(started.has_value(), "Temporal does not start");
    temporal_ = std::make_unique<temporal::DevServer>(*std::move(started));
  }
  void kill_temporal() {
    temporal_->kill();
    temporal_.reset();
  }
  // Starting again takes the client a moment.
  std::size_t synced() {
    for (int tries = 0; tries < 300; ++tries) {
      const auto done = clocks_->sync();
      if (done.has_value()) return *done;
      EXPECT_EQ(done.error().kind, ErrorKind::Unavailable);
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    ADD_FAILURE() << "Temporal did not come back";
    return 0;
  }

  // Empty: without a trigger.
  void publish(const std::string& trigger, const std::string& id = "w") {
    std::string text = R"({"version":1,"name":"W","steps":[{"id":"a","type":"control.return"}],)";
    text += trigger.empty()
                ? R"("payloadSchemaRef":"payload.Any.v1")"
                : R"("payloadSchemaRef":"payload.WorkflowClockTrigger.v1","trigger":)" + trigger;
    json::Value definition = *json::parse(text + "}");
    definition.get_object()["id"] = id;
    const auto published =
        catalog_->publish({kTenant, WorkflowId(id), std::move(definition), std::nullopt, ""});
    ASSERT_TRUE(published.has_value()) << published.error().message;
    ASSERT_GT(published->version, 0) << published->findings.front().message;
  }
  static std::string each_hour(const std::string& minutes, const std::string& more = "") {
    return format(R"({{"type":"recurring","cron":"{} * * * *","timezone":"UTC"{}}})", minutes,
                  more);
  }
  static std::string once(const std::string& text) {
    return format(R"({{"type":"schedule","runAt":"{}"}})", text);
  }
  [[nodiscard]] store::DefinitionRow row() { return *store_->definition(kTenant, kId); }
  void set(const std::optional<TimeMs>& paused_at) {
    store::WorkflowSettings settings = row().settings;
    settings.paused_at = paused_at;
    ASSERT_TRUE(store_->put_settings(kTenant, kId, settings).has_value());
  }
  // Oldest first: "10:05 LAUNCHED reason".
  std::vector<std::string> fires(const WorkflowId& id = kId) {
    std::vector<std::string> texts;
    const auto rows = *store_->fires(kTenant, id, 100);
    for (auto fire = rows.rbegin(); fire != rows.rend(); ++fire)
      texts.push_back(format("{} {} {}",
                             calendar::format_instant(fire->scheduled_for).substr(11, 5),
                             fire->outcome, fire->reason));
    return texts;
  }
  json::Value fire(const std::string& time) {
    const auto done = clocks_->fire({kTenant, kId, time});
    EXPECT_TRUE(done.has_value()) << done.error().message;
    return *done;
  }
  // What Temporal has: "none", "paused" or the note.
  std::string schedule(const std::string& id = "w") {
    const auto described = client_->describe_schedule(schedule_id(kTenant, WorkflowId(id)));
    if (!described.has_value()) return described.error().code;
    return (described->is_paused ? "paused, " : "") + described->note;
  }
  sqlite3* raw() {
    if (raw_ == nullptr)
      CHECK(sqlite3_open((folder_ + "/fermata.db").c_str(), &raw_) == SQLITE_OK, "no database");
    return raw_;
  }
  // The next fires as we preview them, and as Temporal does.
  std::pair<std::vector<std::string>, std::vector<std::string>> both(const std::string& zone,
                                                                     const std::string& cron) {
    temporal::ScheduleRequest request;
    request.schedule_id = random_.uuid();
    request.cron = {cron};
    request.time_zone = zone;
    request.workflow_id = request.schedule_id;
    request.workflow_type = request.task_queue = "none";
    EXPECT_TRUE(client_->create_schedule(request).has_value());
    const auto described = client_->describe_schedule(request.schedule_id);
    const TimeMs now = std::chrono::duration_cast<std::chrono::milliseconds>(
                           std::chrono::system_clock::now().time_since_epoch())
                           .count();
    definition::RecurringTrigger trigger;
    trigger.cron = cron;
    trigger.timezone = zone;
    std::pair<std::vector<std::string>, std::vector<std::string>> made;
    const auto previewed = clocks_->preview(kTenant, trigger, {now, described->next_fires.size()});
    for (const auto& fire : *previewed) made.first.push_back(calendar::format_instant(fire.at));
    for (const TimeMs fire : described->next_fires)
      made.second.push_back(calendar::format_instant(fire));
    return made;
  }
  std::int64_t runs() { return *store_->active_runs(kTenant, kId); }

  std::string folder_;
  sqlite3* raw_ = nullptr;
  std::uint16_t port_ = 0;
  NoLog log_;
  MovedClock clock_;
  Counted random_;
  const definition::TestCatalog actions_;
  std::unique_ptr<temporal::DevServer> temporal_;
  std::unique_ptr<temporal::Runtime> runtime_;
  std::unique_ptr<temporal::Client> client_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<DefinitionCache> definitions_;
  std::unique_ptr<Launcher> launcher_;
  std::unique_ptr<Clocks> clocks_;
};

}  // namespace fermata::service
