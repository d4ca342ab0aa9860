#pragma once
// Between the interpreter's words and Temporal's. Values in, values out; no decisions about steps.

#include <optional>

#include "actions/action.h"
#include "interpreter/effect.h"
#include "interpreter/input.h"
#include "service/contract.h"
#include "temporal/activation.h"
#include "temporal/command.h"

namespace fermata::worker {

// Of a task: an operation's error, as Temporal shows it.
temporal::Failure plain_failure(const Error& error);
// The author's error as an activity's failure, and back. Also timeouts and cancellations, which
// have no words of ours in them.
temporal::Failure failure_of(const actions::ActionFailure& failure);
interpreter::RunError run_error_of(const temporal::Failure& failure);
std::optional<std::int64_t> retry_after_of(const temporal::Failure& failure);
// A run's end as the workflow's failure: type `Fermata.<category>`.
temporal::Failure failure_of(const interpreter::RunError& error);

// For activities that fail only when the store or a worker is away.
temporal::RetryPolicy until_it_works();

// The argument of the action activity; `now` is the workflow's time.
json::Value action_argument(const interpreter::RunAction& action,
                            const interpreter::RunIdentity& identity, TimeMs now);
temporal::Command schedule(const interpreter::RunAction& action,
                           const interpreter::RunIdentity& identity, TimeMs now,
                           const temporal::ActivityBackoff* backoff);
temporal::Command start_child(const interpreter::StartChild& child,
                              const service::RunArguments& parent);

// Signals. Nothing: not one of ours, or broken; the caller ignores it.
std::optional<interpreter::InputKind> input_of(const temporal::SignalWorkflow& signal, TimeMs now);

}  // namespace fermata::worker
