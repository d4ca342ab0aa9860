#include "service/task_notices.h"

#include "calendar/instant.h"
#include "foundation/format.h"

namespace fermata::service {

std::optional<TimeMs> due_at_of(const projection::WaitRow& wait) {
  if (!wait.payload || !wait.payload->is_object()) return std::nullopt;
  const auto text = json::string_at(wait.payload->get_object(), "dueAt");
  return text ? calendar::parse_instant(*text) : std::nullopt;
}

json::Value task_message(std::string_view type, const store::TaskRow& task) {
  json::Object message{{"type", type},
                       {"taskId", task.wait.task_id.value_or("")},
                       {"runId", task.wait.run_id.text},
                       {"stepPath", task.wait.step_path},
                       {"createdAt", calendar::format_instant(task.wait.created_at)}};
  if (task.wait.payload && task.wait.payload->is_object()) {
    for (const std::string_view key :
         {"taskType", "title", "description", "dueAt", "contextData"}) {
      if (const json::Value* value = json::find(*task.wait.payload, key)) message[key] = *value;
    }
  }
  message["claimedBy"] = task.claimed_by ? json::Value(*task.claimed_by) : json::Value(nullptr);
  return json::Value(std::move(message));
}

Result<void> TaskNotices::tell(std::string_view type, const store::TaskRow& task) {
  if (parts_.hook == nullptr) return {};
  return parts_.hook->send(format("{}:{}", type, task.wait.task_id.value_or("")),
                           task_message(type, task));
}

Result<std::size_t> TaskNotices::once() {
  TRY(const std::size_t announced, announce());
  TRY(const std::size_t escalated, escalate());
  return announced + escalated;
}

Result<std::size_t> TaskNotices::announce() {
  constexpr std::size_t kPerRound = 200;
  TRY(const auto tasks, parts_.store.unannounced_tasks(kPerRound));
  std::size_t done = 0;
  for (const store::TaskRow& task : tasks) {
    if (!tell("task.opened", task).has_value()) continue;
    TRY_DO(parts_.store.mark_announced(task.wait.tenant, TaskId(*task.wait.task_id),
                                       due_at_of(task.wait), parts_.clock.now()));
    ++done;
  }
  return done;
}

Result<std::size_t> TaskNotices::escalate() {
  constexpr std::size_t kPerRound = 200;
  const TimeMs now = parts_.clock.now();
  TRY(const auto tasks, parts_.store.overdue_tasks(now, kPerRound));
  std::size_t done = 0;
  for (const store::TaskRow& task : tasks) {
    const TaskId id(*task.wait.task_id);
    if (task.wait.status == "WAITING") {
      if (!tell("task.overdue", task).has_value()) continue;
      EventRequest event;
      event.tenant = task.wait.tenant;
      event.event_id = format("task.overdue:{}", id.text);
      event.event_name = kOverdueEvent;
      event.correlation_key = id.text;
      event.payload = task_message("task.overdue", task);
      TRY(const Accepted accepted, parts_.router.accept(event));
      TRY_DO(parts_.store.release(task.wait.tenant, id));
      ++done;
    }
    TRY_DO(parts_.store.mark_escalated(task.wait.tenant, id, now));
  }
  return done;
}

}  // namespace fermata::service
