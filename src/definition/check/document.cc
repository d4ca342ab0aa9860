// Top-level fields, counts, and ids that are used twice.
#include <array>
#include <map>

#include "definition/check/rules.h"
#include "definition/suggest.h"
#include "foundation/format.h"
#include "foundation/limits.h"

namespace fermata::definition {
namespace {

constexpr std::array<Field, 8> kTop = {{{"id", FieldForm::Text, true},
                                        {"version", FieldForm::Positive, true},
                                        {"name", FieldForm::Text, true},
                                        {"description", FieldForm::LongText},
                                        {"payloadSchemaRef", FieldForm::Text, true},
                                        {"trigger", FieldForm::Config},
                                        {"runTimeoutMs", FieldForm::DurationMs},
                                        {"steps", FieldForm::Steps, true}}};

void check_payload_schema(const RuleInput& input, Report& report) {
  const auto ref = json::string_at(input.document.get_object(), "payloadSchemaRef");
  if (!ref || ref->empty() || input.context.schemas.payload_schema(*ref)) return;
  const std::vector<std::string> known = input.context.schemas.payload_schema_refs();
  const std::vector<std::string_view> names(known.begin(), known.end());
  report.error("root/payloadSchemaRef", "PAYLOAD_SCHEMA_UNKNOWN",
               format("payload schema `{}` is not registered{}", *ref, did_you_mean(*ref, names)),
               "register it, or use payload.Any.v1");
}

}  // namespace

void check_document(const RuleInput& input, Report& report) {
  if (!input.document.is_object()) {
    report.error("root", "FIELD_INVALID",
                 format("expected an object, got {}", json::type_name(input.document)));
    return;
  }
  check_fields(input.document.get_object(), kTop, "root", report);
  check_payload_schema(input, report);
  if (input.walk.is_too_deep) {
    report.error("root", "STEP_NESTING_TOO_DEEP",
                 format("steps are nested deeper than {} levels", limits::kStepDepthMax),
                 "move inner steps to a workflow of their own and call it");
  }
  if (input.walk.is_too_long) {
    report.error("root", "STEP_COUNT_TOO_LARGE", format("more than {} steps", limits::kStepsMax),
                 "split the workflow");
  }
  if (input.walk.visits.empty()) {
    report.warning("root/steps", "DEFINITION_EMPTY", "there are no steps: a run ends at once");
  }
  std::map<std::string, std::string> seen;  // id → path
  for (const Visit& visit : input.walk.visits) {
    if (visit.step == nullptr) continue;
    const auto id = json::string_at(*visit.step, "id");
    if (!id || id->empty()) continue;
    const auto [first, is_new] = seen.emplace(*id, visit.path);
    if (!is_new) {
      report.error(visit.path + "/id", "STEP_ID_DUPLICATE",
                   format("id `{}` is used already at {}", *id, first->second),
                   "give each step an id of its own");
    }
  }
}

}  // namespace fermata::definition
