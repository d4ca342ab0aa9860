#pragma once
// The simulator's door: the production machine under virtual time, with no server. A program, a
// payload and fixtures give a report. INVARIANT: pure; the machine (interpreter/machine.h) decides
// everything that a run does, this library only plays the world around it. Where next: world.cc.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "definition/program.h"
#include "interpreter/machine.h"
#include "interpreter/pure_action.h"
#include "interpreter/semantics.h"
#include "simulate/fixtures.h"
#include "simulate/report.h"

namespace fermata::simulate {

// Whether an answer fits a form: what is wrong with it, a sentence each; nothing when it fits.
class FormCheck {
 public:
  virtual ~FormCheck() = default;
  [[nodiscard]] virtual std::vector<std::string> problems(const json::Value& schema,
                                                          const json::Value& answer) const = 0;
};

// Sees what the machine asks for, as it asks.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void effects(const interpreter::RunIdentity& run, TimeMs now,
                       const interpreter::Advance& step) = 0;
};

// What goes wrong on purpose. None of it may change what a sound definition does, but for times.
struct Faults {
  bool crashes = false;         // the state is saved and loaded after every input
  bool repeats_inputs = false;  // everything is delivered twice
  bool batches_inputs = false;  // what happens at one instant comes in one activation
  bool renews_history = false;  // the server suggests a new history all the time
  std::int64_t late_events_ms = 0;
  std::int64_t late_timers_ms = 0;  // no worker is there when they fire
  std::int64_t slow_actions_ms = 0;
  std::uint32_t failing_attempts = 0;  // the first attempts of each call fail with TransientError
};

// How much one simulation may take. A definition ends by itself, but its children may multiply: the
// first default is some minutes of work.
struct PlayLimits {
  std::uint64_t activations = 2'000'000;  // of all runs
  std::uint64_t steps = UINT64_MAX;       // of all runs
  std::uint64_t bytes = UINT64_MAX;       // of the inputs of actions: all of them are in the report
  std::uint64_t expression_steps = UINT64_MAX;  // of all expressions (jsonata::Budget)
};

using Programs = std::map<std::string, definition::ProgramPtr>;  // by `workflowId@version`

// What does not change from run to run.
struct Stage {
  const interpreter::PureActions& pure_actions;
  const Programs& children;
  const FormCheck* form_check = nullptr;  // without it every answer fits
  Observer* observer = nullptr;
  Faults faults;
  std::uint32_t semantics = interpreter::kCurrentSemantics;
  bool keeps_timeline = true;  // costs as much as playing
  // A step of the first run that is not begun any more: the report is of that moment.
  std::optional<definition::StepIndex> stop_before = std::nullopt;
  PlayLimits limits = {};
};

// Plays a run of `program` to its end, or until nothing is left that could wake it.
Report simulate(const definition::ProgramPtr& program, const json::Value& payload,
                const Fixtures& fixtures, const Stage& stage);

}  // namespace fermata::simulate
