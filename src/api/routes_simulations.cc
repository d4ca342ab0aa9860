// /api/v1/simulations: a definition played under virtual time.
#include "api/render.h"
#include "api/routes.h"
#include "simulate/render.h"

namespace fermata::api {
namespace {

Result<service::SimulationRequest> request_of(const http::Request& request) {
  TRY(const json::Value body, body_of(request));
  const json::Object& object = body.get_object();
  service::SimulationRequest asked;
  asked.tenant = tenant_of(request);
  if (const json::Value* document = json::find(object, "definition")) asked.definition = *document;
  const auto workflow = json::string_at(object, "workflowId");
  if (asked.definition.has_value() == workflow.has_value())
    return make_error(ErrorKind::Invalid, "FIELD_MISSING",
                      "expected either `definition` or `workflowId`",
                      "send the definition, or name a workflow, with a `version` or its draft");
  asked.workflow_id = WorkflowId(workflow.value_or(""));
  asked.version = json::int_at(object, "version");
  const json::Value* payload = json::find(object, "payload");
  asked.payload = payload != nullptr ? *payload : json::Value(json::Object{});
  if (const json::Value* fixtures = json::find(object, "fixtures")) asked.fixtures = *fixtures;
  asked.up_to = json::string_at(object, "upTo");
  return asked;
}

Result<json::Value> play(const ApiParts& parts, const http::Request& request) {
  TRY(const service::SimulationRequest asked, request_of(request));
  TRY(const auto played, parts.simulations.play(asked));
  json::Value shown = played.report ? simulate::to_json(*played.report)
                                    : json::Value(json::Object{{"status", "INVALID"}});
  json::Object& object = shown.get_object();
  object["findings"] = findings_json(played.findings);
  constexpr simulate::PlayLimits kLimits = service::Simulations::kLimits;
  object["limits"] = json::Object{{"activations", kLimits.activations},
                                  {"steps", kLimits.steps},
                                  {"inputBytes", kLimits.bytes},
                                  {"expressionSteps", kLimits.expression_steps}};
  return shown;
}

}  // namespace

void add_simulation_routes(http::Router& router, const ApiParts& parts) {
  router.add("POST", "/api/v1/simulations",
             [&parts](const http::Request& r) { return answer(play(parts, r)); });
}

}  // namespace fermata::api
