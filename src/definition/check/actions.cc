// Actions: known, and given what they need. Only what is written literally can be judged here; an
// expression or a secret counts as complete.
#include "definition/check/rules.h"
#include "definition/suggest.h"
#include "foundation/format.h"
#include "json/pointer.h"

namespace fermata::definition {
namespace {

void unknown_action(const RuleInput& input, const std::string& id, std::int64_t version,
                    const std::string& path, Report& report) {
  std::string versions;
  std::vector<std::string_view> ids;
  for (const ActionSpec* spec : input.context.actions.all()) {
    ids.push_back(spec->id);
    if (spec->id == id) versions += (versions.empty() ? "" : ", ") + std::to_string(spec->version);
  }
  if (!versions.empty()) {
    report.error(path + "/version", "ACTION_UNKNOWN",
                 format("action `{}` has no version {}", id, version),
                 "known versions: " + versions);
  } else {
    report.error(path + "/actionId", "ACTION_UNKNOWN",
                 format("unknown action `{}`{}", id, did_you_mean(id, ids)),
                 "see the catalogue of actions");
  }
}

bool type_fits(const json::Value& schema, const json::Value& literal) {
  const json::Value* type = json::find(schema, "type");
  if (type == nullptr) return true;
  const auto matches = [&](const json::Value& name) {
    if (!name.is_string()) return true;
    const std::string_view wanted = json::view(name.get_string());
    const std::string_view have = json::type_name(literal);
    if (wanted == "integer") return have == "number";
    return wanted == have;
  };
  if (!type->is_array()) return matches(*type);
  for (const json::Value& name : type->get_array()) {
    if (matches(name)) return true;
  }
  return type->get_array().empty();
}

// Follows literals and their schemas side by side, iteratively.
void check_input(const json::Value& schema, const json::Value& mapping, const std::string& path,
                 Report& report) {
  struct Pair {
    const json::Value* schema;
    const json::Value* value;
    std::string path;
  };
  std::vector<Pair> todo = {{&schema, &mapping, path}};
  while (!todo.empty()) {
    const Pair at = todo.back();
    todo.pop_back();
    if (is_expression(*at.value) || is_secret(*at.value)) continue;
    if (!type_fits(*at.schema, *at.value)) {
      const json::Value* type = json::find(*at.schema, "type");
      report.error(at.path, "ACTION_INPUT_TYPE",
                   format("expected {}, got {}",
                          type->is_string() ? json::view(type->get_string()) : "another type",
                          json::type_name(*at.value)));
      continue;
    }
    if (!at.value->is_object()) continue;
    const json::Value* properties = json::find(*at.schema, "properties");
    const json::Object& given = at.value->get_object();
    if (const json::Value* required = json::find(*at.schema, "required");
        required != nullptr && required->is_array()) {
      for (const json::Value& name : required->get_array()) {
        if (given.contains(name.get_string())) continue;
        report.error(at.path, "ACTION_INPUT_MISSING",
                     format("input `{}` is missing", json::view(name.get_string())), "map it");
      }
    }
    if (properties == nullptr || !properties->is_object()) continue;
    const json::Value* more = json::find(*at.schema, "additionalProperties");
    std::vector<std::string_view> names;
    for (const auto& member : properties->get_object()) names.emplace_back(member.key());
    for (const auto& member : given) {
      std::string below = at.path;
      json::append_token(below, member.key());
      if (const json::Value* inner = json::find(*properties, member.key())) {
        todo.push_back({inner, &member.value(), below});
      } else if (more != nullptr && more->is_bool() && !more->get_bool()) {
        report.error(below, "ACTION_INPUT_UNKNOWN",
                     format("the action has no input `{}`{}", std::string_view(member.key()),
                            did_you_mean(member.key(), names)));
      }
    }
  }
}

}  // namespace

void check_actions(const RuleInput& input, Report& report) {
  for (const Visit& visit : input.walk.visits) {
    const json::Object* config = config_of(visit);
    if (visit.shape == nullptr || visit.shape->name != "action.call" || config == nullptr) continue;
    const auto id = json::string_at(*config, "actionId");
    const auto version = json::int_at(*config, "version");
    if (!id || id->empty() || !version) continue;
    const std::string path = visit.path + "/config";
    const ActionSpec* spec = input.context.actions.find(*id, static_cast<int>(*version));
    if (spec == nullptr) {
      unknown_action(input, *id, *version, path, report);
      continue;
    }
    if (spec->execution == ExecutionClass::Pure && visit.step->contains("execution")) {
      report.error(visit.path + "/execution", "FIELD_INVALID",
                   "a pure action runs inside the workflow and has no execution class",
                   "remove `execution`");
    }
    static const json::Value kNothing = json::Object{};
    const json::Value* mapping = json::find(*config, "inputMapping");
    check_input(spec->input_schema, mapping == nullptr ? kNothing : *mapping,
                path + "/inputMapping", report);
  }
}

}  // namespace fermata::definition
