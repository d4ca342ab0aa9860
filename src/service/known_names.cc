#include "service/known_names.h"

#include <set>

#include "json/walk.h"

namespace fermata::service {
namespace {

// A check is asked for at every key that an author presses: two looks each, no more.
constexpr std::size_t kCalledMax = 100;

Result<definition::CalledVersion> look_up(store::DefinitionStore& store, const TenantId& tenant,
                                          const std::string& id, std::int64_t version) {
  definition::CalledVersion called;
  const auto row = store.version(tenant, WorkflowId(id), version);
  if (row.has_value() && row->definition.is_object()) {
    called.payload_schema_ref =
        json::string_at(row->definition.get_object(), "payloadSchemaRef").value_or("");
    return called;
  }
  if (!row.has_value() && row.error().code != "NOT_FOUND") return row.error();
  const auto workflow = store.definition(tenant, WorkflowId(id));
  if (workflow.has_value()) {
    called.newest_version = workflow->published_version;
  } else if (workflow.error().code != "NOT_FOUND") {
    return workflow.error();
  }
  return called;
}

}  // namespace

Result<std::vector<std::string>> known_secrets(store::TenantStore& store, const TenantId& tenant,
                                               const EnvironmentSecrets& environment) {
  std::vector<std::string> names;
  TRY(const auto rows, store.secrets(tenant));
  for (const store::SecretRow& row : rows) names.push_back(row.name);
  if (tenant == environment.tenant)
    names.insert(names.end(), environment.names.begin(), environment.names.end());
  return names;
}

Result<CalledWorkflows> CalledWorkflows::load(store::DefinitionStore& store, const TenantId& tenant,
                                              const json::Value& document) {
  std::set<std::pair<std::string, std::int64_t>> calls;
  json::each_object(document, [&](const json::Object& object) {
    if (json::string_at(object, "type") == "control.callWorkflow" && calls.size() < kCalledMax)
      calls.insert({json::string_at(object, "workflowId").value_or(""),
                    json::int_at(object, "workflowVersion").value_or(0)});
  });
  CalledWorkflows made;
  for (const auto& call : calls) {
    TRY(definition::CalledVersion called, look_up(store, tenant, call.first, call.second));
    made.found_.emplace(call, std::move(called));
  }
  return made;
}

std::optional<definition::CalledVersion> CalledWorkflows::called(std::string_view id,
                                                                 std::int64_t version) const {
  const auto found = found_.find({std::string(id), version});
  return found == found_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace fermata::service
