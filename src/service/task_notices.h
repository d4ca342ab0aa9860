#pragma once
// TaskNotices: tells the world that a person is asked, and that a person was asked in vain. A new
// task and an overdue one become notices for a hook; an overdue one loses its claim and becomes the
// event HUMAN_TASK_OVERDUE, so that a workflow can say what happens next. Neither waits for the
// hook: a notice that its receiver does not take is told again, ever more seldom, under the same
// `id`, and becomes a dead letter in the end.

#include "service/events.h"
#include "store/notices.h"
#include "store/store.h"

namespace fermata::service {

inline constexpr std::string_view kOverdueEvent = "HUMAN_TASK_OVERDUE";

class TaskHook {
 public:
  virtual ~TaskHook() = default;
  // `id` is the same when a message is told again.
  virtual Result<void> send(const std::string& id, const json::Value& message) = 0;
};

class TaskNotices {
 public:
  struct Parts {
    store::Store& store;
    EventRouter& router;
    TaskHook* hook;  // nullptr: nobody wants to be told
    const Clock& clock;
  };
  explicit TaskNotices(Parts parts) : parts_(parts) {}

  // How often a receiver is told before a notice becomes a dead letter: over half an hour.
  static constexpr std::int64_t kTriesMax = 12;

  // Gives how many tasks were announced and escalated, and notices taken.
  Result<std::size_t> once();

 private:
  Result<std::size_t> announce();
  Result<std::size_t> escalate();
  Result<std::size_t> deliver();
  Result<void> note(std::string_view type, const store::TaskRow& task);
  Result<void> put_off(store::NoticeRow row, const Error& why);

  Parts parts_;
};

// Where dead letters that were notices come from.
inline constexpr std::string_view kHookSource = "task-hook";
// The notice that a dead letter of that source was.
Result<store::NoticeRow> notice_of(const store::LetterRow& letter, TimeMs now);
// What a task is, as people are told: {type, taskId, runId, stepPath, title, dueAt, claimedBy, …}.
json::Value task_message(std::string_view type, const store::TaskRow& task);
// When the task is due, as its step said.
std::optional<TimeMs> due_at_of(const projection::WaitRow& wait);

}  // namespace fermata::service
