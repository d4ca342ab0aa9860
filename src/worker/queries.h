#pragma once
// Queries: what a cached run answers to those who ask Temporal about it.

#include "interpreter/machine.h"
#include "temporal/activation.h"
#include "temporal/command.h"

namespace fermata::worker {

temporal::QueryResult answer_query(const interpreter::Host& host,
                                   const interpreter::RunState& state,
                                   const temporal::QueryWorkflow& query);
// Of a run that never began, or failed before its first step.
temporal::QueryResult answer_without_state(const temporal::QueryWorkflow& query);

}  // namespace fermata::worker
