// /api/v1/runs/{id}/replay, diagnosis, evaluate: what people do with one run beyond looking at it.
#include "api/render.h"
#include "api/routes.h"
#include "calendar/instant.h"
#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/redact.h"
#include "json/text.h"
#include "jsonata/jsonata.h"

namespace fermata::api {
namespace {

Result<json::Value> replay(const ApiParts& parts, const http::Request& request) {
  service::ReplayRequest replay;
  replay.tenant = tenant_of(request);
  replay.run = RunId(request.params.at("id"));
  replay.reason = "asked by an operator";
  if (!request.body.empty()) {
    TRY(const json::Value body, body_of(request));
    const json::Object& object = body.get_object();
    if (const json::Value* payload = json::find(object, "payload")) replay.payload = *payload;
    replay.reason = json::string_at(object, "reason").value_or(replay.reason);
    const json::Value* asked = json::find(object, "version");
    const std::string version = asked == nullptr ? R"("same")" : json::to_text(*asked);
    if (version != R"("same")" && version != R"("latest")") {
      return make_error(ErrorKind::Invalid, "REPLAY_INVALID",
                        format("version: expected `same` or `latest`, got `{}`", version));
    }
    replay.is_latest_version = version == R"("latest")";
  }
  TRY(const service::Launched launched, parts.replays.replay(replay));
  return json::Value(json::Object{{"runId", launched.run_id.text},
                                  {"replayOfRunId", replay.run.text},
                                  {"workflowVersion", launched.version},
                                  {"isStarted", launched.is_started}});
}

Result<json::Value> diagnosis(const ApiParts& parts, const http::Request& request) {
  TRY(const auto made,
      parts.diagnosis.diagnose(tenant_of(request), RunId(request.params.at("id"))));
  json::Array findings;
  for (const service::DiagnosisFinding& finding : made.findings) {
    findings.push_back(
        json::Object{{"code", finding.code}, {"message", finding.message}, {"help", finding.help}});
  }
  return json::Value(json::Object{{"status", made.status},
                                  {"isStuck", made.is_stuck},
                                  {"lastChangeAt", calendar::format_instant(made.last_change)},
                                  {"findings", std::move(findings)}});
}

json::Value finding_of(const jsonata::Failure& failure) {
  return json::Object{
      {"code", failure.code}, {"position", failure.position}, {"message", failure.message}};
}

// What the expression sees: loop names from the inside out, then variables, then the roots.
jsonata::Evaluation evaluate_in(const jsonata::Program& program, const json::Object& scopes,
                                TimeMs now) {
  std::vector<std::pair<std::string_view, const json::Value*>> members;
  std::vector<const json::Object*> layers;
  for (const auto& member : scopes) {
    if (member.key() != "layers") members.emplace_back(member.key(), &member.value());
  }
  if (const json::Value* list = json::find(scopes, "layers"); list != nullptr && list->is_array()) {
    for (const json::Value& layer : list->get_array())
      if (layer.is_object()) layers.push_back(&layer.get_object());
  }
  jsonata::EvaluateOptions options;
  options.now = now;
  return jsonata::evaluate(program, jsonata::ComposedInput{members, layers}, options);
}

Result<json::Value> evaluate(const ApiParts& parts, const http::Request& request) {
  TRY(const json::Value body, body_of(request));
  const auto source = json::string_at(body.get_object(), "source");
  const std::string path = json::string_at(body.get_object(), "path").value_or("");
  if (!source || source->size() > limits::kExpressionSourceBytesMax) {
    return make_error(
        ErrorKind::Invalid, "EXPRESSION_INVALID",
        format("source: expected a text of at most {} bytes", limits::kExpressionSourceBytesMax));
  }
  const auto compiled = jsonata::compile(*source, {.dialect = jsonata::Dialect::Workflow});
  json::Array findings;
  json::Object answer{{"hasValue", false}, {"value", nullptr}};
  if (compiled.failure) {
    answer["findings"] = json::Array{finding_of(*compiled.failure)};
    return json::Value(std::move(answer));
  }
  TRY(const service::RunScopes scopes,
      parts.control.scopes(tenant_of(request), RunId(request.params.at("id"))));
  auto made = evaluate_in(*compiled.program, scopes.values.get_object(), parts.clock.now());
  if (made.failure) findings.push_back(finding_of(*made.failure));
  if (!path.empty() && path != scopes.current_path) {
    findings.push_back(json::Object{
        {"code", "NOT_AT_PATH"},
        {"position", 0},
        {"message", format("the run is at `{}`, and the values are those of now",
                           scopes.current_path.empty() ? "its end" : scopes.current_path)}});
  }
  if (made.value && json::text_bytes(*made.value) > limits::kExpressionOutputBytesMax) {
    findings.push_back(json::Object{
        {"code", "VALUE_TOO_LARGE"},
        {"position", 0},
        {"message", format("result is larger than {} bytes", limits::kExpressionOutputBytesMax)}});
  } else if (made.value) {
    answer["hasValue"] = true;
    answer["value"] = json::redact(*made.value);
  }
  answer["currentStepPath"] =
      scopes.current_path.empty() ? json::Value(nullptr) : json::Value(scopes.current_path);
  answer["findings"] = std::move(findings);
  return json::Value(std::move(answer));
}

}  // namespace

void add_run_operation_routes(http::Router& router, const ApiParts& parts) {
  router.add("POST", "/api/v1/runs/{id}/replay",
             [&parts](const http::Request& r) { return answer(replay(parts, r), 202); });
  router.add("GET", "/api/v1/runs/{id}/diagnosis",
             [&parts](const http::Request& r) { return answer(diagnosis(parts, r)); });
  router.add("POST", "/api/v1/runs/{id}/evaluate",
             [&parts](const http::Request& r) { return answer(evaluate(parts, r)); });
}

}  // namespace fermata::api
