// Each step's type and own fields.
#include <vector>

#include "definition/check/rules.h"
#include "definition/suggest.h"
#include "foundation/format.h"

namespace fermata::definition {
namespace {

void check_type(const Visit& visit, Report& report) {
  const auto type = json::string_at(*visit.step, "type");
  if (!type || type->empty()) {
    report.error(visit.path, "FIELD_MISSING", "field `type` is missing");
    return;
  }
  const auto names = shape_names();
  report.error(visit.path + "/type", "STEP_TYPE_UNKNOWN",
               format("unknown step type `{}`{}", *type, did_you_mean(*type, names)),
               "see the reference of step types");
}

}  // namespace

void check_steps(const RuleInput& input, Report& report) {
  for (const Visit& visit : input.walk.visits) {
    if (visit.step == nullptr) {
      report.error(visit.path, "FIELD_INVALID", "a step must be an object");
      continue;
    }
    if (visit.shape == nullptr) {
      check_type(visit, report);
      continue;
    }
    std::vector<Field> fields(visit.shape->fields.begin(), visit.shape->fields.end());
    for (const Branch& branch : visit.shape->branches)
      fields.push_back({branch.name, FieldForm::Steps, branch.is_required});
    check_fields(*visit.step, fields, visit.path, report);
    const json::Object* config = config_of(visit);
    if (config != nullptr)
      check_fields(*config, visit.shape->config, visit.path + "/config", report);
  }
}

}  // namespace fermata::definition
