#pragma once
// TaskAnswers: which answer to a task stands. One is accepted, for good, whoever asks at once; it
// is kept until the run has it, so that a crash between the two loses nothing. Errors as in
// store.h.

#include <cstddef>
#include <string>
#include <vector>

#include "foundation/clock.h"
#include "foundation/ids.h"
#include "foundation/result.h"
#include "json/value.h"

namespace fermata::store {

class Sql;

struct AnswerRow {
  TenantId tenant;
  TaskId task;
  std::string answer_id;
  std::string hash;  // of what is answered: the same id with another answer is another answer
  RunId run;
  json::Value signal;  // what the run is told
  TimeMs at = 0;
};

class TaskAnswers {
 public:
  explicit TaskAnswers(Sql& sql) : sql_(sql) {}

  // The answer that stands, this one or an earlier one; `signal` is null once the run has it.
  Result<AnswerRow> accept(const AnswerRow& row);
  // The one that stands, in a list of at most one.
  Result<std::vector<AnswerRow>> of(const TenantId& tenant, const TaskId& task);
  // The run has it, or has ended without it.
  Result<void> settle(const AnswerRow& row);
  // It can never reach the run: another one may be given.
  Result<void> withdraw(const AnswerRow& row);
  // Of all tenants those that were accepted before and the run does not have, oldest first.
  Result<std::vector<AnswerRow>> unsettled(TimeMs before, std::size_t limit);

 private:
  Sql& sql_;
};

}  // namespace fermata::store
