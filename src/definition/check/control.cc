// Control blocks: what the fields alone cannot say.
#include <algorithm>
#include <array>

#include "definition/check/rules.h"
#include "definition/suggest.h"
#include "foundation/format.h"

namespace fermata::definition {
namespace {

constexpr std::array<std::string_view, 7> kCategories = {
    "ValidationError", "ExpressionError",    "TransientError", "ActionError",
    "TimeoutError",    "ChildWorkflowError", "QuotaExceeded"};

void check_loop(const Visit& visit, Report& report) {
  const auto concurrency = json::int_at(*visit.step, "concurrency");
  if (concurrency && *concurrency > 1) {
    report.error(
        visit.path + "/concurrency", "LOOP_CONCURRENCY_UNSUPPORTED",
        format("concurrency {} is not supported, iterations run one after another", *concurrency),
        "remove concurrency or set it to 1");
  }
}

void check_recursion(const RuleInput& input, const Visit& visit, Report& report) {
  const auto called = json::string_at(*visit.step, "workflowId");
  const auto own = json::string_at(input.document.get_object(), "id");
  if (called && own && *called == *own) {
    report.warning(visit.path + "/workflowId", "WORKFLOW_RECURSION", "the workflow calls itself",
                   "make sure that it ends: a run refuses to go deeper than 16 levels");
  }
}

// Names that look like categories but are none; codes of actions are free text, in capitals.
void check_categories(const json::Value* list, const std::string& path, Report& report) {
  if (list == nullptr || !list->is_array()) return;
  for (std::size_t i = 0; i < list->get_array().size(); ++i) {
    const json::Value& item = list->get_array()[i];
    if (!item.is_string()) continue;
    const std::string_view name = json::view(item.get_string());
    const bool is_known =
        std::find(kCategories.begin(), kCategories.end(), name) != kCategories.end();
    const std::string near = is_known ? "" : nearest(name, kCategories);
    if (near.empty()) continue;
    report.warning(path + "/" + std::to_string(i), "ERROR_CATEGORY_UNKNOWN",
                   format("`{}` is no error category, did you mean `{}`", name, near),
                   "use a category or an error code");
  }
}

}  // namespace

void check_control(const RuleInput& input, Report& report) {
  for (std::size_t i = 0; i < input.walk.visits.size(); ++i) {
    const Visit& visit = input.walk.visits[i];
    if (visit.shape == nullptr) continue;
    if (visit.shape->kind == StepKind::ForEach) check_loop(visit, report);
    if (visit.shape->kind == StepKind::CallWorkflow) check_recursion(input, visit, report);
    if (visit.shape->kind == StepKind::TryCatch) {
      check_categories(json::find(*visit.step, "catchOn"), visit.path + "/catchOn", report);
    }
    if (const json::Value* retry = json::find(*visit.step, "retry")) {
      check_categories(json::find(*retry, "retryOn"), visit.path + "/retry/retryOn", report);
    }
    if (visit.shape->kind != StepKind::Return || i + 1 == input.walk.visits.size()) continue;
    const Visit& next = input.walk.visits[i + 1];
    if (next.sequence == visit.sequence) {
      report.warning(next.path, "STEP_UNREACHABLE",
                     "never reached: the step before it ends the run", "remove it");
    }
  }
}

}  // namespace fermata::definition
