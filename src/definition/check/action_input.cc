// The mapped input against the action's input schema, as deep as it is written out: under an
// expression or a secret nothing is known here.

#include <algorithm>
#include <vector>

#include "definition/check/rule.h"
#include "definition/suggest.h"
#include "definition/types/environment.h"
#include "definition/types/schema_view.h"
#include "foundation/format.h"
#include "json/pointer.h"
#include "json/text.h"

namespace fermata::definition::rules {
namespace {

struct Pending {
  const json::Value* value;
  SchemaView schema;
  std::string path;
};

bool is_dynamic(const json::Value& value) {
  return json::find(value, "$expr") != nullptr || json::find(value, "$secret") != nullptr;
}

// What a call is checked with.
struct Call {
  const RuleInput& input;
  const TypeEnvironment& types;
  StepIndex step;
};

void check_fields(const RuleInput& input, const Pending& at, std::vector<Pending>& open) {
  const json::Object& object = at.value->get_object();
  for (const std::string& name : at.schema.required()) {
    if (object.contains(name)) continue;
    std::string path = at.path;
    json::append_token(path, name);
    input.findings.error(std::move(path), "MISSING_REQUIRED_MAPPING",
                         format("the action needs `{}`", name), format("map `{}`", name));
  }
  const auto names = at.schema.property_names();
  for (const auto& member : object) {
    const std::string_view key(member.key().data(), member.key().size());
    std::string path = at.path;
    json::append_token(path, key);
    if (auto field = at.schema.property(key)) {
      open.push_back({&member.value(), std::move(*field), std::move(path)});
      continue;
    }
    const std::string message = format("the action takes no `{}`", key);
    if (at.schema.is_closed() && at.schema.names_fields()) {
      input.findings.error(std::move(path), "UNKNOWN_INPUT_FIELD", message,
                           did_you_mean(key, std::span(names),
                                        format("its fields are {}", listing(std::span(names)))));
    } else if (at.schema.names_fields() && !nearest(key, std::span(names)).empty()) {
      input.findings.warning(std::move(path), "UNKNOWN_INPUT_FIELD", message,
                             did_you_mean(key, std::span(names)));
    }
  }
}

Kinds kinds_of(const Call& call, const json::Value& value) {
  if (const json::Value* source = json::find(value, "$expr")) {
    if (!source->is_string()) return kAnyKind;
    return call.types.kinds_of({call.step, false}, json::to_std(source->get_string()));
  }
  return json::find(value, "$secret") != nullptr ? kString : kind_of(value);
}

void check_value(const Call& call, const Pending& at, std::vector<Pending>& open) {
  const RuleInput& input = call.input;
  const json::Value& value = *at.value;
  const Kinds kinds = kinds_of(call, value);
  if (!at.schema.kinds().has(kinds)) {
    input.findings.error(
        at.path, "MAPPING_TYPE_INCOMPATIBLE",
        format("the action takes {}, not {}", at.schema.kinds().words(), kinds.words()),
        "map a value of this kind");
    return;
  }
  if (is_dynamic(value)) return;
  const json::Array* values = at.schema.values();
  const bool is_listed =
      values == nullptr ||
      std::ranges::any_of(*values, [&](const json::Value& one) { return json::equal(one, value); });
  if (!is_listed) {
    input.findings.error(at.path, "MAPPING_TYPE_INCOMPATIBLE",
                         "the value is none of those that the action takes",
                         format("write one of {}", json::to_text(json::Value(*values))));
  }
  if (value.is_object()) check_fields(input, at, open);
  const auto items = value.is_array() ? at.schema.items() : std::nullopt;
  for (std::size_t i = 0; items && i < value.get_array().size(); ++i) {
    open.push_back({&value.get_array()[i], *items, format("{}/{}", at.path, i)});
  }
}

void check_call(const Call& call, const ActionSpec& action) {
  static const json::Value kEmpty = json::Object{};
  const json::Value* config = json::find(*call.input.draft.sources[call.step], "config");
  const json::Value* mapping = config == nullptr ? nullptr : json::find(*config, "inputMapping");
  if (mapping == nullptr) mapping = &kEmpty;
  if (!mapping->is_object() || is_dynamic(*mapping)) return;
  std::vector<Pending> open{
      {mapping, SchemaView(action.input_schema), call.input.at(call.step, "config/inputMapping")}};
  while (!open.empty()) {
    const Pending at = std::move(open.back());
    open.pop_back();
    check_value(call, at, open);
  }
}

}  // namespace

void action_input(const RuleInput& input) {
  const TypeEnvironment types(input.draft, input.context);
  const auto& steps = input.draft.program.steps;
  for (StepIndex at = 0; at < steps.size(); ++at) {
    const auto* call = std::get_if<ActionCallStep>(&steps[at].config);
    // Steps that are calls under another name, and compose_text, bring their own input.
    const bool is_written = call != nullptr && steps[at].type_name == "action.call" &&
                            call->action_id != "transform.compose_text";
    if (!is_written) continue;
    const ActionSpec* action = input.context.actions.find(call->action_id, call->action_version);
    if (action != nullptr) check_call({input, types, at}, *action);
  }
}

}  // namespace fermata::definition::rules
