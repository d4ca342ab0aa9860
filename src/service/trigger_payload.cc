#include "service/trigger_payload.h"

#include <algorithm>

#include "foundation/format.h"

namespace fermata::service {
namespace {

using definition::MappingValue;

struct Scope {
  const json::Value& event;
  TimeMs now;
};

Error failed(std::string message) {
  return make_error(ErrorKind::Invalid, "TRIGGER_MAPPING_FAILED", std::move(message));
}

Result<json::Value> evaluate(const definition::Expression& expression, const Scope& scope) {
  jsonata::EvaluateOptions options;
  options.now = scope.now;
  const std::pair<std::string_view, const json::Value*> members[] = {{"event", &scope.event}};
  auto made = jsonata::evaluate(*expression.program, jsonata::ComposedInput{members, {}}, options);
  if (made.failure) return failed(format("`{}`: {}", expression.source, made.failure->message));
  if (!made.value) return failed(format("`{}` has no value", expression.source));
  return *std::move(made.value);
}

// Depth is that of the definition, which is bounded.
Result<json::Value> resolve(const MappingValue& mapping, const Scope& scope) {
  switch (mapping.kind) {
    case MappingValue::Kind::Literal:
      return mapping.literal;
    case MappingValue::Kind::Expr:
      return evaluate(mapping.expression, scope);
    case MappingValue::Kind::Secret:
      // Refused at publish since a payload is data: of a version that is older than that.
      return failed(
          format("the secret `{}` would be data in a payload and never be opened: name it "
                 "in the input of the action that needs it",
                 mapping.secret));
    case MappingValue::Kind::Array: {
      json::Array array;
      for (const MappingValue& item : mapping.items) {
        TRY(json::Value value, resolve(item, scope));
        array.push_back(std::move(value));
      }
      return json::Value(std::move(array));
    }
    case MappingValue::Kind::Object: {
      json::Object object;
      for (std::size_t i = 0; i < mapping.items.size(); ++i) {
        TRY(json::Value value, resolve(mapping.items[i], scope));
        object[mapping.keys[i]] = std::move(value);
      }
      return json::Value(std::move(object));
    }
  }
  return json::Value(nullptr);
}

void put(json::Object& payload, std::string_view path, json::Value value) {
  json::Object* at = &payload;
  while (true) {
    const std::size_t dot = path.find('.');
    if (dot == std::string_view::npos) break;
    json::Value& next = (*at)[path.substr(0, dot)];
    if (!next.is_object()) next = json::Object{};
    at = &next.get_object();
    path.remove_prefix(dot + 1);
  }
  (*at)[path] = std::move(value);
}

}  // namespace

json::Value event_for_mapping(const store::EventRow& row) {
  return json::Object{{"name", row.event_name},
                      {"correlationKey", row.correlation_key ? json::Value(*row.correlation_key)
                                                             : json::Value(nullptr)},
                      {"payload", row.payload},
                      {"payloadSchemaRef", row.payload_schema_ref}};
}

Result<json::Value> map_trigger_payload(const MappingValue& mapping, const json::Value& event,
                                        TimeMs now) {
  json::Object payload;
  for (std::size_t i = 0; i < mapping.items.size(); ++i) {
    TRY(json::Value value, resolve(mapping.items[i], {event, now}));
    put(payload, mapping.keys[i], std::move(value));
  }
  return json::Value(std::move(payload));
}

}  // namespace fermata::service
