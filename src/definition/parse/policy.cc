// What many steps carry: assignments, retry and error policies.

#include "definition/parse/assign_path.h"
#include "definition/parse/context.h"

namespace fermata::definition {

std::vector<Assignment> read_assignments(Context& context, Reader& reader, std::string_view key,
                                         Need need) {
  std::vector<Assignment> out;
  const json::Object* map = reader.object(key, need);
  if (map == nullptr) return out;
  const Reader entries(*map, {"the map", reader.path_of(key)}, context.findings);
  for (const auto& member : *map) {
    const std::string target(member.key().data(), member.key().size());
    const std::string path = entries.path_of(target);
    auto parsed = parse_assign_path(target, path, context.findings);
    Expression value = read_expression(context, member.value(), {path, ExpressionRole::Assigned});
    if (!parsed) continue;
    context.draft.assigns.push_back({context.step, path, *parsed});
    out.push_back({std::move(*parsed), std::move(value)});
  }
  return out;
}

std::optional<AssignPath> read_assign_path(Context& context, Reader& reader, std::string_view key) {
  if (reader.value(key) == nullptr) return std::nullopt;
  const std::string text = reader.text(key, {Need::Optional});
  if (text.empty()) return std::nullopt;
  auto parsed = parse_assign_path(text, reader.path_of(key), context.findings);
  if (parsed) context.draft.assigns.push_back({context.step, reader.path_of(key), *parsed});
  return parsed;
}

std::vector<std::string> read_error_names(Context& context, Reader& reader, std::string_view key) {
  std::vector<std::string> names = reader.texts(key);
  for (std::size_t i = 0; i < names.size(); ++i) {
    context.draft.error_names.push_back(
        {context.step, reader.path_of(key) + "/" + std::to_string(i), names[i]});
  }
  return names;
}

std::optional<RetryPolicy> read_retry(Context& context, Reader& reader) {
  const json::Object* object = reader.object("retry");
  if (object == nullptr) return std::nullopt;
  Reader fields(*object, {"a retry policy", reader.path_of("retry")}, context.findings);
  RetryPolicy policy;
  policy.attempts_max = static_cast<std::uint32_t>(
      fields.whole("maxAttempts", {1, limits::kAttemptsMax}, Need::Required).value_or(1));
  policy.backoff_ms =
      fields.whole("backoffMs", {0, limits::kWaitMsMax}, Need::Required).value_or(0);
  policy.backoff_multiplier = fields.positive("backoffMultiplier").value_or(2);
  policy.max_delay_ms = fields.whole("maxDelayMs", {1, limits::kWaitMsMax});
  policy.jitter = fields.boolean("jitter").value_or(true);
  policy.retry_on = read_error_names(context, fields, "retryOn");
  fields.finish();
  return policy;
}

std::optional<OnError> read_on_error(Reader& reader) {
  const json::Object* object = reader.object("onError");
  if (object == nullptr) return std::nullopt;
  Reader fields(*object, {"an error policy", reader.path_of("onError")}, reader.findings());
  const bool goes_on = fields.word("policy", {"fail", "continue"}, Need::Required) == "continue";
  fields.finish();
  return goes_on ? OnError::Continue : OnError::Fail;
}

}  // namespace fermata::definition
