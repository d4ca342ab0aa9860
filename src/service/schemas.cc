#include "service/schemas.h"

#include <array>

#include "json/parse.h"
#include "jsonschema/jsonschema.h"

namespace fermata::service {
namespace {

struct Row {
  std::string_view ref;
  std::string_view schema;
};
constexpr std::array<Row, 4> kSchemas = {
    {{"payload.Any.v1", R"({"type":"object"})"},
     {"payload.Empty.v1", R"({"type":"object","additionalProperties":false})"},
     {"payload.WorkflowClockTrigger.v1",
      R"({"type":"object","additionalProperties":false,"required":["triggerType","scheduleId","scheduledFor","firedAt","timezone","workflowId","workflowVersion"],
          "properties":{"triggerType":{"enum":["schedule","recurring"]},"scheduleId":{"type":"string"},"scheduledFor":{"type":"string"},"firedAt":{"type":"string"},
          "timezone":{"type":"string"},"workflowId":{"type":"string"},"workflowVersion":{"type":"integer"},"cron":{"type":"string"}}})"},
     {"payload.HumanTaskOverdue.v1",
      R"({"type":"object","required":["type","taskId","runId","stepPath","createdAt"],
          "properties":{"type":{"const":"task.overdue"},"taskId":{"type":"string"},"runId":{"type":"string"},"stepPath":{"type":"string"},
          "createdAt":{"type":"string"},"taskType":{"type":"string"},"title":{"type":"string"},"description":{"type":["string","null"]},
          "dueAt":{"type":["string","null"]},"contextData":{"type":"object"},"claimedBy":{"type":["string","null"]}}})"}}};

// Events that Fermata itself makes.
struct EventType {
  std::string_view name;
  std::string_view ref;
};
constexpr std::array<EventType, 1> kEventTypes = {
    {{"HUMAN_TASK_OVERDUE", "payload.HumanTaskOverdue.v1"}}};

}  // namespace

// A schema is compiled before it looks at a value, so any value will do.
std::string schema_problem_of(const json::Value& schema) {
  const auto verdict = jsonschema::validate(schema, nullptr);
  return verdict.has_value() ? std::string() : verdict.error().message;
}

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

std::optional<std::string> BuiltInSchemas::event_payload_ref(std::string_view name) const {
  for (const EventType& type : kEventTypes)
    if (type.name == name) return std::string(type.ref);
  return std::nullopt;
}
std::vector<std::string> BuiltInSchemas::event_names() const {
  std::vector<std::string> names;
  for (const EventType& type : kEventTypes) names.emplace_back(type.name);
  return names;
}

StoredSchemas StoredSchemas::built_in(const TenantId& tenant) {
  StoredSchemas made;
  const BuiltInSchemas always;
  for (const std::string& ref : always.payload_schema_refs())
    made.schemas_.emplace(ref, *always.payload_schema(ref));
  for (const EventType& type : kEventTypes) {
    made.types_.emplace(type.name, store::EventTypeRow{tenant, std::string(type.name),
                                                       std::string(type.ref), "", 0});
  }
  return made;
}

Result<StoredSchemas> StoredSchemas::load(store::EventStore& store, const TenantId& tenant) {
  StoredSchemas made = built_in(tenant);
  TRY(auto schemas, store.schemas(tenant));
  for (store::SchemaRow& row : schemas) made.schemas_.emplace(row.ref, std::move(row.schema));
  TRY(auto types, store.event_types(tenant));
  for (store::EventTypeRow& row : types) made.types_.emplace(row.event_name, std::move(row));
  return made;
}

Result<StoredSchemas> StoredSchemas::load_some(store::EventStore& store, const TenantId& tenant,
                                               const Wanted& wanted) {
  StoredSchemas made = built_in(tenant);
  if (!wanted.events.empty()) {
    std::vector<std::string> names(wanted.events.begin(), wanted.events.end());
    names.emplace_back("*");  // says where the key is of those that do not say it themselves
    TRY(auto types, store.event_types_of(tenant, names));
    for (store::EventTypeRow& row : types) made.types_.emplace(row.event_name, std::move(row));
  }
  std::set<std::string> refs = wanted.refs;
  for (const auto& [name, type] : made.types_) refs.insert(type.payload_schema_ref);
  std::vector<std::string> own;
  for (const std::string& ref : refs)
    if (!ref.empty() && !made.schemas_.contains(ref)) own.push_back(ref);
  TRY(auto schemas, store.schemas_of(tenant, own));
  for (store::SchemaRow& row : schemas) made.schemas_.emplace(row.ref, std::move(row.schema));
  return made;
}

std::optional<json::Value> StoredSchemas::payload_schema(std::string_view ref) const {
  const auto found = schemas_.find(ref);
  return found == schemas_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string> StoredSchemas::payload_schema_refs() const {
  std::vector<std::string> refs;
  for (const auto& [ref, schema] : schemas_) refs.push_back(ref);
  return refs;
}

std::optional<std::string> StoredSchemas::event_payload_ref(std::string_view event_name) const {
  const auto found = types_.find(event_name);
  return found == types_.end() ? std::nullopt : std::optional(found->second.payload_schema_ref);
}

std::vector<std::string> StoredSchemas::event_names() const {
  std::vector<std::string> names;
  for (const auto& [name, type] : types_) names.push_back(name);
  return names;
}

std::string StoredSchemas::correlation_path(std::string_view event_name) const {
  for (const std::string_view name : {event_name, std::string_view("*")}) {
    const auto found = types_.find(name);
    if (found != types_.end() && !found->second.correlation_path.empty())
      return found->second.correlation_path;
  }
  return {};
}

}  // namespace fermata::service
