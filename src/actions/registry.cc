#include "actions/registry.h"

#include <algorithm>
#include <functional>

#include "foundation/format.h"
#include "json/parse.h"
#include "json/pointer.h"
#include "transform/transform.h"

namespace fermata::actions {
namespace {

// The NAME of {"$secret": NAME}.
std::optional<std::string> referred_secret(const json::Value& value) {
  const json::Value* name = json::find(value, "$secret");
  if (name == nullptr || !name->is_string() || value.get_object().size() != 1) return std::nullopt;
  return json::to_std(name->get_string());
}

}  // namespace

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

Result<Opened> open_secrets(json::Value input, std::span<const std::string> places,
                            const TenantId& tenant, SecretResolver& secrets) {
  Opened opened{std::move(input), {}};
  for (const std::string& place : places) {
    json::Value* at = json::at_pointer(opened.input, place);
    const auto name = at == nullptr ? std::nullopt : referred_secret(*at);
    if (!name)
      return make_error(ErrorKind::Invalid, "RUN_ARGUMENTS_INVALID",
                        format("there is no secret to open at `{}` of an action's input", place));
    TRY(std::string secret, secrets.resolve(tenant, *name));
    *at = json::Value(secret);
    const auto shorter =
        std::ranges::upper_bound(opened.secrets, secret.size(), std::greater{}, &std::string::size);
    opened.secrets.insert(shorter, std::move(secret));
  }
  return opened;
}

std::vector<std::string> secret_references(const json::Value& input) {
  std::vector<std::string> places;
  std::vector<std::pair<const json::Value*, std::string>> open{{&input, ""}};
  while (!open.empty()) {
    const auto [value, at] = std::move(open.back());
    open.pop_back();
    const auto look_at = [&](const json::Value& inner, std::string_view token) {
      std::string below = at;
      json::append_token(below, token);
      open.emplace_back(&inner, std::move(below));
    };
    if (referred_secret(*value)) {
      places.push_back(at);
    } else if (value->is_array()) {
      const json::Array& list = value->get_array();
      for (std::size_t i = 0; i < list.size(); ++i) look_at(list[i], std::to_string(i));
    } else if (value->is_object()) {
      for (const auto& member : value->get_object()) look_at(member.value(), member.key());
    }
  }
  return places;
}

}  // namespace fermata::actions
