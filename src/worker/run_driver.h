#pragma once
// RunDriver: one cached run: activations in, commands and rows out. It translates and nothing else;
// what a step means is the interpreter's. One thread at a time, as Core promises.

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "actions/registry.h"
#include "interpreter/machine.h"
#include "projection/rows.h"
#include "service/contract.h"
#include "service/definition_cache.h"
#include "temporal/activation.h"
#include "temporal/command.h"
#include "worker/begun.h"
#include "worker/task_bytes.h"

namespace fermata::worker {

// Rows of what is new, as a worker writes them; or of all, to make them again from a history.
enum class RowsOf : std::uint8_t { WhatIsNew, WholeHistory };

struct DriverParts {
  service::DefinitionSource& definitions;
  const interpreter::PureActions& pure_actions;
  RowsOf rows_of = RowsOf::WhatIsNew;
};

// How an action ended, as the history has it.
struct ActionEnd {
  std::optional<json::Value> output;  // of a success
  std::optional<json::Value> error;
  TimeMs at = 0;
};
using ActionEnds = std::map<std::string, ActionEnd>;  // by idempotency key

struct Driven {
  temporal::Completion completion;
  RunId run_id;
  // The row that a launcher makes; of a child, which has none, and of every run when all is made
  // again. A repeated task finds it there already.
  std::optional<store::LaunchRow> launch;
  std::uint64_t first_effect = 0;            // of the rows
  std::optional<projection::RowBatch> rows;  // to be committed before the completion is given
  // Of a whole history: instead of the rows before these.
  std::optional<projection::RowBatch> corrected;
};

// One cached workflow. One thread at a time, as Core promises.
class Driver {
 public:
  virtual ~Driver() = default;
  virtual Driven handle(const temporal::Activation& activation) = 0;
};

class RunDriver final : public Driver {
 public:
  explicit RunDriver(DriverParts parts) : parts_(parts) {}

  Driven handle(const temporal::Activation& activation) override;
  // The step that the run is parked on, or null.
  [[nodiscard]] const definition::Step* place() const;
  // Local actions are under way, so the times of what came last are not certain yet.
  [[nodiscard]] bool is_open() const { return begun_.has_value(); }
  // Of a whole history: the actions of ours that ended, and were not begun again.
  [[nodiscard]] const ActionEnds& ends() const { return ends_; }

 private:
  Result<void> initialize(const temporal::InitializeWorkflow& job,
                          const temporal::Activation& activation);
  Result<void> take(const temporal::Job& job, const temporal::Activation& activation);
  // A local one.
  [[nodiscard]] bool is_acting() const;
  // There is nothing but signals, while a local action is under way.
  [[nodiscard]] bool puts_off(const temporal::Activation& activation) const;
  // False: it must be answered now.
  bool put_off(const temporal::Job& job);
  // With what was put off before, or putting this off, too.
  Result<void> take_all(const temporal::Activation& activation, bool is_put_off);
  void take_activity(const temporal::ResolveActivity& job);
  void note_end(interpreter::Seq seq, ActionEnd end);
  // A local action was begun at this time, which need not be the one that the history gave.
  void correct(interpreter::Seq seq, std::optional<TimeMs> began_at);
  void wait_for_key(interpreter::Seq seq);
  void end_action(interpreter::Seq seq) {
    actions_.erase(seq);
    sealed_tries_.erase(seq);
  }
  void take_timer(const temporal::FireTimer& job);
  void take_child(const temporal::ResolveChild& job);
  void answer(const temporal::QueryWorkflow& query);
  void answer(const temporal::DoUpdate& update);
  void add(interpreter::InputKind kind);
  Result<void> advance(const temporal::Activation& activation);
  void run_action(const interpreter::RunAction& action);
  void carry_out(interpreter::Effect& effect);
  void cancel_action(interpreter::Seq seq);
  [[nodiscard]] std::uint64_t next_row_number();
  void fail_run(const interpreter::RunError& error);
  [[nodiscard]] interpreter::Host host() const;

  DriverParts parts_;
  service::RunArguments arguments_;
  definition::ProgramPtr program_;
  std::optional<interpreter::RunState> state_;
  // Actions under way, to schedule again after a backoff and to know how to cancel.
  std::map<interpreter::Seq, interpreter::RunAction> actions_;
  std::map<interpreter::Seq, temporal::ActivityBackoff> backoffs_;
  // Signals that came while a local action ran are heard when it ends, or with what ends it: at a
  // time that the history keeps. The one at which they came is lost when empty tasks follow it. All
  // that comes with the end that fills a task is heard in the next one.
  std::vector<temporal::Job> put_off_;
  TaskBytes bytes_;
  std::map<interpreter::Seq, std::uint32_t> sealed_tries_;
  ActionEnds ends_;
  // Of the activation under way.
  TimeMs now_ = 0;
  // What rows are numbered from: the newest time so far and the first effect at it.
  std::uint64_t row_time_ = 0;
  std::uint64_t row_effect_ = 0;
  bool is_over_ = false;
  std::vector<interpreter::Input> inputs_;
  std::vector<temporal::Command> commands_;
  std::vector<interpreter::Effect> effects_;
  std::optional<std::uint64_t> first_effect_;
  std::optional<store::LaunchRow> launch_;
  // The activation before, if it was out of a history and began local actions.
  std::optional<Begun> begun_;
  std::optional<projection::RowBatch> corrected_;
};

}  // namespace fermata::worker
