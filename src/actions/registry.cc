#include "actions/registry.h"

#include <algorithm>
#include <functional>

#include "json/parse.h"
#include "transform/transform.h"

namespace fermata::actions {

ActionRegistry::ActionRegistry() {
  for (const transform::PureAction& pure : transform::pure_actions()) {
    definition::ActionSpec spec;
    spec.id = pure.id;
    spec.version = pure.version;
    spec.title = pure.title;
    // Constants of ours, checked by a test of their own.
    spec.input_schema = json::parse(pure.input_schema).value();
    spec.output_schema = json::parse(pure.output_schema).value();
    spec.side_effects = definition::SideEffects::None;
    spec.execution = definition::ExecutionClass::Pure;
    spec.idempotency = definition::IdempotencyMode::None;
    specs_.emplace(Key(spec.id, spec.version), std::move(spec));
  }
}

void ActionRegistry::add(std::unique_ptr<Action> action) {
  const Key key(action->spec().id, action->spec().version);
  specs_.insert_or_assign(key, action->spec());
  actions_.insert_or_assign(key, std::move(action));
}

void ActionRegistry::declare(definition::ActionSpec spec) {
  const Key key(spec.id, spec.version);
  specs_.insert_or_assign(key, std::move(spec));
}

const definition::ActionSpec* ActionRegistry::find(std::string_view id, int version) const {
  const auto found = specs_.find(Key(id, version));
  return found == specs_.end() ? nullptr : &found->second;
}

std::vector<const definition::ActionSpec*> ActionRegistry::all() const {
  std::vector<const definition::ActionSpec*> list;
  list.reserve(specs_.size());
  for (const auto& [key, spec] : specs_) list.push_back(&spec);
  return list;
}

std::variant<json::Value, interpreter::RunError> ActionRegistry::run(
    std::string_view id, int version, const json::Value& input) const {
  interpreter::RunError error;
  const auto table = transform::pure_actions();
  const auto pure = std::ranges::find_if(
      table, [&](const auto& row) { return row.id == id && row.version == version; });
  if (pure == table.end()) {
    error.category = interpreter::category::kAction;
    error.code = "ACTION_UNKNOWN";
    error.message = "unknown action `" + std::string(id) + "`";
    return error;
  }
  transform::Output output = pure->run(input);
  if (auto* value = std::get_if<json::Value>(&output)) return std::move(*value);
  auto& failure = std::get<transform::Failure>(output);
  error.category = std::move(failure.category);
  error.code = std::move(failure.code);
  error.message = std::move(failure.message);
  error.details = std::move(failure.details);
  return error;
}

Action* ActionRegistry::runnable(const std::string& id, int version) const {
  const auto found = actions_.find(Key(id, version));
  return found == actions_.end() ? nullptr : found->second.get();
}

Result<json::Value> resolve_secrets(const json::Value& input, const TenantId& tenant,
                                    SecretResolver& secrets, std::vector<std::string>* used) {
  if (const json::Value* name = json::find(input, "$secret");
      name != nullptr && name->is_string() && input.get_object().size() == 1) {
    TRY(const std::string secret, secrets.resolve(tenant, json::to_std(name->get_string())));
    // The longest first: one that begins with another is taken out whole.
    if (used != nullptr)
      used->insert(std::ranges::upper_bound(*used, secret.size(), std::greater{},
                                            [](const std::string& one) { return one.size(); }),
                   secret);
    return json::Value(secret);
  }
  if (input.is_array()) {
    json::Array array;
    for (const json::Value& item : input.get_array()) {
      TRY(json::Value resolved, resolve_secrets(item, tenant, secrets, used));
      array.push_back(std::move(resolved));
    }
    return json::Value(std::move(array));
  }
  if (!input.is_object()) return input;
  json::Object object;
  for (const auto& member : input.get_object()) {
    TRY(json::Value resolved, resolve_secrets(member.value(), tenant, secrets, used));
    object[member.key()] = std::move(resolved);
  }
  return json::Value(std::move(object));
}

}  // namespace fermata::actions
