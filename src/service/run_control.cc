#include "service/run_control.h"

#include "foundation/format.h"
#include "service/contract.h"

namespace fermata::service {

Result<store::RunView> RunControl::active(const TenantId& tenant, const RunId& run,
                                          std::string_view verb) const {
  TRY(store::RunView view, store_.run(tenant, run));
  const std::string& status = view.run.status;
  if (status == "RUNNING" || status == "WAITING" || status == "PAUSED") return view;
  return make_error(ErrorKind::Conflict, "RUN_NOT_ACTIVE",
                    format("run `{}` cannot be {}: it is {}", run.text, verb, status));
}

Result<void> RunControl::signal(const store::RunView& view, std::string_view name,
                                const ControlReason& reason) const {
  temporal::Signal signal;
  signal.name = name;
  signal.input = {temporal::to_payload(json::Object{{"reason", reason.text}})};
  signal.request_id = reason.key;
  return client_.signal({view.launch.temporal_workflow_id, ""}, signal);
}

Result<void> RunControl::pause(const TenantId& tenant, const RunId& run,
                               const ControlReason& reason) {
  TRY(const store::RunView view, active(tenant, run, "paused"));
  return signal(view, kPauseSignal, reason);
}

Result<void> RunControl::resume(const TenantId& tenant, const RunId& run,
                                const ControlReason& reason) {
  TRY(const store::RunView view, active(tenant, run, "resumed"));
  return signal(view, kResumeSignal, reason);
}

Result<void> RunControl::cancel(const TenantId& tenant, const RunId& run,
                                const ControlReason& reason) {
  TRY(const store::RunView view, active(tenant, run, "canceled"));
  const auto canceled = client_.cancel({view.launch.temporal_workflow_id, ""}, reason.text);
  if (canceled.has_value()) return {};
  Error error = canceled.error().within(format("canceling run `{}`", run.text));
  error.kind = ErrorKind::Conflict;
  error.code = "WORKFLOW_TEMPORAL_CANCEL_FAILED";
  return error;
}

Result<RunScopes> RunControl::scopes(const TenantId& tenant, const RunId& run) {
  TRY(const store::RunView view, store_.run(tenant, run));
  TRY(const temporal::Payload answer,
      client_.query({view.launch.temporal_workflow_id, ""}, kScopesQuery));
  TRY(json::Value value, temporal::to_json(answer));
  if (!value.is_object())
    return make_error(ErrorKind::Internal, "TEMPORAL_INTERNAL", "a worker's answer has no scopes");
  json::Object& object = value.get_object();
  RunScopes scopes;
  scopes.current_path = json::string_at(object, "currentStepPath").value_or("");
  object.erase("currentStepPath");
  scopes.values = std::move(value);
  return scopes;
}

}  // namespace fermata::service
