#include "definition/types/schema_view.h"

#include <algorithm>
#include <array>
#include <utility>

#include "json/pointer.h"

namespace fermata::definition {
namespace {

// Parts behind allOf and $ref: more than any schema of people has, few enough for a circle.
constexpr std::size_t kPartsMax = 64;

constexpr std::array<std::pair<std::string_view, Kinds>, 6> kWords = {{{"null", kNull},
                                                                       {"boolean", kBoolean},
                                                                       {"number", kNumber},
                                                                       {"string", kString},
                                                                       {"array", kArray},
                                                                       {"object", kObject}}};

Kinds kind_named(std::string_view word) {
  if (word == "integer") return kNumber;
  const auto found = std::ranges::find(kWords, word, [](const auto& entry) { return entry.first; });
  return found == kWords.end() ? kAnyKind : found->second;
}

Kinds kinds_of_type(const json::Value& type) {
  if (type.is_string()) return kind_named(json::view(type.get_string()));
  if (!type.is_array()) return kAnyKind;
  Kinds kinds = kNoKind;
  for (const json::Value& word : type.get_array()) {
    if (word.is_string()) kinds = kinds | kind_named(json::view(word.get_string()));
  }
  return kinds;
}

// The union over alternatives, by their `type` alone.
Kinds kinds_of_alternatives(const json::Value& alternatives) {
  if (!alternatives.is_array()) return kAnyKind;
  Kinds kinds = kNoKind;
  for (const json::Value& schema : alternatives.get_array()) {
    const json::Value* type = json::find(schema, "type");
    kinds = kinds | (type == nullptr ? kAnyKind : kinds_of_type(*type));
  }
  return kinds;
}

Kinds kinds_of_values(const json::Array& values) {
  Kinds kinds = kNoKind;
  for (const json::Value& value : values) kinds = kinds | kind_of(value);
  return kinds;
}

}  // namespace

std::string Kinds::words() const {
  std::string out;
  for (const auto& [word, kind] : kWords) {
    if (!has(kind)) continue;
    if (!out.empty()) out += " or ";
    out += kind == kNull ? "" : kind.has(kArray | kObject) ? "an " : "a ";
    out += word;
  }
  return out.empty() ? "nothing" : out;
}

Kinds kind_of(const json::Value& value) {
  return kind_named(json::type_name(value));
}

SchemaView::SchemaView(const json::Value& root, const json::Value& at) : root_(&root) {
  std::vector<const json::Value*> open{&at};
  while (!open.empty() && parts_.size() < kPartsMax) {
    const json::Value* schema = open.back();
    open.pop_back();
    if (schema == nullptr || !schema->is_object()) {
      is_open_ = true;
      continue;
    }
    const json::Object& part = schema->get_object();
    if (std::ranges::find(parts_, &part) != parts_.end()) continue;
    take(part);
    if (const json::Value* all = json::find(part, "allOf"); all != nullptr && all->is_array()) {
      for (const json::Value& one : all->get_array()) open.push_back(&one);
    }
    const json::Value* ref = json::find(part, "$ref");
    if (ref == nullptr || !ref->is_string()) continue;
    const std::string_view target = json::view(ref->get_string());
    open.push_back(target.starts_with('#') ? json::at_pointer(*root_, target.substr(1)) : nullptr);
  }
}

void SchemaView::take(const json::Object& part) {
  parts_.push_back(&part);
  if (const json::Value* type = json::find(part, "type")) kinds_ = kinds_ & kinds_of_type(*type);
  for (const std::string_view key : {"anyOf", "oneOf"}) {
    const json::Value* alternatives = json::find(part, key);
    if (alternatives == nullptr) continue;
    kinds_ = kinds_ & kinds_of_alternatives(*alternatives);
    is_open_ = true;
  }
  for (const std::string_view key :
       {"if", "patternProperties", "dependentSchemas", "$dynamicRef"}) {
    is_open_ = is_open_ || part.contains(key);
  }
  if (const json::Value* values = json::find(part, "enum"); values && values->is_array()) {
    values_ = &values->get_array();
    kinds_ = kinds_ & kinds_of_values(*values_);
  }
  if (const json::Value* value = json::find(part, "const")) kinds_ = kinds_ & kind_of(*value);
  const json::Value* properties = json::find(part, "properties");
  has_properties_ = has_properties_ || (properties != nullptr && properties->is_object() &&
                                        !properties->get_object().empty());
  for (const std::string_view key : {"additionalProperties", "unevaluatedProperties"}) {
    const json::Value* rest = json::find(part, key);
    if (rest == nullptr) continue;
    if (rest->is_bool() && !rest->get_bool()) {
      is_closed_ = true;
    } else {
      is_open_ = true;
    }
  }
}

std::optional<SchemaView> SchemaView::property(std::string_view name) const {
  for (const json::Object* part : parts_) {
    const json::Value* properties = json::find(*part, "properties");
    const json::Value* found = properties == nullptr ? nullptr : json::find(*properties, name);
    if (found != nullptr) return SchemaView(*root_, *found);
  }
  return std::nullopt;
}

std::vector<std::string> SchemaView::property_names() const {
  std::vector<std::string> names;
  for (const json::Object* part : parts_) {
    const json::Value* properties = json::find(*part, "properties");
    if (properties == nullptr || !properties->is_object()) continue;
    for (const auto& member : properties->get_object()) {
      names.emplace_back(member.key().data(), member.key().size());
    }
  }
  return names;
}

std::vector<std::string> SchemaView::required() const {
  std::vector<std::string> names;
  for (const json::Object* part : parts_) {
    const json::Value* list = json::find(*part, "required");
    if (list == nullptr || !list->is_array()) continue;
    for (const json::Value& name : list->get_array()) {
      if (name.is_string()) names.push_back(json::to_std(name.get_string()));
    }
  }
  return names;
}

bool SchemaView::is_required(std::string_view name) const {
  const std::vector<std::string> names = required();
  return std::ranges::find(names, name) != names.end();
}

std::optional<SchemaView> SchemaView::items() const {
  for (const json::Object* part : parts_) {
    const json::Value* items = json::find(*part, "items");
    if (items != nullptr && !part->contains("prefixItems")) return SchemaView(*root_, *items);
  }
  return std::nullopt;
}

}  // namespace fermata::definition
