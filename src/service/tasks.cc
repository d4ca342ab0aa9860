#include "service/tasks.h"

#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/hash.h"
#include "service/contract.h"
#include "service/payload_check.h"

namespace fermata::service {
namespace {

Error closed(const TaskId& task, std::string_view why) {
  return make_error(ErrorKind::Conflict, "TASK_CLOSED",
                    format("task `{}` takes no answer: {}", task.text, why));
}

Error answered(const TaskId& task) {
  return make_error(ErrorKind::Conflict, "TASK_ANSWERED",
                    format("task `{}` was answered by another answer", task.text),
                    "look at the task to see what became of it");
}

bool is_same(const store::AnswerRow& standing, const store::AnswerRow& given) {
  return standing.answer_id == given.answer_id && standing.hash == given.hash;
}

Error claimed(const store::TaskRow& task) {
  return make_error(ErrorKind::Conflict, "TASK_CLAIMED",
                    format("task `{}` is with `{}`", task.wait.task_id.value_or(""),
                           task.claimed_by.value_or("")),
                    "let them release it first");
}

Result<void> check_form(const Answer& answer, const projection::WaitRow& wait) {
  if (!answer.response.is_object())
    return make_error(ErrorKind::Invalid, "ANSWER_INVALID", "response: expected an object");
  const json::Value* form = wait.payload ? json::find(*wait.payload, "formSchema") : nullptr;
  if (form == nullptr || answer.is_admin_override) return {};
  auto fits = check_payload(*form, answer.response);
  if (fits.has_value()) return {};
  Error error = std::move(fits).error();
  if (error.code == "PAYLOAD_INVALID") error.code = "ANSWER_INVALID";
  return error.within("response");
}

}  // namespace

Result<store::TaskRow> Tasks::open_task(const TenantId& tenant, const TaskId& task) {
  TRY(store::TaskRow row, store_.task(tenant, task));
  if (row.wait.status != "WAITING") return closed(task, format("it is {}", row.wait.status));
  return row;
}

Result<void> Tasks::answer(const Answer& answer) {
  TRY(const store::TaskRow task, store_.task(answer.tenant, answer.task));
  store::AnswerRow given;
  given.tenant = answer.tenant;
  given.task = answer.task;
  given.answer_id = answer.answer_id;
  given.run = task.wait.run_id;
  given.signal = json::Object{{"taskId", answer.task.text},
                              {"answerId", answer.answer_id},
                              {"response", answer.response},
                              {"adminOverride", answer.is_admin_override}};
  given.hash = json::hash(given.signal);
  given.at = clock_.now();
  TRY(const auto before, store_.task_answers().of(answer.tenant, answer.task));
  const bool is_again = !before.empty() && is_same(before.front(), given);
  // The run may have gone on with it since.
  const bool is_waiting = task.wait.status == "WAITING";
  if (is_again && (is_waiting ? before.front().signal.is_null() : task.wait.status == "RESOLVED"))
    return {};
  if (!is_waiting) return closed(answer.task, format("it is {}", task.wait.status));
  if (!before.empty() && !is_again) return answered(answer.task);
  TRY_DO(check_form(answer, task.wait));
  if (task.claimed_by && !answer.is_admin_override && *task.claimed_by != answer.by)
    return claimed(task);
  TRY(const store::AnswerRow standing, store_.task_answers().accept(given));
  if (!is_same(standing, given)) return answered(answer.task);
  return deliver(given);
}

Result<void> Tasks::deliver(const store::AnswerRow& row) {
  temporal::Signal signal;
  signal.name = kAnswerSignal;
  signal.input = {temporal::to_payload(row.signal)};
  signal.request_id = row.answer_id;
  const auto sent = signals_->signal(row.run, signal);
  const bool is_over = !sent.has_value() && sent.error().code == "TEMPORAL_NOT_FOUND";
  if (!sent.has_value() && !is_over) {
    // Refused for good, it must not stand in the way of a better one.
    if (!may_pass_later(sent.error())) TRY_DO(store_.task_answers().withdraw(row));
    return sent;
  }
  // Not written down, it is only told once more.
  static_cast<void>(store_.task_answers().settle(row));
  return is_over ? Result<void>(closed(row.task, "its run ended")) : Result<void>();
}

Result<std::size_t> Tasks::deliver_late(TimeMs before) {
  constexpr std::size_t kPerRound = 200;
  TRY(const auto rows, store_.task_answers().unsettled(before, kPerRound));
  std::size_t delivered = 0;
  for (const store::AnswerRow& row : rows) {
    const auto done = deliver(row);
    if (!done.has_value() && may_pass_later(done.error())) return done.error();
    ++delivered;
  }
  return delivered;
}

Result<store::TaskRow> Tasks::claim(const TenantId& tenant, const TaskId& task,
                                    const std::string& by) {
  if (by.empty() || by.size() > limits::kNameBytesMax)
    return make_error(ErrorKind::Invalid, "TASK_CLAIMANT", "by: expected who claims the task");
  TRY(const store::TaskRow before, open_task(tenant, task));
  TRY(const bool is_theirs, store_.claim(tenant, task, by, clock_.now()));
  TRY(store::TaskRow row, store_.task(tenant, task));
  if (!is_theirs) return claimed(row);
  return row;
}

Result<store::TaskRow> Tasks::release(const TenantId& tenant, const TaskId& task,
                                      const std::string& by) {
  TRY(const store::TaskRow row, open_task(tenant, task));
  if (!by.empty() && row.claimed_by && *row.claimed_by != by) return claimed(row);
  TRY_DO(store_.release(tenant, task));
  return store_.task(tenant, task);
}

}  // namespace fermata::service
