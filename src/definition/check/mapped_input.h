#pragma once
// The input that a step maps for something with a schema, an action or a workflow, as deep as it is
// written out: under an expression or a secret nothing is known but its kind.

#include <string>

#include "definition/check/rule.h"
#include "definition/types/environment.h"

namespace fermata::definition::rules {

struct MappedInput {
  StepIndex step = kNoStep;
  const json::Value* mapping = nullptr;  // as written; null: nothing is mapped
  std::string path;                      // of the mapping
  const json::Value& schema;             // of what takes it
  std::string taker = "the action";      // how messages call that
  Severity severity = Severity::Error;
};

// Reports MISSING_REQUIRED_MAPPING, UNKNOWN_INPUT_FIELD, MAPPING_TYPE_INCOMPATIBLE.
void check_mapped_input(const RuleInput& input, const TypeEnvironment& types,
                        const MappedInput& mapped);

}  // namespace fermata::definition::rules
