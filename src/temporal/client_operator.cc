// What operators ask of the server.
#include <algorithm>
#include <array>

#include "temporal/api/operatorservice/v1/request_response.pb.h"
#include "temporal/api/workflowservice/v1/request_response.pb.h"
#include "temporal/client_support.h"

namespace fermata::temporal {
namespace {

namespace api = ::temporal::api::workflowservice::v1;
namespace enums = ::temporal::api::enums::v1;

struct AttributeType {
  SearchAttributeType type;
  enums::IndexedValueType proto;
  std::string_view name;  // in the payload's metadata
};
constexpr std::array<AttributeType, 7> kAttributeTypes = {{
    {SearchAttributeType::Text, enums::INDEXED_VALUE_TYPE_TEXT, "Text"},
    {SearchAttributeType::Keyword, enums::INDEXED_VALUE_TYPE_KEYWORD, "Keyword"},
    {SearchAttributeType::Int, enums::INDEXED_VALUE_TYPE_INT, "Int"},
    {SearchAttributeType::Double, enums::INDEXED_VALUE_TYPE_DOUBLE, "Double"},
    {SearchAttributeType::Bool, enums::INDEXED_VALUE_TYPE_BOOL, "Bool"},
    {SearchAttributeType::Datetime, enums::INDEXED_VALUE_TYPE_DATETIME, "Datetime"},
    {SearchAttributeType::KeywordList, enums::INDEXED_VALUE_TYPE_KEYWORD_LIST, "KeywordList"},
}};

const AttributeType& row_of(SearchAttributeType type) {
  return *std::ranges::find(kAttributeTypes, type, &AttributeType::type);
}

Result<std::vector<Poller>> pollers(const Client& client, const std::string& queue,
                                    enums::TaskQueueType type, std::int64_t* backlog) {
  api::DescribeTaskQueueRequest to;
  to.set_namespace_(client.options().target_namespace);
  to.mutable_task_queue()->set_name(queue);
  to.set_task_queue_type(type);
  to.set_report_stats(true);
  TRY(const auto answer, send<api::DescribeTaskQueueResponse>(client, "DescribeTaskQueue", to));
  std::vector<Poller> list;
  for (const auto& poller : answer.pollers()) {
    list.push_back({poller.identity(), encode::from_proto(poller.last_access_time())});
  }
  if (backlog != nullptr) *backlog = answer.stats().approximate_backlog_count();
  return list;
}

}  // namespace

Payload search_attribute(SearchAttributeType type, const json::Value& value) {
  Payload payload = to_payload(value);
  payload.metadata.emplace_back("type", row_of(type).name);
  return payload;
}

Result<TaskQueueDescription> Client::describe_task_queue(const std::string& queue) const {
  TaskQueueDescription description;
  TRY(description.workflow_pollers,
      pollers(*this, queue, enums::TASK_QUEUE_TYPE_WORKFLOW, &description.backlog));
  TRY(description.activity_pollers,
      pollers(*this, queue, enums::TASK_QUEUE_TYPE_ACTIVITY, nullptr));
  return description;
}

Result<void> Client::register_namespace(const std::string& name,
                                        std::int64_t retention_days) const {
  api::RegisterNamespaceRequest to;
  to.set_namespace_(name);
  encode::set_duration(to.mutable_workflow_execution_retention_period(),
                       retention_days * 24 * 3'600 * 1'000);
  return send_only<api::RegisterNamespaceResponse>(*this, "RegisterNamespace", to);
}

Result<void> Client::add_search_attribute(const std::string& name, SearchAttributeType type) const {
  ::temporal::api::operatorservice::v1::AddSearchAttributesRequest to;
  (*to.mutable_search_attributes())[name] = row_of(type).proto;
  to.set_namespace_(options().target_namespace);
  return send_only<::temporal::api::operatorservice::v1::AddSearchAttributesResponse>(
      *this, "AddSearchAttributes", to, Service::Operator);
}

Result<void> Client::check_health() const {
  const api::GetSystemInfoRequest to;
  return send_only<api::GetSystemInfoResponse>(*this, "GetSystemInfo", to);
}

}  // namespace fermata::temporal
