#include "service/run_control.h"

#include "foundation/format.h"

namespace fermata::service {

Result<void> RunControl::cancel(const TenantId& tenant, const RunId& run,
                                const std::string& reason) {
  TRY(const store::RunView view, store_.run(tenant, run));
  const std::string& status = view.run.status;
  if (status != "RUNNING" && status != "WAITING" && status != "PAUSED") {
    return make_error(ErrorKind::Conflict, "RUN_NOT_ACTIVE",
                      format("run `{}` cannot be canceled: it is {}", run.text, status));
  }
  const auto canceled = client_.cancel({view.launch.temporal_workflow_id, ""}, reason);
  if (canceled.has_value()) return {};
  Error error = canceled.error().within(format("canceling run `{}`", run.text));
  error.kind = ErrorKind::Conflict;
  error.code = "WORKFLOW_TEMPORAL_CANCEL_FAILED";
  return error;
}

}  // namespace fermata::service
