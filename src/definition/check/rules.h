#pragma once
// The rules of a definition, one file each, one function each: read the document, report what is
// wrong. Rules do not see each other; check.cc runs them all, so that an author gets every finding
// at once.

#include "definition/definition.h"
#include "definition/fields.h"
#include "definition/walk.h"

namespace fermata::definition {

struct RuleInput {
  const json::Value& document;
  const Walk& walk;
  const CheckContext& context;
};

using Rule = void (*)(const RuleInput& input, Report& report);

void check_document(const RuleInput& input,
                    Report& report);  // document.cc: top-level fields, limits, ids
void check_steps(const RuleInput& input, Report& report);  // step_fields.cc: each step's own fields
void check_control(const RuleInput& input,
                   Report& report);  // control.cc: loops, unreachable steps, recursion
void check_actions(const RuleInput& input,
                   Report& report);  // actions.cc: known actions and their input
void check_expressions(const RuleInput& input,
                       Report& report);  // expressions.cc: every $expr and $secret
void check_waits(const RuleInput& input, Report& report);     // waits.cc: time, events, retries
void check_triggers(const RuleInput& input, Report& report);  // triggers.cc: the trigger union

}  // namespace fermata::definition
