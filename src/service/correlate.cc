#include "service/correlate.h"

#include <algorithm>

#include "foundation/format.h"
#include "json/text.h"

namespace fermata::service {
namespace {

// A key may be a text, a number or a boolean; anything else is none.
std::optional<std::string> key_text(const json::Value* value) {
  if (value == nullptr) return std::nullopt;
  if (value->is_string())
    return value->get_string().empty() ? std::nullopt
                                       : std::optional(json::to_std(value->get_string()));
  if (value->is_number() || value->is_bool()) return json::to_text(*value);
  return std::nullopt;
}

const json::Value* at_dotted(const json::Value& payload, std::string_view path) {
  const json::Value* at = &payload;
  while (at != nullptr && !path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    at = json::find(*at, path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return at;
}

}  // namespace

Correlated correlate(const std::optional<std::string>& told, const json::Value& payload,
                     const std::string& path) {
  if (told && !told->empty()) return {told, "request", ""};
  for (const std::string_view field : {"workflowCorrelationKey", "correlationKey"}) {
    if (auto key = key_text(json::find(payload, field)))
      return {std::move(key), format("payload.{}", field), std::string(field)};
  }
  if (path.empty()) return {std::nullopt, "no key in the event, and no path for its name", ""};
  if (auto key = key_text(at_dotted(payload, path)))
    return {std::move(key), format("path {}", path), path};
  return {std::nullopt, format("nothing at the path {}", path), path};
}

}  // namespace fermata::service
