// Fields that expressions read and assignments write, against the schemas that are known.

#include <span>
#include <string>

#include "definition/check/rule.h"
#include "definition/suggest.h"
#include "definition/types/environment.h"
#include "definition/types/free_names.h"
#include "foundation/format.h"

namespace fermata::definition::rules {
namespace {

std::string joined(std::span<const std::string> path) {
  std::string out;
  for (const std::string& name : path) {
    if (!out.empty()) out += '.';
    out += name;
  }
  return out;
}

// A schema that is not closed allows other fields: then only a near miss is worth a word.
struct Unknown {
  std::size_t at;   // in the path
  SchemaView type;  // of what stands before it
};
void report_unknown(const RuleInput& input, const ExpressionSite& site, const FreeName& name,
                    const Unknown& unknown) {
  const std::string& field = name.path[unknown.at];
  const auto known = unknown.type.property_names();
  const std::string near = nearest(field, std::span(known));
  if (!unknown.type.is_closed() && near.empty()) return;
  const auto path = std::span(name.path).first(unknown.at + 1);
  std::string message = format("there is no `{}` (near character {})", joined(path), name.position);
  std::string help = near.empty() ? format("the fields are {}", listing(std::span(known)))
                                  : format("did you mean `{}`?", near);
  const FindingPlace place{site.path, name.spans[unknown.at], written_name(near)};
  if (unknown.type.is_closed()) {
    input.findings.error(place, "UNKNOWN_FIELD", std::move(message), std::move(help));
  } else {
    input.findings.warning(place, "UNKNOWN_FIELD", std::move(message), std::move(help));
  }
}

void check_read(const RuleInput& input, const ExpressionSite& site, const FreeName& name,
                const TypeEnvironment& types) {
  const Reach reach = types.reach(place_of(site), name.path);
  if (reach.unknown_at && reach.unknown_in)
    return report_unknown(input, site, name, {*reach.unknown_at, *reach.unknown_in});
  if (!name.is_needed || reach.is_spread || !reach.optional_at) return;
  const auto path = std::span(name.path).first(*reach.optional_at + 1);
  input.findings.warning(
      {site.path, name.span_to(*reach.optional_at)}, "POSSIBLY_MISSING",
      format("`{}` may be missing, and then this fails (near character {})", joined(path),
             name.position),
      format("write `coalesce({}, …)` with a default, or make the field required", joined(path)));
}

void check_write(const RuleInput& input, const AssignSite& site, SchemaView schema) {
  for (const std::string& segment : site.target.segments) {
    auto field = schema.property(segment);
    if (field) {
      schema = std::move(*field);
      continue;
    }
    const auto known = schema.property_names();
    const bool is_worth_a_word =
        schema.names_fields() &&
        (schema.is_closed() || !nearest(segment, std::span(known)).empty());
    if (!is_worth_a_word) return;
    input.findings.warning(
        site.path, "ASSIGN_PATH_UNKNOWN", format("the payload's schema has no `{}`", segment),
        did_you_mean(segment, std::span(known), "assign to `vars`, or add it to the schema"));
    return;
  }
}

}  // namespace

void fields(const RuleInput& input) {
  const TypeEnvironment types(input.draft, input.context);
  for (const ExpressionSite& site : input.draft.expressions) {
    if (site.expression.program == nullptr) continue;
    for (const FreeName& name : free_names(site.expression.source)) {
      check_read(input, site, name, types);
    }
  }
  const auto payload = types.payload();
  if (!payload) return;
  for (const AssignSite& site : input.draft.assigns) {
    if (site.target.root == AssignRoot::Payload) check_write(input, site, *payload);
  }
}

}  // namespace fermata::definition::rules
