#include "transform/transform.h"

#include <algorithm>
#include <array>

#include "json/hash.h"
#include "json/parse.h"
#include "json/text.h"

namespace fermata::transform {
namespace {

Failure invalid(std::string message) {
  return {"ValidationError", "INPUT_INVALID", std::move(message), nullptr};
}

const json::Array* array_at(const json::Value& input, std::string_view key) {
  const json::Value* value = json::find(input, key);
  return value != nullptr && value->is_array() ? &value->get_array() : nullptr;
}

const json::Object* object_at(const json::Value& input, std::string_view key) {
  const json::Value* value = json::find(input, key);
  return value != nullptr && value->is_object() ? &value->get_object() : nullptr;
}

bool names(const json::Array& keys, std::string_view key) {
  return std::ranges::any_of(keys, [&](const json::Value& k) {
    return k.is_string() && json::view(k.get_string()) == key;
  });
}

Output merge(const json::Value& input) {
  const json::Array* objects = array_at(input, "objects");
  if (objects == nullptr) return invalid("`objects` must be a list of objects");
  json::Object merged;
  for (const json::Value& object : *objects) {
    if (!object.is_object()) return invalid("`objects` must be a list of objects");
    for (const auto& member : object.get_object()) merged[member.key()] = member.value();
  }
  return json::Value(std::move(merged));
}

Output choose(const json::Value& input, bool keeps_named) {
  const json::Object* object = object_at(input, "object");
  const json::Array* keys = array_at(input, "keys");
  if (object == nullptr || keys == nullptr)
    return invalid("`object` must be an object and `keys` a list of names");
  json::Object chosen;
  for (const auto& member : *object) {
    if (names(*keys, member.key()) == keeps_named) chosen[member.key()] = member.value();
  }
  return json::Value(std::move(chosen));
}
Output pick(const json::Value& input) {
  return choose(input, true);
}
Output omit(const json::Value& input) {
  return choose(input, false);
}

Output parse_json(const json::Value& input) {
  const auto text = input.is_object() ? json::string_at(input.get_object(), "text") : std::nullopt;
  if (!text) return invalid("`text` must be text");
  auto parsed = json::parse(*text);
  if (!parsed.has_value())
    return Failure{"ValidationError", parsed.error().code, parsed.error().message, nullptr};
  return *std::move(parsed);
}

Output stringify_json(const json::Value& input) {
  const json::Value* value = json::find(input, "value");
  if (value == nullptr) return invalid("`value` is missing");
  return json::Value(json::to_text(*value));
}

Output sha256(const json::Value& input) {
  const auto text = input.is_object() ? json::string_at(input.get_object(), "text") : std::nullopt;
  if (!text) return invalid("`text` must be text");
  return json::Value(json::sha256_hex(*text));
}

// workflow.fail: the author's own error.
Output fail(const json::Value& input) {
  if (!input.is_object()) return invalid("`message` must be text");
  const json::Object& object = input.get_object();
  Failure failure{"ActionError", json::string_at(object, "code").value_or("WORKFLOW_FAILED"),
                  json::string_at(object, "message").value_or("the workflow failed"), nullptr};
  if (const json::Value* details = json::find(object, "details")) failure.details = *details;
  return failure;
}

constexpr std::string_view kAny = "true";
constexpr std::string_view kText =
    R"({"type":"object","required":["text"],"additionalProperties":false,"properties":{"text":{"type":"string"}}})";
constexpr std::string_view kKeys =
    R"({"type":"object","required":["object","keys"],"additionalProperties":false,"properties":{"object":{"type":"object"},"keys":{"type":"array","items":{"type":"string"}}}})";

constexpr std::array<PureAction, 7> kActions = {{
    {"transform.merge", 1, "Merge objects",
     R"({"type":"object","required":["objects"],"additionalProperties":false,"properties":{"objects":{"type":"array","items":{"type":"object"}}}})",
     R"({"type":"object"})", merge},
    {"transform.omit", 1, "Leave members out", kKeys, R"({"type":"object"})", omit},
    {"transform.parse_json", 1, "Read JSON text", kText, kAny, parse_json},
    {"transform.pick", 1, "Keep some members", kKeys, R"({"type":"object"})", pick},
    {"transform.sha256", 1, "SHA-256 of text", kText, R"({"type":"string"})", sha256},
    {"transform.stringify_json", 1, "Write JSON text",
     R"({"type":"object","required":["value"],"additionalProperties":false,"properties":{"value":true}})",
     R"({"type":"string"})", stringify_json},
    {"workflow.fail", 1, "Raise an error",
     R"({"type":"object","required":["message"],"additionalProperties":false,"properties":{"code":{"type":"string"},"message":{"type":"string"},"details":true}})",
     kAny, fail},
}};

}  // namespace

std::span<const PureAction> pure_actions() {
  return kActions;
}

}  // namespace fermata::transform
