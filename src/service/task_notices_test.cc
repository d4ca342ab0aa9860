// People are told by a hook that may be away, on a real database under a clock that the test moves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <bit>
#include <filesystem>
#include <thread>

#include "foundation/check.h"
#include "foundation/format.h"
#include "service/letters.h"
#include "service/task_notices.h"
#include "service/tasks.h"
#include "store/sqlite.h"

namespace fermata::service {
namespace {

using testing::ElementsAre;

const TenantId kTenant("t");

class MovedClock final : public Clock {
 public:
  [[nodiscard]] TimeMs now() const override { return now_ms; }
  TimeMs now_ms = 1'893'924'030'000;
};
class NoDefinitions final : public DefinitionSource {
 public:
  Result<definition::ProgramPtr> load(const VersionRef&) override {
    return make_error(ErrorKind::NotFound, "NOT_FOUND", "there are none");
  }
};
// Takes signals, or is away.
class Signals final : public RunSignals {
 public:
  Result<void> signal(const RunId& run, const temporal::Signal& signal) override {
    if (is_away) return make_error(ErrorKind::Unavailable, "TEMPORAL_UNAVAILABLE", "away");
    if (is_refusing) return make_error(ErrorKind::Invalid, "TEMPORAL_REFUSED", "too large");
    const std::scoped_lock lock(mutex);
    taken.push_back(format("{} {}", run.text, signal.request_id));
    return {};
  }
  bool is_away = false;
  bool is_refusing = false;
  std::mutex mutex;
  std::vector<std::string> taken;
};
class Hook final : public TaskHook {
 public:
  Result<void> send(const std::string& id, const json::Value&) override {
    ++calls;
    if (is_away) return make_error(ErrorKind::Unavailable, "HTTP_UNREACHABLE", "nobody listens");
    told.push_back(id);
    return {};
  }
  bool is_away = false;
  int calls = 0;
  std::vector<std::string> told;
};

class TaskNoticesTest : public testing::Test {
 protected:
  ~TaskNoticesTest() override {
    store_.reset();
    std::error_code ec;
    std::filesystem::remove_all(folder_, ec);
  }
  void ask(const std::string& task, const std::string& due_at = "2030-01-06T11:00:00Z") {
    projection::RowBatch batch;
    projection::WaitRow wait;
    wait.tenant = kTenant;
    wait.run_id = RunId("run-" + task);
    wait.wait_id = WaitId("wait-" + task);
    wait.wait_type = "human";
    wait.status = "WAITING";
    wait.task_id = task;
    wait.step_path = "root.steps[0]";
    wait.payload = json::Object{{"title", "T"}, {"dueAt", due_at}};
    wait.created_at = clock_.now_ms;
    batch.waits.push_back(wait);
    ASSERT_TRUE(store_->write(std::span(&batch, 1), {}).has_value());
  }
  std::size_t round() {
    TaskNotices notices({*store_, router_, &hook_, clock_});
    const auto done = notices.once();
    EXPECT_TRUE(done.has_value()) << done.error().message;
    return done.has_value() ? *done : 0;
  }
  void pass(std::int64_t ms) { clock_.now_ms += ms; }

  static std::string new_folder() {
    std::string folder =
        (std::filesystem::temp_directory_path() / "fermata-notices-XXXXXX").string();
    CHECK(mkdtemp(folder.data()) != nullptr, "no temporary folder");
    return folder;
  }

  const std::string folder_ = new_folder();
  MovedClock clock_;
  std::unique_ptr<store::Store> store_ = *store::open_sqlite({.file = folder_ + "/fermata.db"});
  NoDefinitions definitions_;
  std::shared_ptr<Signals> signals_ = std::make_shared<Signals>();
  EventRouter router_{{*store_, signals_, definitions_, clock_}};
  Hook hook_;
};

TEST_F(TaskNoticesTest, TellsOfATaskOnceWhenItsReceiverIsThere) {
  ask("a");
  ask("b");
  EXPECT_EQ(round(), 4U);
  EXPECT_EQ(round(), 0U);
  EXPECT_THAT(hook_.told, ElementsAre("task.opened:a", "task.opened:b"));
}

TEST_F(TaskNoticesTest, EscalatesWhetherOrNotTheReceiverIsThere) {
  hook_.is_away = true;
  ask("a");
  round();
  ASSERT_TRUE(*store_->claim(kTenant, TaskId("a"), "ada", clock_.now_ms));
  pass(3'600'000);
  round();
  EXPECT_TRUE(store_->task(kTenant, TaskId("a"))->escalated_at);
  EXPECT_FALSE(store_->task(kTenant, TaskId("a"))->claimed_by);
  EXPECT_EQ(store_->event(kTenant, EventId("task.overdue:a"))->event_name, kOverdueEvent);
  hook_.is_away = false;
  pass(10'000);
  round();
  round();
  EXPECT_THAT(hook_.told, testing::UnorderedElementsAre("task.opened:a", "task.overdue:a"));
}

TEST_F(TaskNoticesTest, TellsEverMoreSeldomAndLeavesADeadLetterThatCanBeToldAgain) {
  hook_.is_away = true;
  ask("a", "2031-01-01T00:00:00Z");
  round();
  EXPECT_EQ(hook_.calls, 1);
  round();
  EXPECT_EQ(hook_.calls, 1);  // not yet
  pass(2'000);
  round();
  EXPECT_EQ(hook_.calls, 2);
  for (int minutes = 0; minutes < 60; ++minutes) {
    pass(60'000);
    round();
  }
  EXPECT_EQ(hook_.calls, TaskNotices::kTriesMax);
  const auto letters = *store_->letters(kTenant, {});
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].source, kHookSource);
  EXPECT_EQ(letters[0].code, "HTTP_UNREACHABLE");
  EXPECT_EQ(letters[0].message, "told 12 times: nobody listens");
  hook_.is_away = false;
  Letters mended(*store_, router_, clock_);
  EXPECT_EQ(mended.reprocess(kTenant, letters[0].letter_id)->event.text, "task.opened:a");
  EXPECT_EQ(round(), 1U);
  EXPECT_THAT(hook_.told, ElementsAre("task.opened:a"));
  EXPECT_EQ(mended.reprocess(kTenant, letters[0].letter_id).error().code, "LETTER_REPROCESSED");
}

TEST_F(TaskNoticesTest, OneOfManyWhoClaimAtOnceHasIt) {
  ask("a");
  Tasks tasks(*store_, signals_, clock_);
  std::vector<std::string> holders;
  std::mutex mutex;
  std::vector<std::thread> people;
  for (int i = 0; i < 8; ++i) {
    people.emplace_back([&, name = format("p{}", i)] {
      const auto claimed = tasks.claim(kTenant, TaskId("a"), name);
      const std::scoped_lock lock(mutex);
      if (claimed.has_value()) {
        holders.push_back(name);
      } else {
        EXPECT_EQ(claimed.error().code, "TASK_CLAIMED");
      }
    });
  }
  for (std::thread& person : people) person.join();
  ASSERT_EQ(holders.size(), 1U);
  EXPECT_EQ(store_->task(kTenant, TaskId("a"))->claimed_by, holders[0]);
  // Again is no error, and nobody else may answer or take it away.
  EXPECT_TRUE(tasks.claim(kTenant, TaskId("a"), holders[0]).has_value());
  EXPECT_EQ(tasks.release(kTenant, TaskId("a"), "other").error().code, "TASK_CLAIMED");
  const Answer stranger{kTenant, TaskId("a"), "x", json::Object{}, "other", false};
  EXPECT_EQ(tasks.answer(stranger).error().code, "TASK_CLAIMED");
  EXPECT_TRUE(signals_->taken.empty());
}

TEST_F(TaskNoticesTest, AnAnswerThatDidNotReachTheRunLeavesTheTaskOpenAndIsOneSignalEachTime) {
  ask("a");
  Tasks tasks(*store_, signals_, clock_);
  const Answer given{kTenant, TaskId("a"), "answer-1", json::Object{{"ok", true}}, "ada", false};
  signals_->is_away = true;
  EXPECT_EQ(tasks.answer(given).error().code, "TEMPORAL_UNAVAILABLE");
  EXPECT_EQ(store_->task(kTenant, TaskId("a"))->wait.status, "WAITING");
  signals_->is_away = false;
  // The caller died before it heard the answer, and asks again: Temporal knows the request.
  for (int again = 0; again < 2; ++again) EXPECT_TRUE(tasks.answer(given).has_value());
  EXPECT_THAT(signals_->taken, ElementsAre("run-a answer-1"));
}

TEST_F(TaskNoticesTest, AnAcceptedAnswerReachesARunThatWasAway) {
  ask("a");
  Tasks tasks(*store_, signals_, clock_);
  const Answer given{kTenant, TaskId("a"), "answer-1", json::Object{{"ok", true}}, "ada", false};
  signals_->is_away = true;
  EXPECT_EQ(tasks.answer(given).error().code, "TEMPORAL_UNAVAILABLE");
  Answer other = given;
  other.answer_id = "answer-2";
  EXPECT_EQ(tasks.answer(other).error().code, "TASK_ANSWERED");
  other = given;
  other.response = json::Object{{"ok", false}};
  EXPECT_EQ(tasks.answer(other).error().code, "TASK_ANSWERED");
  EXPECT_EQ(tasks.deliver_late(clock_.now_ms + 1).error().code, "TEMPORAL_UNAVAILABLE");
  signals_->is_away = false;
  EXPECT_EQ(*tasks.deliver_late(clock_.now_ms), 0U);  // whoever accepted it may be at it
  EXPECT_EQ(*tasks.deliver_late(clock_.now_ms + 1), 1U);
  EXPECT_EQ(*tasks.deliver_late(clock_.now_ms + 1), 0U);
  EXPECT_THAT(signals_->taken, ElementsAre("run-a answer-1"));
}

TEST_F(TaskNoticesTest, AnAnswerThatTemporalRefusesStandsInNobodysWay) {
  ask("a");
  Tasks tasks(*store_, signals_, clock_);
  Answer given{kTenant, TaskId("a"), "answer-1", json::Object{{"ok", true}}, "ada", false};
  signals_->is_refusing = true;
  EXPECT_EQ(tasks.answer(given).error().code, "TEMPORAL_REFUSED");
  signals_->is_refusing = false;
  EXPECT_EQ(*tasks.deliver_late(clock_.now_ms + 1), 0U);
  given.answer_id = "answer-2";
  EXPECT_TRUE(tasks.answer(given).has_value());
  EXPECT_THAT(signals_->taken, ElementsAre("run-a answer-2"));
}

TEST_F(TaskNoticesTest, OneOfManyAnswersAtOnceIsAccepted) {
  for (int round = 0; round < 20; ++round) {
    const std::string task = format("t{}", round);
    ask(task);
    Tasks tasks(*store_, signals_, clock_);
    std::atomic<int> accepted = 0;
    std::vector<std::thread> people;
    for (int i = 0; i < 6; ++i) {
      people.emplace_back([&, i] {
        // Two of them give the same one.
        const int n = i / 2;
        const Answer given{kTenant, TaskId(task), format("{}-{}", task, n), json::Object{{"n", n}},
                           "",      false};
        const auto said = tasks.answer(given);
        if (said.has_value()) {
          accepted |= 1 << n;
        } else {
          EXPECT_EQ(said.error().code, "TASK_ANSWERED");
        }
      });
    }
    for (std::thread& person : people) person.join();
    EXPECT_EQ(std::popcount(static_cast<unsigned>(accepted.load())), 1);
    const auto standing = store_->task_answers().of(kTenant, TaskId(task));
    ASSERT_EQ(standing->size(), 1U);
    EXPECT_EQ(std::countr_zero(static_cast<unsigned>(accepted.load())),
              standing->front().answer_id.back() - '0');
  }
}

}  // namespace
}  // namespace fermata::service
