#include "service/event_message.h"

#include "foundation/limits.h"
#include "json/base64.h"
#include "json/parse.h"

namespace fermata::service {
namespace {

std::optional<std::string> first_of(const json::Object& body,
                                    std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (auto text = json::string_at(body, name)) return text;
  return std::nullopt;
}

bool is_utf8(const std::string& text) {
  // The JSON reader refuses what is not.
  std::string quoted = "\"";
  for (const char c : text) {
    const bool needs_no_check = static_cast<unsigned char>(c) < 0x80;
    quoted += needs_no_check ? ' ' : c;
  }
  return json::parse(quoted + "\"", {.bytes_max = quoted.size() + 2}).has_value();
}

}  // namespace

EventRequest event_from_json(const json::Object& body, const TenantId& tenant) {
  EventRequest made;
  made.tenant = tenant;
  made.event_id = first_of(body, {"eventId", "event_id"}).value_or("");
  made.event_name = first_of(body, {"eventName", "event_name", "event_type"}).value_or("");
  made.correlation_key = first_of(body, {"correlationKey", "workflow_correlation_key"});
  made.payload_schema_ref = first_of(body, {"payloadSchemaRef", "payload_schema_ref"}).value_or("");
  const json::Value* payload = json::find(body, "payload");
  made.payload = payload == nullptr ? json::Value(json::Object{}) : *payload;
  return made;
}

Result<EventRequest> event_from_fields(const MessageFields& fields, const TenantId& tenant) {
  const json::ParseOptions limits{.bytes_max = limits::kPayloadBytesMax * 2};
  json::Object body;
  for (const auto& [name, text] : fields) {
    if (name == "event") {
      TRY(json::Value whole, json::parse(text, limits));
      if (!whole.is_object())
        return make_error(ErrorKind::Invalid, "EVENT_INVALID", "field `event`: expected an object");
      body = std::move(whole.get_object());
    } else if (name == "payload") {
      auto payload = json::parse(text, limits);
      if (!payload.has_value()) return payload.error().within("field `payload`");
      body[name] = *std::move(payload);
    } else {
      body[name] = text;
    }
  }
  return event_from_json(body, tenant);
}

json::Value fields_to_json(const MessageFields& fields) {
  json::Array kept;
  for (const auto& [name, text] : fields) {
    const auto cell = [](const std::string& bytes) {
      return is_utf8(bytes) ? json::Value(bytes)
                            : json::Value(json::Object{{"base64", json::to_base64(bytes)}});
    };
    kept.push_back(json::Array{cell(name), cell(text)});
  }
  return json::Value(std::move(kept));
}

MessageFields fields_from_json(const json::Value& value) {
  const auto bytes = [](const json::Value& cell) {
    if (cell.is_string()) return json::to_std(cell.get_string());
    const bool is_packed = cell.is_object() && json::find(cell, "base64") != nullptr;
    return is_packed ? json::from_base64(json::string_at(cell.get_object(), "base64").value_or(""))
                           .value_or("")
                     : std::string();
  };
  MessageFields fields;
  if (!value.is_array()) return fields;
  for (const json::Value& pair : value.get_array()) {
    if (pair.is_array() && pair.get_array().size() == 2)
      fields.emplace_back(bytes(pair.get_array()[0]), bytes(pair.get_array()[1]));
  }
  return fields;
}

}  // namespace fermata::service
