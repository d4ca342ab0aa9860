#include "service/tasks.h"

#include "foundation/format.h"
#include "service/contract.h"
#include "service/payload_check.h"

namespace fermata::service {

Result<void> Tasks::answer(const Answer& answer) {
  TRY(const projection::WaitRow wait, store_.task(answer.tenant, answer.task));
  const auto closed = [&](std::string_view why) {
    return make_error(ErrorKind::Conflict, "TASK_CLOSED",
                      format("task `{}` takes no answer: {}", answer.task.text, why));
  };
  if (wait.status != "WAITING") return closed(format("it is {}", wait.status));
  if (!answer.response.is_object())
    return make_error(ErrorKind::Invalid, "ANSWER_INVALID", "response: expected an object");
  const json::Value* form = wait.payload ? json::find(*wait.payload, "formSchema") : nullptr;
  if (form != nullptr && !answer.is_admin_override) {
    auto fits = check_payload(*form, answer.response);
    if (!fits.has_value()) {
      Error error = std::move(fits).error();
      if (error.code == "PAYLOAD_INVALID") error.code = "ANSWER_INVALID";
      return error.within("response");
    }
  }
  temporal::Signal signal;
  signal.name = kAnswerSignal;
  signal.input = {temporal::to_payload(json::Object{{"taskId", answer.task.text},
                                                    {"answerId", answer.answer_id},
                                                    {"response", answer.response},
                                                    {"adminOverride", answer.is_admin_override}})};
  signal.request_id = answer.answer_id;
  const auto sent = client_.signal({temporal_workflow_id(wait.run_id), ""}, signal);
  if (!sent.has_value() && sent.error().code == "TEMPORAL_NOT_FOUND")
    return closed("its run ended");
  return sent;
}

}  // namespace fermata::service
