#pragma once
// The interpreter's door. A run is a value (RunState, state.h); these functions take it and give
// the next one, with what to do about it. Pure: no clock, no randomness, no IO. Read machine.cc
// next: deliver all inputs, then run until parked.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "definition/program.h"
#include "foundation/ids.h"
#include "foundation/result.h"
#include "interpreter/effect.h"
#include "interpreter/input.h"
#include "interpreter/pure_action.h"
#include "interpreter/semantics.h"
#include "interpreter/state.h"

namespace fermata::interpreter {

// Who runs: fixed at launch, the same over continue-as-new. Visible to authors as `system`.
struct RunIdentity {
  RunId run_id;
  TenantId tenant;
  WorkflowId workflow_id;
  std::int64_t workflow_version = 0;
  std::string definition_hash;
  std::uint32_t semantics = 0;  // semantics.h; pinned at launch
  std::uint32_t depth = 0;      // 0 without a parent

  [[nodiscard]] bool uses(Semantics since) const {
    return semantics >= static_cast<std::uint32_t>(since);
  }
};

// What the outside of the machine offers to it; all of it is fixed for the life of the process.
struct Host {
  const definition::Program& program;
  const RunIdentity& identity;
  const PureActions& pure_actions;
};

struct Advance {
  RunState state;
  std::uint64_t first_effect_number = 0;
  std::vector<Effect> effects;
  std::uint64_t expression_steps = 0;  // what its expressions cost (jsonata::Budget)
  bool is_stopped = false;             // where AdvanceOptions::stop_before asked for
};

// What authors see as `system`: {runId, workflowId, workflowVersion, tenantId, definitionHash,
// runtimeSemanticsVersion}.
json::Value system_scope(const RunIdentity& identity);

// A new run before its first step. `payload` that is no object becomes {}; `meta` seeds meta.*
// (trigger provenance).
RunState initial_state(const Host& host, const json::Value& payload, const json::Value& meta);

// The one entry. Applies every input in order, then runs steps until all is parked or the run ends.
// `inputs` may be empty (the first call; a yielded one). `now` is workflow time of this activation.
// `suggestion`: the server would like a new history soon.
// The error is nondeterminism and nothing else: NONDETERMINISM. A run that fails is a successful
// advance.
enum class HistorySuggestion : std::uint8_t { None, ContinueAsNew };
struct AdvanceOptions {
  TimeMs now = 0;
  HistorySuggestion suggestion = HistorySuggestion::None;
  // A step that is not begun: for those who look at a run at a place.
  std::optional<definition::StepIndex> stop_before = std::nullopt;
  // All expressions of this call together: what is beyond fails as if it were too much for one.
  std::uint64_t expression_steps_max = UINT64_MAX;
};
Result<Advance> advance(const Host& host, RunState state, std::span<const Input> inputs,
                        const AdvanceOptions& options);

// Checkpoint: the whole state as JSON with a format number; positions are written as canonical
// paths and checked against the program when loaded. A loop's long list is left out when its
// expression gives it again; what is done of any other stays behind. Errors of load:
// CHECKPOINT_INVALID, the caller fails the run with InterpreterCorruption; NONDETERMINISM.
json::Value save(const Host& host, const RunState& state);
Result<RunState> load(const Host& host, const json::Value& checkpoint);

// Answers to queries; none of them changes anything.
json::Value query_current_step(const Host& host, const RunState& state);
json::Value query_current_wait(const Host& host, const RunState& state);
json::Value query_summary(const Host& host, const RunState& state);

}  // namespace fermata::interpreter
