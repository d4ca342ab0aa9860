#include "store/task_answers.h"

#include "json/text.h"
#include "store/sql.h"

namespace fermata::store {
namespace {

constexpr std::string_view kColumns =
    "tenant, task_id, answer_id, answer_hash, answer_run_id, answer_signal_json, answered_at";

AnswerRow read(const Cells& cells) {
  AnswerRow row;
  row.tenant = TenantId(cells.text(0));
  row.task = TaskId(cells.text(1));
  row.answer_id = cells.text(2);
  row.hash = cells.text(3);
  row.run = RunId(cells.text(4));
  row.signal = cells.optional_json(5).value_or(nullptr);
  row.at = cells.number(6);
  return row;
}

Query select(const TenantId& tenant) {
  Query query{.tenant = tenant};
  return query.add("SELECT ").add(kColumns).add(" FROM workflow_task_states WHERE ");
}

}  // namespace

Result<AnswerRow> TaskAnswers::accept(const AnswerRow& row) {
  Query put{.tenant = row.tenant};
  put.add("INSERT INTO workflow_task_states (").add(kColumns).add(") VALUES (?", row.tenant.text);
  put.add(", ?", row.task.text)
      .add(", ?", row.answer_id)
      .add(", ?", row.hash)
      .add(", ?", row.run.text)
      .add(", ?", json::to_text(row.signal))
      .add(
          ", ?) ON CONFLICT (tenant, task_id) DO UPDATE SET answer_id = excluded.answer_id, "
          "answer_hash = excluded.answer_hash, answer_run_id = excluded.answer_run_id, "
          "answer_signal_json = excluded.answer_signal_json, answered_at = excluded.answered_at "
          "WHERE workflow_task_states.answer_id IS NULL",
          row.at);
  TRY_DO(sql_.execute(put));
  TRY(auto standing, of(row.tenant, row.task));
  if (!standing.empty()) return std::move(standing.front());
  return make_error(ErrorKind::Unavailable, "STORE_UNAVAILABLE",
                    "a task vanished while it was answered");
}

Result<std::vector<AnswerRow>> TaskAnswers::of(const TenantId& tenant, const TaskId& task) {
  const Query query = select(tenant)
                          .add("tenant = ?", tenant.text)
                          .add(" AND task_id = ?", task.text)
                          .add(" AND answer_id IS NOT NULL");
  return rows_of<AnswerRow>(sql_, query, read);
}

Result<void> TaskAnswers::settle(const AnswerRow& row) {
  Query update{.tenant = row.tenant};
  update
      .add("UPDATE workflow_task_states SET answer_signal_json = NULL WHERE tenant = ?",
           row.tenant.text)
      .add(" AND task_id = ?", row.task.text);
  return sql_.execute(update);
}

Result<void> TaskAnswers::withdraw(const AnswerRow& row) {
  Query update{.tenant = row.tenant};
  update
      .add(
          "UPDATE workflow_task_states SET answer_id = NULL, answer_hash = NULL, answer_run_id = "
          "NULL, answer_signal_json = NULL, answered_at = NULL WHERE tenant = ?",
          row.tenant.text)
      .add(" AND task_id = ?", row.task.text)
      .add(" AND answer_id = ?", row.answer_id);
  return sql_.execute(update);
}

Result<std::vector<AnswerRow>> TaskAnswers::unsettled(TimeMs before, std::size_t limit) {
  const Query query = select(kEveryTenant)
                          .add("answer_signal_json IS NOT NULL AND answered_at < ?", before)
                          .add(" ORDER BY answered_at LIMIT ?", static_cast<std::int64_t>(limit));
  return rows_of<AnswerRow>(sql_, query, read);
}

}  // namespace fermata::store
