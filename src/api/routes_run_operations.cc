// /api/v1/runs/{id}/replay, diagnosis, evaluate: what people do with one run beyond looking at it.
#include "api/render.h"
#include "api/routes.h"
#include "calendar/instant.h"
#include "foundation/format.h"
#include "json/text.h"
#include "service/expressions.h"

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
    replay.is_latest_version = json::string_at(object, "version") == "latest";
  }
  TRY(const service::Launched launched, parts.replays.replay(replay));
  return json::Value(json::Object{{"runId", launched.run_id.text},
                                  {"replayOfRunId", replay.run.text},
                                  {"workflowVersion", launched.version},
                                  {"isStarted", launched.is_started}});
}

Result<json::Value> diagnosis(const ApiParts& parts, const http::Request& request) {
  const RunId run(request.params.at("id"));
  TRY(const auto made, parts.diagnosis.diagnose(tenant_of(request), run));
  TRY(json::Value waits, parts.explain.waits(tenant_of(request), run));
  json::Array findings;
  for (const service::DiagnosisFinding& finding : made.findings) {
    findings.push_back(
        json::Object{{"code", finding.code}, {"message", finding.message}, {"help", finding.help}});
  }
  return json::Value(json::Object{{"status", made.status},
                                  {"isStuck", made.is_stuck},
                                  {"lastChangeAt", calendar::format_instant(made.last_change)},
                                  {"findings", std::move(findings)},
                                  {"waits", std::move(waits)}});
}

Result<json::Value> evaluate(const ApiParts& parts, const http::Request& request) {
  TRY(const json::Value body, body_of(request));
  TRY(const std::string source, source_of(body));
  const std::string path = json::string_at(body.get_object(), "path").value_or("");
  TRY(service::Trial trial, service::compile_trial(source));
  json::Value current = nullptr;
  if (trial.program != nullptr) {
    TRY(const service::RunScopes scopes,
        parts.control.scopes(tenant_of(request), RunId(request.params.at("id"))));
    service::evaluate_trial(trial, scopes.values, parts.clock.now());
    const std::string& at = scopes.current_path;
    if (!at.empty()) current = at;
    if (!path.empty() && path != at)
      trial.findings.push_back({"NOT_AT_PATH",
                                format("the run is at `{}`, and the values are those of now",
                                       at.empty() ? "its end" : at),
                                {}});
  }
  json::Value answer = render(trial);
  answer.get_object()["currentStepPath"] = std::move(current);
  return answer;
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
