#pragma once
// Tasks: what people are asked by runs. A task is the open wait of a human.task step; its answer is
// checked against the form here, so a wrong one never wakes the run and can be given again.

#include <string>

#include "foundation/clock.h"
#include "store/store.h"
#include "temporal/client.h"

namespace fermata::service {

struct Answer {
  TenantId tenant;
  TaskId task;
  std::string answer_id;  // the same one is taken once
  json::Value response;
  bool is_admin_override = false;  // the form is not asked
};

class Tasks {
 public:
  Tasks(store::Store& store, temporal::Client client) : store_(store), client_(std::move(client)) {}

  // Errors: NOT_FOUND, TASK_CLOSED, ANSWER_INVALID (naming everything that does not fit the form),
  // TEMPORAL_*.
  Result<void> answer(const Answer& answer);

 private:
  store::Store& store_;
  temporal::Client client_;
};

}  // namespace fermata::service
