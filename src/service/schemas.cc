#include "service/schemas.h"

#include <array>

#include "json/parse.h"

namespace fermata::service {
namespace {

struct Row {
  std::string_view ref;
  std::string_view schema;
};
constexpr std::array<Row, 3> kSchemas = {
    {{"payload.Any.v1", R"({"type":"object"})"},
     {"payload.Empty.v1", R"({"type":"object","additionalProperties":false})"},
     {"payload.WorkflowClockTrigger.v1",
      R"({"type":"object","additionalProperties":false,"required":["triggerType","scheduleId","scheduledFor","firedAt","timezone","workflowId","workflowVersion"],
          "properties":{"triggerType":{"enum":["schedule","recurring"]},"scheduleId":{"type":"string"},"scheduledFor":{"type":"string"},"firedAt":{"type":"string"},
          "timezone":{"type":"string"},"workflowId":{"type":"string"},"workflowVersion":{"type":"integer"},"cron":{"type":"string"}}})"}}};

}  // namespace

std::optional<json::Value> BuiltInSchemas::payload_schema(std::string_view ref) const {
  for (const Row& row : kSchemas) {
    if (row.ref == ref) return json::parse(row.schema).value();
  }
  return std::nullopt;
}

std::vector<std::string> BuiltInSchemas::payload_schema_refs() const {
  std::vector<std::string> refs;
  for (const Row& row : kSchemas) refs.emplace_back(row.ref);
  return refs;
}

std::optional<std::string> BuiltInSchemas::event_payload_ref(std::string_view) const {
  return std::nullopt;
}
std::vector<std::string> BuiltInSchemas::event_names() const {
  return {};
}

}  // namespace fermata::service
