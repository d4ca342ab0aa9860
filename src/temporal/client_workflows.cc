// Starting, signalling, asking and stopping runs.
#include <openssl/rand.h>

#include <array>

#include "foundation/format.h"
#include "foundation/match.h"
#include "temporal/api/workflowservice/v1/request_response.pb.h"
#include "temporal/client_support.h"

namespace fermata::temporal {
namespace {

namespace api = ::temporal::api::workflowservice::v1;
namespace enums = ::temporal::api::enums::v1;

enums::WorkflowIdReusePolicy to_proto(IdReuse policy) {
  switch (policy) {
    case IdReuse::AllowDuplicate:
      return enums::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE;
    case IdReuse::AllowDuplicateFailedOnly:
      return enums::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY;
    case IdReuse::RejectDuplicate:
      return enums::WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE;
  }
  return enums::WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE;
}

enums::WorkflowIdConflictPolicy to_proto(IdConflict policy) {
  return policy == IdConflict::Fail ? enums::WORKFLOW_ID_CONFLICT_POLICY_FAIL
                                    : enums::WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING;
}

// Start and SignalWithStart have these fields under the same names.
template <typename Request>
void fill_start(Request& to, const StartWorkflow& from, const Client& client) {
  const ClientOptions& options = client.options();
  const PayloadCodec* const codec = client.codec();
  to.set_namespace_(options.target_namespace);
  to.set_identity(options.identity);
  to.set_workflow_id(from.workflow_id);
  to.mutable_workflow_type()->set_name(from.workflow_type);
  to.mutable_task_queue()->set_name(from.task_queue);
  encode::set_payloads(to.mutable_input()->mutable_payloads(), sealed(codec, from.input));
  if (from.execution_timeout_ms > 0) {
    encode::set_duration(to.mutable_workflow_execution_timeout(), from.execution_timeout_ms);
  }
  if (from.run_timeout_ms > 0)
    encode::set_duration(to.mutable_workflow_run_timeout(), from.run_timeout_ms);
  if (from.task_timeout_ms > 0)
    encode::set_duration(to.mutable_workflow_task_timeout(), from.task_timeout_ms);
  if (from.start_delay_ms > 0)
    encode::set_duration(to.mutable_workflow_start_delay(), from.start_delay_ms);
  to.set_workflow_id_reuse_policy(to_proto(from.id_reuse));
  to.set_workflow_id_conflict_policy(to_proto(from.id_conflict));
  to.set_request_id(from.request_id.empty() ? new_request_id() : from.request_id);
  if (!from.memo.empty())
    encode::set_map(to.mutable_memo()->mutable_fields(), sealed(codec, from.memo));
  if (!from.search_attributes.empty()) {
    encode::set_map(to.mutable_search_attributes()->mutable_indexed_fields(),
                    from.search_attributes);
  }
}

Error update_failed(const Failure& failure) {
  return make_error(ErrorKind::Conflict, "TEMPORAL_UPDATE_FAILED", failure.root().message);
}

}  // namespace

std::string new_request_id() {
  std::array<unsigned char, 16> bytes{};
  // RAND_bytes fails only when the system has no randomness at all; a fixed id then makes the
  // server refuse duplicates.
  static_cast<void>(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())));
  std::string text;
  for (const unsigned char byte : bytes) text += format("{:02x}", byte);
  return text;
}

Result<std::string> Client::start(const StartWorkflow& request) const {
  api::StartWorkflowExecutionRequest to;
  fill_start(to, request, *this);
  // With a worker on this very connection the first task comes with the answer, and spares the way
  // over the queue: one transition fewer. Core asks only when there is one with a free slot.
  to.set_request_eager_execution(true);
  TRY(const auto answer,
      send<api::StartWorkflowExecutionResponse>(*this, "StartWorkflowExecution", to));
  return answer.run_id();
}

Result<std::string> Client::signal_with_start(const StartWorkflow& request,
                                              const Signal& signal) const {
  api::SignalWithStartWorkflowExecutionRequest to;
  fill_start(to, request, *this);
  // A running workflow gets the signal; only a new one is started.
  to.set_workflow_id_conflict_policy(enums::WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING);
  to.set_signal_name(signal.name);
  encode::set_payloads(to.mutable_signal_input()->mutable_payloads(),
                       sealed(codec(), signal.input));
  TRY(const auto answer, send<api::SignalWithStartWorkflowExecutionResponse>(
                             *this, "SignalWithStartWorkflowExecution", to));
  return answer.run_id();
}

Result<void> Client::signal(const WorkflowRef& run, const Signal& signal) const {
  api::SignalWorkflowExecutionRequest to;
  to.set_namespace_(options().target_namespace);
  set_ref(to.mutable_workflow_execution(), run);
  to.set_signal_name(signal.name);
  encode::set_payloads(to.mutable_input()->mutable_payloads(), sealed(codec(), signal.input));
  to.set_identity(options().identity);
  to.set_request_id(signal.request_id.empty() ? new_request_id() : signal.request_id);
  return send_only<api::SignalWorkflowExecutionResponse>(*this, "SignalWorkflowExecution", to);
}

Result<Payload> Client::query(const WorkflowRef& run, std::string_view query,
                              const std::vector<Payload>& arguments) const {
  api::QueryWorkflowRequest to;
  to.set_namespace_(options().target_namespace);
  set_ref(to.mutable_execution(), run);
  to.mutable_query()->set_query_type(std::string(query));
  encode::set_payloads(to.mutable_query()->mutable_query_args()->mutable_payloads(),
                       sealed(codec(), arguments));
  TRY(const auto answer, send<api::QueryWorkflowResponse>(*this, "QueryWorkflow", to));
  if (answer.query_result().payloads_size() != 1) return encode::unreadable("a query's answer");
  Payload result = encode::from_proto(answer.query_result().payloads(0));
  open(codec(), result);
  return result;
}

Result<Payload> Client::update(const WorkflowRef& run, std::string_view name,
                               const std::vector<Payload>& arguments) const {
  api::UpdateWorkflowExecutionRequest to;
  to.set_namespace_(options().target_namespace);
  set_ref(to.mutable_workflow_execution(), run);
  to.mutable_wait_policy()->set_lifecycle_stage(
      enums::UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED);
  to.mutable_request()->mutable_meta()->set_update_id(new_request_id());
  to.mutable_request()->mutable_meta()->set_identity(options().identity);
  to.mutable_request()->mutable_input()->set_name(std::string(name));
  encode::set_payloads(to.mutable_request()->mutable_input()->mutable_args()->mutable_payloads(),
                       sealed(codec(), arguments));
  TRY(const auto answer,
      send<api::UpdateWorkflowExecutionResponse>(*this, "UpdateWorkflowExecution", to));
  if (answer.outcome().has_failure()) {
    Failure failure = encode::from_proto(answer.outcome().failure());
    open(codec(), failure);
    return update_failed(failure);
  }
  if (answer.outcome().success().payloads_size() != 1) return to_payload(json::Value(nullptr));
  Payload result = encode::from_proto(answer.outcome().success().payloads(0));
  open(codec(), result);
  return result;
}

Result<void> Client::cancel(const WorkflowRef& run, std::string_view reason) const {
  api::RequestCancelWorkflowExecutionRequest to;
  to.set_namespace_(options().target_namespace);
  set_ref(to.mutable_workflow_execution(), run);
  to.set_reason(std::string(reason));
  to.set_identity(options().identity);
  to.set_request_id(new_request_id());
  return send_only<api::RequestCancelWorkflowExecutionResponse>(
      *this, "RequestCancelWorkflowExecution", to);
}

Result<void> Client::terminate(const WorkflowRef& run, std::string_view reason) const {
  api::TerminateWorkflowExecutionRequest to;
  to.set_namespace_(options().target_namespace);
  set_ref(to.mutable_workflow_execution(), run);
  to.set_reason(std::string(reason));
  to.set_identity(options().identity);
  return send_only<api::TerminateWorkflowExecutionResponse>(*this, "TerminateWorkflowExecution",
                                                            to);
}

}  // namespace fermata::temporal
