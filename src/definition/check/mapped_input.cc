#include "definition/check/mapped_input.h"

#include <algorithm>
#include <vector>

#include "definition/suggest.h"
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

// What one mapping is checked with.
struct Check {
  const RuleInput& input;
  const TypeEnvironment& types;
  const MappedInput& mapped;

  void report(std::string path, std::string_view code, std::string text, std::string help) const {
    if (mapped.severity == Severity::Error) {
      input.findings.error(std::move(path), code, std::move(text), std::move(help));
    } else {
      input.findings.warning(std::move(path), code, std::move(text), std::move(help));
    }
  }
};

void check_fields(const Check& check, const Pending& at, std::vector<Pending>& open) {
  const std::string& taker = check.mapped.taker;
  const json::Object& object = at.value->get_object();
  for (const std::string& name : at.schema.required()) {
    if (object.contains(name)) continue;
    std::string path = at.path;
    json::append_token(path, name);
    check.report(std::move(path), "MISSING_REQUIRED_MAPPING", format("{} needs `{}`", taker, name),
                 format("map `{}`", name));
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
    const std::string message = format("{} takes no `{}`", taker, key);
    if (at.schema.is_closed() && at.schema.names_fields()) {
      check.report(std::move(path), "UNKNOWN_INPUT_FIELD", message,
                   did_you_mean(key, std::span(names),
                                format("its fields are {}", listing(std::span(names)))));
    } else if (at.schema.names_fields() && !nearest(key, std::span(names)).empty()) {
      check.input.findings.warning(std::move(path), "UNKNOWN_INPUT_FIELD", message,
                                   did_you_mean(key, std::span(names)));
    }
  }
}

Kinds kinds_of(const Check& check, const json::Value& value) {
  if (const json::Value* source = json::find(value, "$expr")) {
    if (!source->is_string()) return kAnyKind;
    return check.types.kinds_of({check.mapped.step, false}, json::to_std(source->get_string()));
  }
  return json::find(value, "$secret") != nullptr ? kString : kind_of(value);
}

void check_value(const Check& check, const Pending& at, std::vector<Pending>& open) {
  const json::Value& value = *at.value;
  const std::string& taker = check.mapped.taker;
  const Kinds kinds = kinds_of(check, value);
  if (!at.schema.kinds().has(kinds)) {
    check.report(at.path, "MAPPING_TYPE_INCOMPATIBLE",
                 format("{} takes {}, not {}", taker, at.schema.kinds().words(), kinds.words()),
                 "map a value of this kind");
    return;
  }
  if (is_dynamic(value)) return;
  const json::Array* values = at.schema.values();
  const bool is_listed =
      values == nullptr ||
      std::ranges::any_of(*values, [&](const json::Value& one) { return json::equal(one, value); });
  if (!is_listed) {
    check.report(at.path, "MAPPING_TYPE_INCOMPATIBLE",
                 format("the value is none of those that {} takes", taker),
                 format("write one of {}", json::to_text(json::Value(*values))));
  }
  if (value.is_object()) check_fields(check, at, open);
  const auto items = value.is_array() ? at.schema.items() : std::nullopt;
  for (std::size_t i = 0; items && i < value.get_array().size(); ++i) {
    open.push_back({&value.get_array()[i], *items, format("{}/{}", at.path, i)});
  }
}

}  // namespace

void check_mapped_input(const RuleInput& input, const TypeEnvironment& types,
                        const MappedInput& mapped) {
  static const json::Value kEmpty = json::Object{};
  const json::Value* mapping = mapped.mapping == nullptr ? &kEmpty : mapped.mapping;
  if (!mapping->is_object() || is_dynamic(*mapping)) return;
  std::vector<Pending> open{{mapping, SchemaView(mapped.schema), mapped.path}};
  while (!open.empty()) {
    const Pending at = std::move(open.back());
    open.pop_back();
    check_value({input, types, mapped}, at, open);
  }
}

}  // namespace fermata::definition::rules
