#include "service/task_notices.h"

#include <algorithm>

#include "calendar/instant.h"
#include "foundation/format.h"
#include "json/parse.h"
#include "json/text.h"
#include "service/event_message.h"

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

Result<std::size_t> TaskNotices::once() {
  TRY(const std::size_t announced, announce());
  TRY(const std::size_t escalated, escalate());
  TRY(const std::size_t told, deliver());
  return announced + escalated + told;
}

Result<void> TaskNotices::note(std::string_view type, const store::TaskRow& task) {
  if (parts_.hook == nullptr) return {};
  const TimeMs now = parts_.clock.now();
  return parts_.store.notices().put({task.wait.tenant,
                                     format("{}:{}", type, task.wait.task_id.value_or("")),
                                     task_message(type, task), 0, now, now});
}

Result<std::size_t> TaskNotices::announce() {
  constexpr std::size_t kPerRound = 200;
  TRY(const auto tasks, parts_.store.unannounced_tasks(kPerRound));
  for (const store::TaskRow& task : tasks) {
    TRY_DO(note("task.opened", task));
    TRY_DO(parts_.store.mark_announced(task.wait.tenant, TaskId(*task.wait.task_id),
                                       due_at_of(task.wait), parts_.clock.now()));
  }
  return tasks.size();
}

Result<std::size_t> TaskNotices::escalate() {
  constexpr std::size_t kPerRound = 200;
  const TimeMs now = parts_.clock.now();
  TRY(const auto tasks, parts_.store.overdue_tasks(now, kPerRound));
  std::size_t done = 0;
  for (const store::TaskRow& task : tasks) {
    const TaskId id(*task.wait.task_id);
    if (task.wait.status == "WAITING") {
      EventRequest event;
      event.tenant = task.wait.tenant;
      event.event_id = format("task.overdue:{}", id.text);
      event.event_name = kOverdueEvent;
      event.correlation_key = id.text;
      event.payload = task_message("task.overdue", task);
      const auto accepted = parts_.router.accept(event);
      if (!accepted.has_value() && accepted.error().kind == ErrorKind::Unavailable)
        return accepted.error();
      // One that cannot be an event holds up no other.
      if (!accepted.has_value()) continue;
      TRY_DO(note("task.overdue", task));
      TRY_DO(parts_.store.release(task.wait.tenant, id));
      ++done;
    }
    TRY_DO(parts_.store.mark_escalated(task.wait.tenant, id, now));
  }
  return done;
}

Result<std::size_t> TaskNotices::deliver() {
  constexpr std::int64_t kPerRound = 50;
  if (parts_.hook == nullptr) return std::size_t{0};
  TRY(const auto due, parts_.store.notices().due(parts_.clock.now(), kPerRound));
  std::size_t done = 0;
  for (const store::NoticeRow& row : due) {
    const auto told = parts_.hook->send(row.notice_id, row.message);
    if (told.has_value()) {
      TRY_DO(parts_.store.notices().remove(row));
      ++done;
      continue;
    }
    TRY_DO(put_off(row, told.error()));
    // It may be away, and each further one would wait for it.
    break;
  }
  return done;
}

Result<void> TaskNotices::put_off(store::NoticeRow row, const Error& why) {
  constexpr std::int64_t kFirstMs = 2'000;
  constexpr std::int64_t kLongestMs = 600'000;
  const TimeMs now = parts_.clock.now();
  ++row.tries;
  row.next_at = now + std::min(kFirstMs << (row.tries - 1), kLongestMs);
  if (row.tries < kTriesMax) return parts_.store.notices().put_off(row);
  store::LetterRow letter;
  letter.tenant = row.tenant;
  // Told again and again in vain, it is another letter.
  letter.letter_id = format("notice:{}:{}", row.notice_id, now);
  letter.source = kHookSource;
  letter.fields =
      fields_to_json({{"notice_id", row.notice_id}, {"message", json::to_text(row.message)}});
  letter.code = why.code;
  letter.message = format("told {} times: {}", row.tries, why.message);
  letter.created_at = now;
  TRY_DO(parts_.store.put_letters(std::span(&letter, 1)));
  return parts_.store.notices().remove(row);
}

Result<store::NoticeRow> notice_of(const store::LetterRow& letter, TimeMs now) {
  store::NoticeRow row;
  row.tenant = letter.tenant;
  row.next_at = row.created_at = now;
  for (const auto& [name, text] : fields_from_json(letter.fields)) {
    if (name == "notice_id") row.notice_id = text;
    if (name != "message") continue;
    TRY(row.message, json::parse(text, {.bytes_max = text.size()}));
  }
  return row;
}

}  // namespace fermata::service
