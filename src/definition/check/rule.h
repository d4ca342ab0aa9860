#pragma once
// Rule: one thing that is checked about a definition that could be read. A rule sees the whole
// draft and reports what it finds; it depends on no other rule, and what the reader reported
// already (a missing field, an expression that does not compile) it passes over in silence.
// A new rule is one file here, one line in rules.cc, one case in tests/definitions.

#include <span>
#include <string>
#include <string_view>

#include "definition/definition.h"
#include "definition/draft.h"
#include "definition/findings.h"

namespace fermata::definition {

struct RuleInput {
  const Draft& draft;
  const CheckContext& context;
  Findings& findings;

  // The finding path of a place in a step: at(3, "config/eventName").
  [[nodiscard]] std::string at(StepIndex step, std::string_view place = {}) const {
    const std::string& path = draft.step(step).path.text;
    return place.empty() ? path : path + "." + std::string(place);
  }
};

struct Rule {
  std::string_view name;
  void (*run)(const RuleInput& input);
};

// All rules, in the order in which they run. The order does not show: findings are sorted.
std::span<const Rule> all_rules();

namespace rules {
void action_exists(const RuleInput& input);
void action_input(const RuleInput& input);
void action_time(const RuleInput& input);
void called_workflow(const RuleInput& input);
void empty_branches(const RuleInput& input);
void error_names(const RuleInput& input);
void event_wait(const RuleInput& input);
void expression_types(const RuleInput& input);
void fields(const RuleInput& input);
void form_schema(const RuleInput& input);
void names(const RuleInput& input);
void payload_schema(const RuleInput& input);
void secrets(const RuleInput& input);
void self_call(const RuleInput& input);
void special_keys(const RuleInput& input);
void step_ids(const RuleInput& input);
void time_trigger(const RuleInput& input);
void trigger_event(const RuleInput& input);
void trigger_mapping(const RuleInput& input);
void unreachable_steps(const RuleInput& input);
void wait_times(const RuleInput& input);
}  // namespace rules

}  // namespace fermata::definition
