// Keys beginning with `$` have a meaning in mappings; an unknown one is probably mistyped.

#include <array>
#include <vector>

#include "definition/check/rule.h"
#include "definition/suggest.h"
#include "foundation/format.h"
#include "json/pointer.h"

namespace fermata::definition::rules {
namespace {

using namespace std::string_view_literals;

constexpr std::array kSpecial = {"$expr"sv, "$secret"sv};

struct Pending {
  const json::Value* value;
  std::string path;
};

void look_at(const RuleInput& input, const Pending& at, std::vector<Pending>& open) {
  if (at.value->is_array()) {
    const json::Array& list = at.value->get_array();
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (list[i].is_structured()) open.push_back({&list[i], format("{}/{}", at.path, i)});
    }
  }
  if (!at.value->is_object()) return;
  const json::Object& object = at.value->get_object();
  if (object.contains("$expr") || object.contains("$secret")) return;
  for (const auto& member : object) {
    const std::string_view key(member.key().data(), member.key().size());
    std::string path = at.path;
    json::append_token(path, key);
    if (key.starts_with('$')) {
      input.findings.warning(path, "UNKNOWN_SPECIAL_KEY",
                             format("`{}` has no special meaning and is passed on as it is", key),
                             did_you_mean(key, kSpecial, "known are `$expr` and `$secret`"));
    }
    if (member.value().is_structured()) open.push_back({&member.value(), std::move(path)});
  }
}

void walk(const RuleInput& input, const json::Value* mapping, std::string path) {
  if (mapping == nullptr) return;
  std::vector<Pending> open{{mapping, std::move(path)}};
  while (!open.empty()) {
    const Pending at = std::move(open.back());
    open.pop_back();
    look_at(input, at, open);
  }
}

}  // namespace

void special_keys(const RuleInput& input) {
  for (StepIndex at = 0; at < input.draft.sources.size(); ++at) {
    const json::Value* config = json::find(*input.draft.sources[at], "config");
    if (input.draft.step(at).type_name != "action.call" || config == nullptr) continue;
    walk(input, json::find(*config, "inputMapping"), input.at(at, "config/inputMapping"));
  }
  const json::Value* trigger = json::find(*input.draft.document, "trigger");
  if (trigger == nullptr) return;
  walk(input, json::find(*trigger, "payloadMapping"), "root.trigger/payloadMapping");
}

}  // namespace fermata::definition::rules
