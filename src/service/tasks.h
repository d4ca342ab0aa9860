#pragma once
// Tasks: what people are asked by runs. A task is the open wait of a human.task step; somebody may
// claim it; its answer is checked against the form here, so a wrong one never wakes the run and can
// be given again.

#include <memory>
#include <string>

#include "foundation/clock.h"
#include "service/run_signals.h"
#include "store/store.h"
#include "store/task_answers.h"

namespace fermata::service {

struct Answer {
  TenantId tenant;
  TaskId task;
  std::string answer_id;  // the same one is taken once
  json::Value response;
  std::string by;                  // who answers; empty: not said
  bool is_admin_override = false;  // neither the form nor the claim is asked
};

class Tasks {
 public:
  Tasks(store::Store& store, std::shared_ptr<RunSignals> signals, const Clock& clock)
      : store_(store), signals_(std::move(signals)), clock_(clock) {}

  // One answer is accepted; it again is no error. When Temporal is away it stays accepted, and
  // deliver_late() brings it to the run. Errors: NOT_FOUND, TASK_CLOSED, TASK_ANSWERED (by another
  // one), TASK_CLAIMED (by somebody else), ANSWER_INVALID (naming everything that does not fit the
  // form), TEMPORAL_*.
  Result<void> answer(const Answer& answer);
  // What was accepted before and the run does not have. Gives how many it has now.
  Result<std::size_t> deliver_late(TimeMs before);
  // Errors: NOT_FOUND, TASK_CLOSED, TASK_CLAIMED. Claiming again is no error.
  Result<store::TaskRow> claim(const TenantId& tenant, const TaskId& task, const std::string& by);
  // Errors: NOT_FOUND, TASK_CLOSED, TASK_CLAIMED when it is not `by` who has it; empty: whoever.
  Result<store::TaskRow> release(const TenantId& tenant, const TaskId& task, const std::string& by);

 private:
  Result<void> deliver(const store::AnswerRow& row);
  Result<store::TaskRow> open_task(const TenantId& tenant, const TaskId& task);

  store::Store& store_;
  std::shared_ptr<RunSignals> signals_;
  const Clock& clock_;
};

}  // namespace fermata::service
