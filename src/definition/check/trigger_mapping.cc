// The mapping from an event's payload to the run's: needed when the two schemas differ, complete,
// and over `event` alone.

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "definition/check/rule.h"
#include "definition/types/free_names.h"
#include "definition/types/schema_view.h"
#include "foundation/format.h"

namespace fermata::definition::rules {
namespace {

constexpr std::string_view kWhere = "root.trigger/payloadMapping";
// Required fields in required fields: deeper than people nest payloads.
constexpr std::size_t kFieldDepthMax = 16;

void check_roots(const RuleInput& input) {
  for (const ExpressionSite& site : input.draft.expressions) {
    if (site.role != ExpressionRole::Payload || site.expression.program == nullptr) continue;
    for (const FreeName& name : free_names(site.expression.source)) {
      const std::string& root = name.path.front();
      if (root == "event") continue;
      input.findings.error(site.path, "TRIGGER_MAPPING_INVALID_ROOT",
                           format("`{}` does not exist yet when a trigger mapping is evaluated "
                                  "(near character {})",
                                  root, name.position),
                           root == "payload" ? "read the event's payload as `event.payload`"
                                             : "read `event.payload`, `event.name` or "
                                               "`event.correlationKey`");
    }
  }
}

struct Pending {
  SchemaView schema;
  std::string path;
  std::size_t depth;
};

bool covers(const std::string& key, const std::string& path) {
  return path == key || path.starts_with(key + ".");
}

// A field is mapped by itself, by a whole around it, or by its parts.
void check_required(const RuleInput& input, const MappingValue& mapping, const SchemaView& target) {
  std::vector<Pending> open{{target, "", 0}};
  while (!open.empty()) {
    const Pending at = std::move(open.back());
    open.pop_back();
    for (const std::string& name : at.schema.required()) {
      const std::string path = at.path.empty() ? name : at.path + "." + name;
      const auto& keys = mapping.keys;
      if (std::ranges::any_of(keys, [&](const auto& key) { return covers(key, path); })) continue;
      const auto field = at.schema.property(name);
      const bool has_parts =
          std::ranges::any_of(keys, [&](const auto& key) { return covers(path, key); });
      if (has_parts && field && at.depth < kFieldDepthMax) {
        open.push_back({*field, path, at.depth + 1});
      } else if (!has_parts) {
        input.findings.error(std::string(kWhere), "TRIGGER_MAPPING_MISSING_REQUIRED_FIELDS",
                             format("the payload needs `{}`", path), format("map `{}`", path));
      }
    }
  }
}

// The schema at a dotted path, if it is named.
std::optional<SchemaView> at_path(SchemaView view, std::string_view path) {
  while (true) {
    const std::size_t dot = path.find('.');
    auto field = view.property(path.substr(0, dot));
    if (!field || dot == std::string_view::npos) return field;
    view = std::move(*field);
    path.remove_prefix(dot + 1);
  }
}

// The kinds that a mapped value can have: of a literal, of a secret, of a plain path into the
// event.
Kinds kinds_of(const MappingValue& value, const std::optional<SchemaView>& source) {
  switch (value.kind) {
    case MappingValue::Kind::Literal:
      return kind_of(value.literal);
    case MappingValue::Kind::Secret:
      return kString;
    case MappingValue::Kind::Array:
      return kArray;
    case MappingValue::Kind::Object:
      return kObject;
    case MappingValue::Kind::Expr:
      break;
  }
  constexpr std::string_view kPrefix = "event.payload.";
  const std::string& text = value.expression.source;
  const bool is_plain = text.starts_with(kPrefix) && std::ranges::all_of(text, [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                 (c >= '0' && c <= '9') || c == '_' || c == '.';
                        });
  if (!is_plain || !source) return kAnyKind;
  const auto field = at_path(*source, std::string_view(text).substr(kPrefix.size()));
  return field ? field->kinds() : kAnyKind;
}

void check_kinds(const RuleInput& input, const MappingValue& mapping, const SchemaView& target,
                 const std::optional<SchemaView>& source) {
  for (std::size_t i = 0; i < mapping.keys.size(); ++i) {
    const auto field = at_path(target, mapping.keys[i]);
    if (!field) continue;
    const Kinds kinds = kinds_of(mapping.items[i], source);
    if (field->kinds().has(kinds)) continue;
    input.findings.error(format("{}/{}", kWhere, mapping.keys[i]), "MAPPING_TYPE_INCOMPATIBLE",
                         format("the payload's `{}` is {}, not {}", mapping.keys[i],
                                field->kinds().words(), kinds.words()),
                         "map a value of this kind");
  }
}

}  // namespace

void trigger_mapping(const RuleInput& input) {
  check_roots(input);
  const auto& any = input.draft.program.trigger;
  const auto* trigger = any ? std::get_if<EventTrigger>(&*any) : nullptr;
  if (trigger == nullptr) return;
  const SchemaCatalog& schemas = input.context.schemas;
  const std::string& target_ref = input.draft.program.payload_schema_ref;
  std::string source_ref = trigger->source_payload_schema_ref;
  if (source_ref.empty()) {
    source_ref = schemas.event_payload_ref(trigger->event_name).value_or("");
  }
  const auto target = schemas.payload_schema(target_ref);
  const auto source = schemas.payload_schema(source_ref);
  if (!trigger->payload_mapping) {
    // A payload that may be anything takes the event's as it is.
    const bool is_needed = target && source && source_ref != target_ref &&
                           (SchemaView(*target).names_fields() || SchemaView(*target).is_closed());
    if (!is_needed) return;
    input.findings.error(
        "root.trigger/payloadMapping", "TRIGGER_MAPPING_REQUIRED",
        format("the event carries `{}`, the payload is `{}`", source_ref, target_ref),
        "add `payloadMapping`, or use the event's schema as `payloadSchemaRef`");
    return;
  }
  if (!target) return;
  const SchemaView view(*target);
  check_required(input, *trigger->payload_mapping, view);
  check_kinds(input, *trigger->payload_mapping, view,
              source ? std::optional(SchemaView(*source)) : std::nullopt);
}

}  // namespace fermata::definition::rules
