#include "service/tasks.h"

#include "foundation/format.h"
#include "foundation/limits.h"
#include "service/contract.h"
#include "service/payload_check.h"

namespace fermata::service {
namespace {

Error closed(const TaskId& task, std::string_view why) {
  return make_error(ErrorKind::Conflict, "TASK_CLOSED",
                    format("task `{}` takes no answer: {}", task.text, why));
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
  TRY(const store::TaskRow task, open_task(answer.tenant, answer.task));
  TRY_DO(check_form(answer, task.wait));
  if (task.claimed_by && !answer.is_admin_override && *task.claimed_by != answer.by)
    return claimed(task);
  temporal::Signal signal;
  signal.name = kAnswerSignal;
  signal.input = {temporal::to_payload(json::Object{{"taskId", answer.task.text},
                                                    {"answerId", answer.answer_id},
                                                    {"response", answer.response},
                                                    {"adminOverride", answer.is_admin_override}})};
  signal.request_id = answer.answer_id;
  const auto sent = signals_->signal(task.wait.run_id, signal);
  if (!sent.has_value() && sent.error().code == "TEMPORAL_NOT_FOUND")
    return closed(answer.task, "its run ended");
  return sent;
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
