#pragma once
// Program: what a definition compiles to, once per hash: a flat vector of steps with canonical
// paths, and the sequences that hold them. The machine walks it by index and never sees JSON
// syntax. INVARIANT: immutable after compile(); every StepIndex and SequenceIndex in it is in
// range; steps[i].path is unique. Where next: definition.h makes it, interpreter/machine.h runs it.
// Source of the language: docs/reference/steps.md.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "definition/catalog.h"
#include "definition/mapping.h"
#include "definition/trigger.h"
#include "foundation/ids.h"
#include "json/value.h"

namespace fermata::definition {

enum class StepKind : std::uint8_t {
#define X(kind, name, parks, since, sentence) kind,
#include "definition/step_types.def"
#undef X
};

using StepIndex = std::uint32_t;
using SequenceIndex = std::uint32_t;
// Stands for a branch that was not written (an `if` without `else`).
inline constexpr SequenceIndex kNoSequence = UINT32_MAX;

// Where an assignment writes. One grammar everywhere: payload.a.b, vars.a, local.x, meta.x,
// error.x, /pointer (into payload), and a bare name, which means vars.name.
enum class AssignRoot : std::uint8_t { Payload, Vars, Local, Meta, Error };
struct AssignPath {
  AssignRoot root = AssignRoot::Vars;
  std::vector<std::string> segments;  // at least one
  std::string source;                 // as authored, for messages
};
struct Assignment {
  AssignPath path;
  Expression value;
};

enum class OnError : std::uint8_t { Fail, Continue };

struct RetryPolicy {
  std::uint32_t attempts_max = 1;  // including the first
  std::int64_t backoff_ms = 0;
  double backoff_multiplier = 2;
  std::optional<std::int64_t> max_delay_ms;
  bool jitter = true;  // deterministic, from run id, path, iteration and attempt
  std::vector<std::string>
      retry_on;  // error categories or codes; empty means all that are retryable
};

struct IfStep {
  Expression condition;
  SequenceIndex then_branch = kNoSequence;
  SequenceIndex else_branch = kNoSequence;
};
struct ForEachStep {
  Expression items;
  std::string item_var;
  SequenceIndex body = kNoSequence;
  OnError on_item_error = OnError::Fail;
};
struct TryCatchStep {
  SequenceIndex try_branch = kNoSequence;
  SequenceIndex catch_branch = kNoSequence;
  SequenceIndex finally_branch = kNoSequence;
  std::string capture_error_as;       // vars.<name>; empty when not asked for
  std::vector<std::string> catch_on;  // categories or codes; empty means all catchable
};
struct CallWorkflowStep {
  WorkflowId workflow_id;
  std::int64_t workflow_version = 0;
  std::vector<std::pair<std::string, Expression>> input_mapping;
  std::vector<Assignment> output_mapping;
  std::optional<RetryPolicy> retry;
  OnError on_error = OnError::Fail;
};
struct ReturnStep {};
struct ActionCallStep {
  std::string action_id;
  int action_version = 1;
  ExecutionClass execution = ExecutionClass::Short;
  MappingValue input;  // an Object
  std::optional<AssignPath> save_as;
  std::optional<Expression> idempotency_key;
  std::optional<RetryPolicy> retry;
  OnError on_error = OnError::Fail;
  std::int64_t timeout_ms = 0;  // of one attempt; from the step or the action
};
enum class FilterOp : std::uint8_t {
  Equal,
  NotEqual,
  In,
  NotIn,
  Exists,
  NotExists,
  Greater,
  GreaterEqual,
  Less,
  LessEqual,
  Contains,
  StartsWith,
  EndsWith
};
// As authored: =, !=, in, …
std::string_view word_of(FilterOp op);
struct EventFilter {
  std::vector<std::string> path;
  FilterOp op = FilterOp::Equal;
  json::Value value;
  std::string source_path;  // as authored
};
struct EventWaitStep {
  std::string event_name;
  Expression correlation_key;
  std::vector<EventFilter> filters;
  std::optional<std::int64_t> timeout_ms;
  std::int64_t lookback_ms = 0;
  std::vector<Assignment> assign;
};
struct TimeWaitStep {
  std::optional<std::int64_t> duration_ms;  // one of the two
  std::optional<Expression> until;
  std::vector<Assignment> assign;
};
struct HumanTaskStep {
  std::string task_type;
  Expression title;
  std::optional<Expression> description;
  std::vector<std::pair<std::string, Expression>> context_data;
  std::optional<json::Value> form_schema;  // JSON Schema that an answer must satisfy
  std::optional<Expression> due_at;        // ISO instant, shown to people
  std::optional<std::int64_t> timeout_ms;  // expiry: TimeoutError
  std::vector<Assignment> assign;
};
struct StateSetStep {
  std::string state;
};
struct AssignStep {
  std::vector<Assignment> assign;
};

using StepConfig =
    std::variant<IfStep, ForEachStep, TryCatchStep, CallWorkflowStep, ReturnStep, ActionCallStep,
                 EventWaitStep, TimeWaitStep, HumanTaskStep, StateSetStep, AssignStep>;

struct Step {
  StepKind kind = StepKind::Return;
  std::string_view type_name;  // as authored, e.g. control.if: a constant of this library
  std::string id;
  StepPath path;                           // root.steps[2].then.steps[0]
  std::string name;                        // for people; may be empty
  SequenceIndex sequence = 0;              // where it stands …
  std::uint32_t position = 0;              // … and its place there
  std::optional<std::int64_t> timeout_ms;  // of the whole step, all attempts: TimeoutError
  StepConfig config;
};

struct Sequence {
  std::string path;              // root.steps, root.steps[0].body.steps, …
  StepIndex owner = UINT32_MAX;  // the step whose branch it is; UINT32_MAX for the root
  std::vector<StepIndex> steps;
};

struct Program {
  std::string hash;  // json::hash of the stored definition
  WorkflowId workflow_id;
  std::int64_t version = 0;
  std::string name;
  std::string description;
  std::string payload_schema_ref;
  std::optional<Trigger> trigger;  // for the launcher; the machine does not read it
  std::optional<std::int64_t> run_timeout_ms;
  std::vector<Step> steps;               // in the order of the document
  std::vector<Sequence> sequences;       // sequences[0] is the root
  std::vector<StepIndex> steps_by_path;  // sorted; made by index_paths()
  std::vector<SequenceIndex> sequences_by_path;

  // Fills the two indexes; called once, when all steps and sequences are there.
  void index_paths();

  // The step or sequence with this canonical path, or nothing: used when a checkpoint is loaded.
  [[nodiscard]] std::optional<StepIndex> step_at(const StepPath& path) const;
  [[nodiscard]] std::optional<SequenceIndex> sequence_at(std::string_view path) const;
};
using ProgramPtr = std::shared_ptr<const Program>;

// The authored name ("control.if") and the sentence of a step type.
std::string_view dsl_name(StepKind kind);
std::string_view describe(StepKind kind);

}  // namespace fermata::definition
