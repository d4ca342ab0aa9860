#include "worker/run_driver.h"

#include <algorithm>

#include "foundation/format.h"
#include "foundation/match.h"
#include "interpreter/semantics.h"
#include "projection/fold.h"
#include "worker/child_end.h"
#include "worker/foreign_activity.h"
#include "worker/launch_row.h"
#include "worker/queries.h"
#include "worker/stamps.h"
#include "worker/translate.h"

namespace fermata::worker {
namespace {

namespace in = interpreter;

// Timers of ours that wait out a local activity's backoff; the machine's own numbers stay far
// below.
constexpr in::Seq kBackoffBase = 0x8000'0000U;

in::RunError as_run_error(const Error& error, TimeMs now) {
  in::RunError made;
  made.category = in::category::kValidation;
  made.code = error.code;
  made.message = error.message;
  made.node_path = "root";
  made.at = now;
  return made;
}

// What says no for good, as opposed to a store that is away for a moment.
bool is_final(const Error& error) {
  return error.code == "NOT_FOUND" || error.code == "DEFINITION_HASH_MISMATCH" ||
         error.code == "DEFINITION_INVALID" || error.code == "CHECKPOINT_INVALID";
}

}  // namespace

in::Host RunDriver::host() const {
  return {*program_, arguments_.identity, parts_.pure_actions};
}

void RunDriver::add(in::InputKind kind) {
  inputs_.push_back({now_, std::move(kind)});
}

Driven RunDriver::handle(const temporal::Activation& activation) {
  now_ = activation.timestamp;
  inputs_.clear();
  commands_.clear();
  effects_.clear();
  first_effect_.reset();
  launch_.reset();
  Driven driven;
  driven.completion.run_id = activation.run_id;
  const auto fail_task = [&](const Error& error) {
    const auto cause = error.code == "NONDETERMINISM" ? temporal::TaskFailureCause::Nondeterminism
                                                      : temporal::TaskFailureCause::Unspecified;
    driven.completion.status = temporal::TaskFailure{plain_failure(error), cause};
  };
  // Nothing is guessed: the task waits for a worker that has the key.
  if (!activation.missing_key.empty()) {
    fail_task(temporal::sealed_error(activation.missing_key));
    return driven;
  }
  // Whatever came with what fills a task is heard in the next one.
  const bool is_full = bytes_.add(activation);
  const bool is_put_off = is_full || puts_off(activation);
  Result<void> taken = take_all(activation, is_put_off);
  const bool only_queries =
      !activation.jobs.empty() && std::ranges::all_of(activation.jobs, [](const auto& job) {
        return std::holds_alternative<temporal::QueryWorkflow>(job);
      });
  if (taken.has_value() && !only_queries && !is_over_ && !is_put_off) taken = advance(activation);
  if (!taken.has_value()) {
    fail_task(taken.error());
    return driven;
  }
  driven.corrected = std::exchange(corrected_, std::nullopt);
  driven.run_id = arguments_.identity.run_id;
  driven.launch = std::move(launch_);
  const std::uint64_t first_row = first_effect_ ? next_row_number() : 0;
  if (first_effect_ && (!activation.is_replaying || parts_.rows_of == RowsOf::WholeHistory)) {
    driven.first_effect = *first_effect_;
    driven.rows = projection::fold(
        {arguments_.identity.tenant, arguments_.identity.run_id, first_row, now_}, effects_);
    auto& row = driven.rows->run;
    if (row && row->completed_at && state_) row->steps = state_->steps;
  }
  if (is_full) {
    commands_.emplace_back(bytes_.take_break());
    // Nothing new, but what was not awaited before is now: this ends the task.
    if (!activation.is_replaying) driven.rows.emplace();
  }
  if (!is_acting()) bytes_.sent();
  driven.completion.status = std::move(commands_);
  return driven;
}

bool RunDriver::is_acting() const {
  return std::ranges::any_of(actions_, [&](const auto& entry) {
    const in::RunAction& action = entry.second;
    return action.execution != definition::ExecutionClass::Durable && !is_foreign(action) &&
           !backoffs_.contains(entry.first);
  });
}

bool RunDriver::puts_off(const temporal::Activation& activation) const {
  return is_acting() && std::ranges::all_of(activation.jobs, [](const temporal::Job& job) {
           return std::holds_alternative<temporal::SignalWorkflow>(job) ||
                  std::holds_alternative<temporal::QueryWorkflow>(job);
         });
}

bool RunDriver::put_off(const temporal::Job& job) {
  if (std::holds_alternative<temporal::QueryWorkflow>(job) ||
      std::holds_alternative<temporal::DoUpdate>(job))
    return false;
  if (const auto* resolved = std::get_if<temporal::ResolveActivity>(&job))
    correct(resolved->seq, began_at(*resolved));
  put_off_.push_back(job);
  return true;
}

Result<void> RunDriver::take_all(const temporal::Activation& activation, bool is_put_off) {
  if (!is_put_off) {
    if (const auto timer = bytes_.go_on(activation)) commands_.emplace_back(*timer);
    for (const temporal::Job& job : std::exchange(put_off_, {})) TRY_DO(take(job, activation));
  }
  for (const temporal::Job& job : activation.jobs)
    if (!is_put_off || !put_off(job)) TRY_DO(take(job, activation));
  return {};
}

// By time, then by effect: a task that a crash repeats may go another way than its rows did,
// because more has come since, and what it writes later has to count.
std::uint64_t RunDriver::next_row_number() {
  constexpr unsigned kEffectBits = 20;  // 2^20 effects of one time, and times until the year 2248
  const auto now = static_cast<std::uint64_t>(now_);
  if (now > row_time_) {
    row_time_ = now;
    row_effect_ = *first_effect_;
  }
  return (row_time_ << kEffectBits) + (*first_effect_ - row_effect_);
}

Result<void> RunDriver::take(const temporal::Job& job, const temporal::Activation& activation) {
  return std::visit(
      match{[&](const temporal::InitializeWorkflow& j) { return initialize(j, activation); },
            [&](const temporal::FireTimer& j) -> Result<void> {
              take_timer(j);
              return {};
            },
            [&](const temporal::ResolveActivity& j) -> Result<void> {
              take_activity(j);
              return {};
            },
            [&](const temporal::ResolveChildStart& j) -> Result<void> {
              if (j.status == temporal::ChildStart::Started) return {};
              in::RunError error;
              const bool is_canceled = j.status == temporal::ChildStart::Canceled;
              error.category =
                  is_canceled ? in::category::kCancellation : in::category::kChildWorkflow;
              error.code = "CHILD_NOT_STARTED";
              error.message = "the child workflow could not be started";
              add(in::ChildFailed{j.seq, std::move(error)});
              return {};
            },
            [&](const temporal::ResolveChild& j) -> Result<void> {
              take_child(j);
              return {};
            },
            [&](const temporal::SignalWorkflow& j) -> Result<void> {
              if (auto kind = input_of(j, now_)) add(*std::move(kind));
              return {};
            },
            [&](const temporal::QueryWorkflow& j) -> Result<void> {
              answer(j);
              return {};
            },
            [&](const temporal::DoUpdate& j) -> Result<void> {
              answer(j);
              return {};
            },
            [&](const temporal::CancelWorkflow& j) -> Result<void> {
              add(in::CancelRequested{j.reason});
              return {};
            },
            [](const auto&) -> Result<void> { return {}; }},
      job);
}

Result<void> RunDriver::initialize(const temporal::InitializeWorkflow& job,
                                   const temporal::Activation& activation) {
  if (job.arguments.size() != 1)
    return make_error(ErrorKind::Invalid, "RUN_ARGUMENTS_INVALID", "a run takes one argument");
  TRY(const json::Value argument, temporal::to_json_of_ours(job.arguments.front()));
  TRY(arguments_, service::RunArguments::from_json(argument));
  in::RunIdentity& identity = arguments_.identity;
  // Its task waits for a worker that knows what it means.
  if (identity.semantics > in::kCurrentSemantics)
    return make_error(ErrorKind::Invalid, "NONDETERMINISM",
                      format("the run is of semantics version {}, this worker knows up to {}",
                             identity.semantics, in::kCurrentSemantics));
  auto program = parts_.definitions.load(
      {identity.tenant, identity.workflow_id, identity.workflow_version, identity.definition_hash});
  if (!program.has_value() && !is_final(program.error())) return std::move(program).error();
  if (program.has_value()) {
    program_ = *std::move(program);
    identity.definition_hash = program_->hash;
  }
  const bool is_all = parts_.rows_of == RowsOf::WholeHistory;
  const bool is_new_child = arguments_.parent_run_id && !activation.is_replaying;
  if (!arguments_.checkpoint && (is_all || is_new_child))
    launch_ = launch_row(arguments_, job, activation.run_id);
  if (program_ == nullptr) {
    fail_run(as_run_error(program.error(), now_));
    return {};
  }
  if (!arguments_.checkpoint) {
    state_ = in::initial_state(host(), arguments_.payload, arguments_.meta);
    return {};
  }
  auto loaded = in::load(host(), *arguments_.checkpoint);
  arguments_.checkpoint.reset();
  if (loaded.has_value()) {
    state_ = *std::move(loaded);
  } else if (loaded.error().code == "NONDETERMINISM") {
    return std::move(loaded).error();
  } else {
    in::RunError error = as_run_error(loaded.error(), now_);
    error.category = in::category::kCorruption;
    fail_run(error);
  }
  return {};
}

const definition::Step* RunDriver::place() const {
  if (!state_ || !state_->branches.front().parked) return nullptr;
  return &program_->steps[state_->branches.front().parked->visit.step];
}

void RunDriver::fail_run(const in::RunError& error) {
  is_over_ = true;
  effects_.emplace_back(in::Fail{error});
  first_effect_ = 1;
  commands_.emplace_back(temporal::FailWorkflow{failure_of(error)});
}

void RunDriver::take_timer(const temporal::FireTimer& job) {
  if (TaskBytes::is_break(job.seq)) return;
  if (job.seq < kBackoffBase) {
    add(in::TimerFired{job.seq});
    return;
  }
  const in::Seq seq = job.seq - kBackoffBase;
  const auto action = actions_.find(seq);
  const auto backoff = backoffs_.find(seq);
  if (action == actions_.end() || backoff == backoffs_.end()) return;
  if (is_foreign(action->second)) {
    // Its input could be scheduled before.
    commands_.emplace_back(std::get<temporal::ScheduleActivity>(schedule_foreign(action->second)));
  } else {
    commands_.push_back(schedule(action->second, arguments_.identity, now_, &backoff->second));
  }
  backoffs_.erase(backoff);
}

void RunDriver::note_end(in::Seq seq, ActionEnd end) {
  const auto action = actions_.find(seq);
  if (parts_.rows_of != RowsOf::WholeHistory || action == actions_.end() ||
      is_foreign(action->second))
    return;
  end.at = now_;
  ends_.insert_or_assign(action->second.idempotency_key, std::move(end));
}

void RunDriver::correct(in::Seq seq, std::optional<TimeMs> began_at) {
  const auto begun = std::exchange(begun_, std::nullopt);
  if (!begun || !began_at || *began_at == begun->options.now) return;
  auto again = advance_at(host(), *begun, seq, *began_at);
  if (!again) return;
  state_ = std::move(again->state);
  for (const in::Effect& effect : again->effects)
    if (const auto* action = std::get_if<in::RunAction>(&effect))
      actions_.insert_or_assign(action->seq, *action);
  if (parts_.rows_of != RowsOf::WholeHistory) return;
  row_time_ = begun->row_time;
  row_effect_ = begun->row_effect;
  const TimeMs now = std::exchange(now_, *began_at);
  first_effect_ = again->first_effect_number;
  const in::RunIdentity& identity = arguments_.identity;
  corrected_ =
      projection::fold({identity.tenant, identity.run_id, next_row_number(), now_}, again->effects);
  now_ = now;
  first_effect_.reset();
}

// One that another worker takes has one try only, so that Temporal does not repeat it by itself.
void RunDriver::wait_for_key(in::Seq seq) {
  const std::int64_t delay_ms = sealed_delay_ms(++sealed_tries_[seq]);
  backoffs_.insert_or_assign(seq, temporal::ActivityBackoff{sealed_tries_[seq], delay_ms, 0});
  commands_.emplace_back(temporal::StartTimer{kBackoffBase + seq, delay_ms});
}

void RunDriver::take_activity(const temporal::ResolveActivity& job) {
  correct(job.seq, began_at(job));
  std::visit(
      match{
          [&](const temporal::ActivityCompleted& done) {
            auto output = temporal::to_json(done.result);
            if (output.has_value()) {
              note_end(job.seq, {*output, std::nullopt});
              add(in::ActionCompleted{job.seq, *std::move(output)});
            } else {
              in::RunError error = as_run_error(output.error(), now_);
              error.category = in::category::kAction;
              add(in::ActionFailed{job.seq, std::move(error), std::nullopt});
            }
            end_action(job.seq);
          },
          [&](const temporal::ActivityFailed& failed) {
            const auto action = actions_.find(job.seq);
            const bool is_other = action != actions_.end() && is_foreign(action->second);
            if (is_other && failed.failure.root().type == service::kSealedFailure)
              return wait_for_key(job.seq);
            in::RunError error =
                is_other ? foreign_error_of(failed.failure) : run_error_of(failed.failure);
            note_end(job.seq, {std::nullopt, error.to_json()});
            add(in::ActionFailed{job.seq, std::move(error), retry_after_of(failed.failure)});
            end_action(job.seq);
          },
          [&](const temporal::ActivityCanceled& canceled) {
            in::RunError error = run_error_of(canceled.failure);
            error.category = in::category::kCancellation;
            add(in::ActionFailed{job.seq, std::move(error), std::nullopt});
            end_action(job.seq);
          },
          [&](const temporal::ActivityBackoff& backoff) {
            backoffs_.insert_or_assign(job.seq, backoff);
            commands_.emplace_back(temporal::StartTimer{kBackoffBase + job.seq, backoff.delay_ms});
          }},
      job.outcome);
}

void RunDriver::take_child(const temporal::ResolveChild& job) {
  add(end_of_child(job, arguments_.identity, now_));
}

void RunDriver::answer(const temporal::QueryWorkflow& query) {
  commands_.emplace_back(state_ ? answer_query(host(), *state_, query)
                                : answer_without_state(query));
}

void RunDriver::answer(const temporal::DoUpdate& update) {
  const Error error =
      make_error(ErrorKind::NotFound, "UPDATE_UNKNOWN", format("unknown update `{}`", update.name));
  commands_.emplace_back(
      temporal::UpdateResponse{update.protocol_instance_id, plain_failure(error)});
}

Result<void> RunDriver::advance(const temporal::Activation& activation) {
  in::AdvanceOptions options{now_, activation.continue_as_new_suggested
                                       ? in::HistorySuggestion::ContinueAsNew
                                       : in::HistorySuggestion::None};
  begun_.reset();
  if (activation.is_replaying || parts_.rows_of == RowsOf::WholeHistory)
    begun_ = Begun{*state_, inputs_, options, row_time_, row_effect_};
  // Carrying out an effect may itself be an input (a backoff that is canceled): then once more.
  do {
    const std::vector<in::Input> inputs = std::exchange(inputs_, {});
    TRY(in::Advance step, in::advance(host(), *std::move(state_), inputs, options));
    state_ = std::move(step.state);
    if (!first_effect_) first_effect_ = step.first_effect_number;
    for (in::Effect& effect : step.effects) {
      carry_out(effect);
      effects_.push_back(std::move(effect));
    }
  } while (!inputs_.empty() && !is_over_);
  if (std::ranges::none_of(commands_, [](const temporal::Command& command) {
        return std::holds_alternative<temporal::ScheduleLocalActivity>(command);
      }))
    begun_.reset();
  return {};
}

void RunDriver::cancel_action(in::Seq seq) {
  const auto action = actions_.find(seq);
  if (action == actions_.end()) return;
  if (backoffs_.erase(seq) > 0) {
    commands_.emplace_back(temporal::CancelTimer{kBackoffBase + seq});
    in::RunError error;
    error.category = in::category::kCancellation;
    add(in::ActionFailed{seq, std::move(error), std::nullopt});
  } else if (action->second.execution == definition::ExecutionClass::Durable ||
             is_foreign(action->second)) {
    commands_.emplace_back(temporal::RequestCancelActivity{seq});
  } else {
    commands_.emplace_back(temporal::RequestCancelLocalActivity{seq});
  }
}

void RunDriver::run_action(const in::RunAction& action) {
  ends_.erase(action.idempotency_key);
  if (is_foreign(action)) {
    auto scheduled = schedule_foreign(action);
    if (auto* wrong = std::get_if<in::RunError>(&scheduled)) {
      add(in::ActionFailed{action.seq, std::move(*wrong), std::nullopt});
      return;
    }
    commands_.emplace_back(std::get<temporal::ScheduleActivity>(std::move(scheduled)));
  } else {
    commands_.push_back(schedule(action, arguments_.identity, now_, nullptr));
  }
  actions_.insert_or_assign(action.seq, action);
}

void RunDriver::carry_out(in::Effect& effect) {
  std::visit(
      match{[&](const in::RunAction& e) { run_action(e); },
            [&](const in::CancelAction& e) { cancel_action(e.seq); },
            [&](const in::StartTimer& e) {
              commands_.emplace_back(temporal::StartTimer{e.seq, e.delay_ms});
            },
            [&](const in::CancelTimer& e) { commands_.emplace_back(temporal::CancelTimer{e.seq}); },
            [&](const in::StartChild& e) { commands_.push_back(start_child(e, arguments_)); },
            [&](const in::CancelChild& e) {
              commands_.emplace_back(temporal::CancelChild{e.seq, "the parent was canceled"});
            },
            [&](const in::Complete& e) {
              is_over_ = true;
              commands_.emplace_back(temporal::CompleteWorkflow{temporal::to_payload(e.result)});
            },
            [&](const in::Fail& e) {
              is_over_ = true;
              commands_.emplace_back(temporal::FailWorkflow{failure_of(e.error)});
            },
            [&](const in::CancelRun&) {
              is_over_ = true;
              commands_.emplace_back(temporal::CancelExecution{});
            },
            [&](in::ContinueAsNew& e) {
              is_over_ = true;
              service::RunArguments next = arguments_;
              next.payload = json::Object{};  // travels in the checkpoint, as the run left it
              next.checkpoint = std::move(e.checkpoint);
              temporal::ContinueAsNew command;
              command.arguments = {temporal::to_payload(next.to_json())};
              command.task_timeout_ms = service::kTaskTimeoutMs;
              commands_.emplace_back(std::move(command));
            },
            [](const auto&) {}},
      effect);
}

}  // namespace fermata::worker
