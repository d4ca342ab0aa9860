// Waits: the two modes of time.wait, the filters of event.wait.
#include <algorithm>
#include <array>

#include "definition/check/rules.h"
#include "definition/suggest.h"
#include "foundation/format.h"

namespace fermata::definition {
namespace {

constexpr std::array<std::string_view, 13> kOps = {
    "=",  "!=", "in", "not_in",   "exists",      "not_exists", ">",
    ">=", "<",  "<=", "contains", "starts_with", "ends_with"};
constexpr std::array<Field, 3> kFilter = {
    {{"path", FieldForm::Text, true}, {"op", FieldForm::Text, true}, {"value", FieldForm::Any}}};

void check_time(const Visit& visit, const json::Object& config, Report& report) {
  const auto mode = json::string_at(config, "mode");
  const std::string path = visit.path + "/config";
  if (!mode) return;
  if (*mode != "duration" && *mode != "until") {
    report.error(path + "/mode", "FIELD_INVALID", "expected `duration` or `until`");
  } else if (*mode == "duration" && !config.contains("durationMs")) {
    report.error(path, "FIELD_MISSING", "field `durationMs` is missing",
                 "mode `duration` needs it");
  } else if (*mode == "until" && !config.contains("until")) {
    report.error(path, "FIELD_MISSING", "field `until` is missing", "mode `until` needs it");
  }
}

bool is_scalar(const json::Value& value) {
  return !value.is_array() && !value.is_object();
}

void check_filter(const json::Value& filter, const std::string& path, Report& report) {
  if (!filter.is_object()) {
    report.error(path, "FIELD_INVALID", "a filter must be an object");
    return;
  }
  check_fields(filter.get_object(), kFilter, path, report);
  const auto op = json::string_at(filter.get_object(), "op");
  if (!op) return;
  if (std::ranges::find(kOps, *op) == kOps.end()) {
    report.error(path + "/op", "FILTER_INVALID",
                 format("unknown operator `{}`{}", *op, did_you_mean(*op, kOps)));
    return;
  }
  const json::Value* value = json::find(filter.get_object(), "value");
  const bool takes_none = *op == "exists" || *op == "not_exists";
  if (takes_none && value != nullptr) {
    report.error(path + "/value", "FILTER_INVALID", format("operator `{}` takes no value", *op),
                 "remove it");
  } else if (!takes_none && value == nullptr) {
    report.error(path, "FILTER_INVALID", format("operator `{}` needs a value", *op));
  } else if (*op == "in" || *op == "not_in") {
    if (!value->is_array() || !std::ranges::all_of(value->get_array(), is_scalar)) {
      report.error(path + "/value", "FILTER_INVALID",
                   format("operator `{}` needs a list of plain values", *op));
    }
  } else if (!takes_none && !is_scalar(*value)) {
    report.error(path + "/value", "FILTER_INVALID",
                 format("operator `{}` needs a plain value", *op));
  } else if ((*op == "contains" || *op == "starts_with" || *op == "ends_with") &&
             !value->is_string()) {
    report.error(path + "/value", "FILTER_INVALID", format("operator `{}` needs text", *op));
  }
}

}  // namespace

void check_waits(const RuleInput& input, Report& report) {
  for (const Visit& visit : input.walk.visits) {
    const json::Object* config = config_of(visit);
    if (visit.shape == nullptr || config == nullptr) continue;
    if (visit.shape->kind == StepKind::TimeWait) check_time(visit, *config, report);
    if (visit.shape->kind != StepKind::EventWait) continue;
    const json::Value* filters = json::find(*config, "filters");
    if (filters == nullptr || !filters->is_array()) continue;
    for (std::size_t i = 0; i < filters->get_array().size(); ++i) {
      check_filter(filters->get_array()[i], visit.path + "/config/filters/" + std::to_string(i),
                   report);
    }
  }
}

}  // namespace fermata::definition
