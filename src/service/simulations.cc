#include "service/simulations.h"

#include <vector>

#include "foundation/format.h"
#include "json/walk.h"
#include "service/form_check.h"
#include "service/schemas.h"

namespace fermata::service {
namespace {

// A script that calls more workflows than this brings them itself.
constexpr std::size_t kChildrenMax = 100;

struct Called {
  WorkflowId id;
  std::int64_t version = 0;
};

std::vector<Called> calls_in(const json::Value& definition) {
  std::vector<Called> calls;
  json::each_object(definition, [&](const json::Object& object) {
    if (json::string_at(object, "type") == "control.callWorkflow")
      calls.push_back({WorkflowId(json::string_at(object, "workflowId").value_or("")),
                       json::int_at(object, "workflowVersion").value_or(0)});
  });
  return calls;
}

}  // namespace

Result<void> Simulations::add_children(const TenantId& tenant, simulate::Script& script) {
  if (script.fixtures.is_null()) script.fixtures = json::Object{};
  // What is of another form the fixtures' own reader says.
  if (!script.fixtures.is_object()) return {};
  json::Value& children = script.fixtures.get_object()["children"];
  if (children.is_null()) children = json::Object{};
  if (!children.is_object()) return {};
  std::vector<Called> open = calls_in(script.definition);
  for (const auto& given : children.get_object())
    for (Called& call : calls_in(given.value())) open.push_back(std::move(call));
  while (!open.empty() && children.get_object().size() < kChildrenMax) {
    const Called call = std::move(open.back());
    open.pop_back();
    const std::string name = format("{}@{}", call.id.text, call.version);
    if (children.get_object().contains(name)) continue;
    const auto row = store_.version(tenant, call.id, call.version);
    // One that is not there is told where it is called.
    if (!row.has_value() && row.error().code == "NOT_FOUND") continue;
    if (!row.has_value()) return row.error();
    for (Called& below : calls_in(row->definition)) open.push_back(std::move(below));
    children.get_object()[name] = row->definition;
  }
  return {};
}

Result<simulate::Played> Simulations::play(const SimulationRequest& request) {
  simulate::Script script{{}, request.payload, request.fixtures, request.up_to};
  if (request.definition) {
    script.definition = *request.definition;
  } else if (request.version) {
    TRY(const auto row, store_.version(request.tenant, request.workflow_id, *request.version));
    script.definition = row.definition;
  } else {
    TRY(const auto row, store_.definition(request.tenant, request.workflow_id));
    script.definition = row.draft;
  }
  TRY_DO(add_children(request.tenant, script));
  TRY(const StoredSchemas schemas, StoredSchemas::load(store_, request.tenant));
  TRY(std::vector<std::string> secrets, known_secrets(store_, request.tenant, environment_));
  const SchemaFormCheck forms;
  return simulate::play(script, {.offers = {actions_, schemas, std::move(secrets)},
                                 .pure_actions = pure_actions_,
                                 .form_check = forms,
                                 .keeps_timeline = false,
                                 .limits = kLimits});
}

}  // namespace fermata::service
