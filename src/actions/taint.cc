#include "actions/taint.h"

#include "foundation/match.h"
#include "json/redact.h"

namespace fermata::actions {
namespace {

constexpr std::size_t kBytesMin = 4;

}  // namespace

std::string without(std::string_view text, std::span<const std::string> secrets) {
  std::string made(text);
  for (const std::string& secret : secrets) {
    if (secret.size() < kBytesMin) continue;
    for (std::size_t at = made.find(secret); at != std::string::npos; at = made.find(secret, at)) {
      made.replace(at, secret.size(), json::kRedacted);
      at += json::kRedacted.size();
    }
  }
  return made;
}

json::Value without(const json::Value& value, std::span<const std::string> secrets) {
  if (value.is_string()) return json::Value(without(json::view(value.get_string()), secrets));
  if (value.is_array()) {
    json::Array array;
    for (const json::Value& item : value.get_array()) array.push_back(without(item, secrets));
    return json::Value(std::move(array));
  }
  if (!value.is_object()) return value;
  json::Object object;
  for (const auto& member : value.get_object())
    object[without(std::string_view(member.key()), secrets)] = without(member.value(), secrets);
  return json::Value(std::move(object));
}

ActionResult without(ActionResult result, std::span<const std::string> secrets) {
  if (secrets.empty()) return result;
  std::visit(match{[&](json::Value& output) { output = without(output, secrets); },
                   [&](ActionFailure& failure) {
                     failure.message = without(failure.message, secrets);
                     failure.details = without(failure.details, secrets);
                   }},
             result);
  return result;
}

}  // namespace fermata::actions
