// /api/v1/expressions, /api/v1/definitions/rename: what editors ask while somebody writes.
#include "api/render.h"
#include "api/routes.h"
#include "json/redact.h"
#include "jsonata/function_names.h"
#include "service/expressions.h"
#include "service/trigger_payload.h"

namespace fermata::api {
namespace {

// Of the engine's own table.
json::Value functions() {
  json::Array items;
  for (const jsonata::FunctionName& function :
       jsonata::function_names(jsonata::Dialect::Workflow)) {
    const bool is_allowed = function.refusal.empty();
    items.push_back(json::Object{
        {"name", "$" + std::string(function.name)},
        {"signature", function.signature},
        {"summary", function.summary},
        {"isAllowed", is_allowed},
        {"refusal", is_allowed ? json::Value(nullptr) : json::Value(function.refusal)}});
  }
  return json::Object{{"items", std::move(items)}};
}

// {source, data?}, or {source, eventId}: on what a trigger's mapping sees of that event.
Result<json::Value> evaluate(const ApiParts& parts, const http::Request& request) {
  TRY(const json::Value body, body_of(request));
  TRY(const std::string source, source_of(body));
  const json::Value* const given = json::find(body, "data");
  json::Value data = given != nullptr ? *given : json::Value(json::Object{});
  if (const auto event = json::string_at(body.get_object(), "eventId")) {
    if (given != nullptr)
      return make_error(ErrorKind::Invalid, "FIELD_INVALID",
                        "`data` and `eventId` exclude each other", "send one of them");
    TRY(const store::EventRow row, parts.store.event(tenant_of(request), EventId(*event)));
    // Before it is evaluated: an expression could give a secret another name.
    data = json::redact(json::Object{{"event", service::event_for_mapping(row)}});
  }
  TRY(service::Trial trial, service::compile_trial(source));
  service::evaluate_trial(trial, data, parts.clock.now());
  return render(trial);
}

Result<const json::Value*> definition_of(const json::Value& body) {
  if (const json::Value* document = json::find(body, "definition")) return document;
  return make_error(ErrorKind::Invalid, "FIELD_MISSING", "expected `definition`",
                    "send the definition as it is being written");
}

Result<json::Value> check(const ApiParts& parts, const http::Request& request) {
  TRY(const json::Value body, body_of(request));
  TRY(const json::Value* const document, definition_of(body));
  TRY(const auto reports, parts.catalog.check_expressions(tenant_of(request), *document));
  json::Array items;
  for (const definition::ExpressionReport& report : reports) items.push_back(render(report));
  return json::Value(json::Object{{"items", std::move(items)}});
}

Result<json::Value> rename(const ApiParts& parts, const http::Request& request) {
  TRY(const json::Value body, body_of(request));
  TRY(const json::Value* const document, definition_of(body));
  const json::Object& object = body.get_object();
  const auto kind = json::string_at(object, "kind");
  const auto from = json::string_at(object, "from");
  const auto to = json::string_at(object, "to");
  if (!from || !to || (kind != "variable" && kind != "step"))
    return make_error(ErrorKind::Invalid, "FIELD_MISSING", "expected `kind`, `from` and `to`",
                      "send `variable` or `step` as the kind, the name, and the new one");
  const auto renamed = kind == "step" ? definition::Renamed::StepId : definition::Renamed::Variable;
  TRY(const auto made, parts.catalog.rename(tenant_of(request), *document, {renamed, *from, *to}));
  return render(made);
}

}  // namespace

Result<std::string> source_of(const json::Value& body) {
  if (auto source = json::string_at(body.get_object(), "source")) return *std::move(source);
  return make_error(ErrorKind::Invalid, "EXPRESSION_INVALID", "source: expected a text");
}

void add_expression_routes(http::Router& router, const ApiParts& parts) {
  router.add("GET", "/api/v1/expressions/functions",
             [](const http::Request&) { return answer(functions()); });
  router.add("POST", "/api/v1/expressions/evaluate",
             [&parts](const http::Request& r) { return answer(evaluate(parts, r)); });
  router.add("POST", "/api/v1/expressions/check",
             [&parts](const http::Request& r) { return answer(check(parts, r)); });
  router.add("POST", "/api/v1/definitions/rename",
             [&parts](const http::Request& r) { return answer(rename(parts, r)); });
}

}  // namespace fermata::api
