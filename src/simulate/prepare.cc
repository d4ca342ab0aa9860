#include "simulate/prepare.h"

#include <algorithm>

#include "foundation/format.h"

namespace fermata::simulate {
namespace {

using definition::ActionSpec;

// What is offered, and behind it what only the fixtures know.
class MockedCatalog final : public definition::ActionCatalog {
 public:
  MockedCatalog(const definition::ActionCatalog& offered, const Fixtures& fixtures)
      : offered_(offered) {
    for (const auto& [text, answers] : fixtures.actions) {
      const auto name = versioned_name(text);
      if (!name || offered.find(name->id, name->version) != nullptr) continue;
      ActionSpec spec;
      spec.id = name->id;
      spec.version = name->version;
      spec.input_schema = json::Object{{"type", "object"}};
      spec.output_schema = true;
      mocked_.push_back(std::move(spec));
    }
    std::ranges::sort(mocked_, less);
  }
  [[nodiscard]] const ActionSpec* find(std::string_view id, int version) const override {
    if (const ActionSpec* spec = offered_.find(id, version)) return spec;
    for (const ActionSpec& spec : mocked_) {
      if (spec.id == id && spec.version == version) return &spec;
    }
    return nullptr;
  }
  [[nodiscard]] std::vector<const ActionSpec*> all() const override {
    std::vector<const ActionSpec*> list = offered_.all();
    for (const ActionSpec& spec : mocked_) list.push_back(&spec);
    std::ranges::sort(list, [](const auto* a, const auto* b) { return less(*a, *b); });
    return list;
  }

 private:
  static bool less(const ActionSpec& a, const ActionSpec& b) {
    return std::tie(a.id, a.version) < std::tie(b.id, b.version);
  }

  const definition::ActionCatalog& offered_;
  std::vector<ActionSpec> mocked_;
};

}  // namespace

Prepared prepare(const json::Value& document, const Fixtures& fixtures, const Offers& offers) {
  const MockedCatalog actions(offers.actions, fixtures);
  const definition::CheckContext context{actions, offers.schemas, fixtures.start_at,
                                         offers.secrets};
  definition::Checked checked = definition::check(document, context);
  Prepared prepared{std::move(checked.findings), std::move(checked.program), {}};
  bool is_good = prepared.program != nullptr;
  if (is_good) {
    const auto& program = *prepared.program;
    prepared.children[format("{}@{}", program.workflow_id.text, program.version)] =
        prepared.program;
  }
  for (const auto& [text, written] : fixtures.children) {
    json::Value child = written;
    const auto name = versioned_name(text);
    if (child.is_object() && name) {
      child.get_object()["id"] = name->id;
      child.get_object()["version"] = name->version;
    }
    definition::Checked made = definition::check(child, context);
    for (definition::Finding& finding : made.findings) {
      finding.path = format("children.{}: {}", text, finding.path);
      prepared.findings.push_back(std::move(finding));
    }
    is_good = is_good && made.program != nullptr;
    prepared.children[text] = std::move(made.program);
  }
  if (!is_good) prepared.program = nullptr;
  return prepared;
}

}  // namespace fermata::simulate
