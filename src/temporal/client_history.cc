// Looking at runs: description, visibility, history, result.
#include <google/protobuf/util/json_util.h>

#include <algorithm>

#include "temporal/api/history/v1/message.pb.h"
#include "temporal/api/workflowservice/v1/request_response.pb.h"
#include "temporal/client_support.h"

namespace fermata::temporal {
namespace {

namespace api = ::temporal::api::workflowservice::v1;
namespace enums = ::temporal::api::enums::v1;
using ::temporal::api::history::v1::HistoryEvent;

// One long poll; the server answers empty-handed earlier.
constexpr std::int64_t kLongPollMs = 60'000;

WorkflowStatus status_of(enums::WorkflowExecutionStatus status) {
  switch (status) {
    case enums::WORKFLOW_EXECUTION_STATUS_COMPLETED:
      return WorkflowStatus::Completed;
    case enums::WORKFLOW_EXECUTION_STATUS_FAILED:
      return WorkflowStatus::Failed;
    case enums::WORKFLOW_EXECUTION_STATUS_CANCELED:
      return WorkflowStatus::Canceled;
    case enums::WORKFLOW_EXECUTION_STATUS_TERMINATED:
      return WorkflowStatus::Terminated;
    case enums::WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW:
      return WorkflowStatus::ContinuedAsNew;
    case enums::WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
      return WorkflowStatus::TimedOut;
    case enums::WORKFLOW_EXECUTION_STATUS_PAUSED:
      return WorkflowStatus::Paused;
    default:
      return WorkflowStatus::Running;
  }
}

WorkflowDescription description_of(
    const ::temporal::api::workflow::v1::WorkflowExecutionInfo& info) {
  WorkflowDescription to;
  to.ref = {info.execution().workflow_id(), info.execution().run_id()};
  to.first_run_id = info.first_run_id().empty() ? to.ref.run_id : info.first_run_id();
  to.workflow_type = info.type().name();
  to.status = status_of(info.status());
  to.history_length = info.history_length();
  to.history_size_bytes = info.history_size_bytes();
  to.state_transitions = info.state_transition_count();
  to.start_time = encode::from_proto(info.start_time());
  if (info.has_close_time()) to.close_time = encode::from_proto(info.close_time());
  return to;
}

Failure ended(FailureKind kind, std::string message) {
  Failure failure;
  failure.kind = kind;
  failure.message = std::move(message);
  return failure;
}

// The result that a closing event tells; nothing for one that another run continues.
struct Closing {
  std::optional<WorkflowResult> result;
  std::string next_run_id;
};
Closing closing_of(const HistoryEvent& event) {
  switch (event.event_type()) {
    case enums::EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED: {
      const auto& done = event.workflow_execution_completed_event_attributes();
      const auto& payloads = done.result().payloads();
      return {ResultCompleted{payloads.empty() ? to_payload(json::Value(nullptr))
                                               : encode::from_proto(payloads.at(0))},
              {}};
    }
    case enums::EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
      return {ResultFailed{
                  encode::from_proto(event.workflow_execution_failed_event_attributes().failure())},
              {}};
    case enums::EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED:
      return {ResultFailed{ended(FailureKind::Canceled, "canceled")}, {}};
    case enums::EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
      return {ResultFailed{ended(FailureKind::Terminated,
                                 event.workflow_execution_terminated_event_attributes().reason())},
              {}};
    case enums::EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
      return {ResultFailed{ended(FailureKind::Timeout, "timed out")}, {}};
    case enums::EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
      return {std::nullopt,
              event.workflow_execution_continued_as_new_event_attributes().new_execution_run_id()};
    default:
      return {};
  }
}

}  // namespace

Result<WorkflowDescription> Client::describe(const WorkflowRef& run) const {
  api::DescribeWorkflowExecutionRequest to;
  to.set_namespace_(options().target_namespace);
  set_ref(to.mutable_execution(), run);
  TRY(const auto answer,
      send<api::DescribeWorkflowExecutionResponse>(*this, "DescribeWorkflowExecution", to));
  WorkflowDescription description = description_of(answer.workflow_execution_info());
  description.pending_activities = answer.pending_activities_size();
  for (const auto& activity : answer.pending_activities())
    if (activity.has_last_failure())
      description.failing_activities.push_back(
          {activity.activity_type().name(),
           activity.last_failure().application_failure_info().type(), activity.attempt()});
  description.pending_children = answer.pending_children_size();
  description.has_pending_workflow_task = answer.has_pending_workflow_task();
  description.workflow_task_attempt = answer.pending_workflow_task().attempt();
  return description;
}

Result<std::string> Client::last_activity_failure(const WorkflowRef& run) const {
  constexpr int kNewest = 20;  // a task, its commands, and what was told to it
  api::GetWorkflowExecutionHistoryReverseRequest to;
  to.set_namespace_(options().target_namespace);
  set_ref(to.mutable_execution(), run);
  to.set_maximum_page_size(kNewest);
  TRY(const auto answer, send<api::GetWorkflowExecutionHistoryReverseResponse>(
                             *this, "GetWorkflowExecutionHistoryReverse", to));
  for (const auto& event : answer.history().events()) {
    if (event.event_type() == enums::EVENT_TYPE_ACTIVITY_TASK_SCHEDULED) break;
    if (event.event_type() == enums::EVENT_TYPE_ACTIVITY_TASK_FAILED)
      return event.activity_task_failed_event_attributes()
          .failure()
          .application_failure_info()
          .type();
  }
  return std::string();
}

Result<WorkflowPage> Client::list(std::string_view query, int page_size,
                                  const std::string& token) const {
  api::ListWorkflowExecutionsRequest to;
  to.set_namespace_(options().target_namespace);
  to.set_query(std::string(query));
  to.set_page_size(page_size);
  to.set_next_page_token(token);
  TRY(const auto answer,
      send<api::ListWorkflowExecutionsResponse>(*this, "ListWorkflowExecutions", to));
  WorkflowPage page;
  for (const auto& info : answer.executions()) page.items.push_back(description_of(info));
  page.next_token = answer.next_page_token();
  return page;
}

Result<std::int64_t> Client::count(std::string_view query) const {
  api::CountWorkflowExecutionsRequest to;
  to.set_namespace_(options().target_namespace);
  to.set_query(std::string(query));
  TRY(const auto answer,
      send<api::CountWorkflowExecutionsResponse>(*this, "CountWorkflowExecutions", to));
  return static_cast<std::int64_t>(answer.count());
}

Result<History> Client::history(const WorkflowRef& run) const {
  ::temporal::api::history::v1::History whole;
  std::string token;
  do {
    api::GetWorkflowExecutionHistoryRequest to;
    to.set_namespace_(options().target_namespace);
    set_ref(to.mutable_execution(), run);
    to.set_next_page_token(token);
    TRY(const auto answer,
        send<api::GetWorkflowExecutionHistoryResponse>(*this, "GetWorkflowExecutionHistory", to));
    for (const auto& event : answer.history().events()) *whole.add_events() = event;
    token = answer.next_page_token();
  } while (!token.empty());
  return History{whole.SerializeAsString(), static_cast<std::size_t>(whole.events_size())};
}

Result<std::optional<WorkflowResult>> Client::wait_result(const WorkflowRef& run,
                                                          std::int64_t patience_ms) const {
  WorkflowRef at = run;
  std::string token;
  // Each turn is one long poll, so their number bounds the wait.
  for (std::int64_t left_ms = patience_ms; left_ms > 0;) {
    const std::int64_t poll_ms = std::min(left_ms, kLongPollMs);
    api::GetWorkflowExecutionHistoryRequest to;
    to.set_namespace_(options().target_namespace);
    set_ref(to.mutable_execution(), at);
    to.set_wait_new_event(true);
    to.set_history_event_filter_type(enums::HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT);
    to.set_next_page_token(token);
    auto answer = send<api::GetWorkflowExecutionHistoryResponse>(
        *this, "GetWorkflowExecutionHistory", to, Service::Workflow, poll_ms);
    if (!answer.has_value()) {
      if (answer.error().code != "TEMPORAL_UNAVAILABLE" || left_ms <= poll_ms) {
        if (answer.error().code == "TEMPORAL_UNAVAILABLE") return std::optional<WorkflowResult>{};
        return std::move(answer).error();
      }
      left_ms -= poll_ms;
      continue;
    }
    if (answer->history().events_size() == 0) {
      token = answer->next_page_token();
      left_ms -= poll_ms / 3;  // the server's own long poll is shorter than ours
      continue;
    }
    Closing closing = closing_of(answer->history().events(answer->history().events_size() - 1));
    if (closing.result) {
      if (auto* done = std::get_if<ResultCompleted>(&*closing.result)) open(codec(), done->result);
      if (auto* failed = std::get_if<ResultFailed>(&*closing.result))
        open(codec(), failed->failure);
      return std::move(closing.result);
    }
    at.run_id = closing.next_run_id;
    token.clear();
  }
  return std::optional<WorkflowResult>{};
}

Result<History> history_from_json(std::string_view text) {
  ::temporal::api::history::v1::History whole;
  google::protobuf::util::JsonParseOptions parse;
  parse.ignore_unknown_fields = true;
  const auto status = google::protobuf::util::JsonStringToMessage(std::string(text), &whole, parse);
  if (!status.ok()) {
    return make_error(ErrorKind::Invalid, "TEMPORAL_REFUSED", "not a history: " + status.ToString(),
                      "export it with `temporal workflow show --output json`");
  }
  return History{whole.SerializeAsString(), static_cast<std::size_t>(whole.events_size())};
}

Result<std::string> history_to_json(const History& history) {
  ::temporal::api::history::v1::History whole;
  if (!whole.ParseFromString(history.bytes)) return encode::unreadable("a history");
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(whole, &text);
  if (!status.ok()) return encode::unreadable("a history");
  return text;
}

}  // namespace fermata::temporal
