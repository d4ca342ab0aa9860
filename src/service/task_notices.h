#pragma once
// TaskNotices: tells the world that a person is asked, and that a person was asked in vain. A new
// task and an overdue one go to a hook; an overdue one loses its claim and becomes the event
// HUMAN_TASK_OVERDUE, so that a workflow can say what happens next. At least once each: the hook
// sees the same `id` when it is told again.

#include "service/events.h"
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

  // Gives how many notices were given. A hook that fails is told again the next time; others do not
  // wait for it.
  Result<std::size_t> once();

 private:
  Result<std::size_t> announce();
  Result<std::size_t> escalate();
  Result<void> tell(std::string_view type, const store::TaskRow& task);

  Parts parts_;
};

// What a task is, as people are told: {type, taskId, runId, stepPath, title, dueAt, claimedBy, …}.
json::Value task_message(std::string_view type, const store::TaskRow& task);
// When the task is due, as its step said.
std::optional<TimeMs> due_at_of(const projection::WaitRow& wait);

}  // namespace fermata::service
