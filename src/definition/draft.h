#pragma once
// Draft: a definition as far as it could be read: the program under construction, and beside it
// what the rules ask for and the machine does not: the written JSON and the places of things.
// INVARIANT: `sources` has one entry per program step; what was wrong is left at its default, and
// a finding says so. Where next: parse/document.h makes it, check/rule.h reads it.

#include <cstdint>
#include <string>
#include <vector>

#include "definition/findings.h"
#include "definition/program.h"
#include "json/value.h"

namespace fermata::definition {

inline constexpr StepIndex kNoStep = UINT32_MAX;

// What the place of an expression wants of its value.
enum class ExpressionRole : std::uint8_t {
  Condition,  // a boolean
  Items,      // an array
  Key,        // a string, number or boolean
  Instant,    // an ISO instant
  Text,       // shown to people
  Input,      // a field of an action's or child's input
  Assigned,   // the value of an assignment
  Payload,    // a field of the payload, over {event}
};

struct ExpressionSite {
  StepIndex step = kNoStep;  // kNoStep: the trigger
  std::string path;          // of the finding
  ExpressionRole role = ExpressionRole::Input;
  Expression expression;  // its program is null when it does not compile
};

struct AssignSite {
  StepIndex step = kNoStep;
  std::string path;
  AssignPath target;
};

// A word that a definition refers to: a secret, an error category.
struct WordSite {
  StepIndex step = kNoStep;
  std::string path;
  std::string word;
};

struct Draft {
  Program program;
  const json::Object* document = nullptr;
  std::vector<const json::Object*> sources;  // the step as written, by StepIndex
  std::vector<ExpressionSite> expressions;
  std::vector<AssignSite> assigns;
  std::vector<WordSite> secrets;
  std::vector<WordSite> error_names;  // of retryOn and catchOn

  [[nodiscard]] const Step& step(StepIndex at) const { return program.steps[at]; }
};

}  // namespace fermata::definition
