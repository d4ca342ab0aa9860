#pragma once
// The PostgreSQL store. Private to this library; one file per concern beside it.

#include <string>
#include <vector>

#include "store/api_keys.h"
#include "store/audit_log.h"
#include "store/bulk_jobs.h"
#include "store/notices.h"
#include "store/postgres_connection.h"
#include "store/retention.h"
#include "store/run_log.h"
#include "store/run_views.h"
#include "store/saved_views.h"
#include "store/sql.h"
#include "store/tables.h"
#include "store/task_answers.h"

namespace fermata::store {

// Brings the schema up to date, in postgres_migrations.cc.
Result<void> migrate(PostgresConnection& connection, const PostgresOptions& options);

// Every row of an answer.
template <typename Row, typename Read>
std::vector<Row> read_all(const PostgresRows& rows, Read read) {
  std::vector<Row> made;
  made.reserve(static_cast<std::size_t>(rows.size()));
  for (int i = 0; i < rows.size(); ++i) made.push_back(read(rows[i]));
  return made;
}

// Statements of both databases on this one.
class PostgresSql final : public Sql {
 public:
  explicit PostgresSql(PostgresPool& pool) : pool_(pool) {}
  [[nodiscard]] SqlDialect dialect() const override { return SqlDialect::Postgres; }
  Result<void> select(std::span<const Query> queries, const Take& take) override;
  Result<void> execute(const Query& query) override;

 private:
  PostgresPool& pool_;
};

class PostgresStore final : public Store {
 public:
  explicit PostgresStore(const PostgresOptions& options) : pool_(options) {}

  Result<std::int64_t> save_draft(const DefinitionRow& row,
                                  std::optional<std::int64_t> expected) override;
  Result<void> publish(const Publication& publication) override;
  Result<void> put_bundle(const BundleRows& rows) override;
  Result<std::vector<DefinitionRow>> triggered_by(const TenantId& tenant,
                                                  const std::string& event_name) override;
  Result<DefinitionRow> definition(const TenantId& tenant, const WorkflowId& id) override;
  Result<std::vector<DefinitionRow>> definitions(const TenantId& tenant) override;
  Result<VersionRow> version(const TenantId& tenant, const WorkflowId& id,
                             std::int64_t version) override;
  Result<std::vector<VersionRow>> versions(const TenantId& tenant, const WorkflowId& id) override;
  Result<void> set_archived(const TenantId& tenant, const WorkflowId& id,
                            std::optional<TimeMs> archived_at) override;
  Result<void> remove_definition(const TenantId& tenant, const WorkflowId& id) override;
  Result<std::vector<DefinitionRow>> unsynced_schedules(std::size_t limit) override;
  Result<void> mark_schedule(const DefinitionRow& seen) override;
  Result<std::optional<KeyValueRow>> key_value(const TenantId& tenant, const std::string& space,
                                               const std::string& key) override;
  Result<KeyValueOutcome> put_key_value(const KeyValuePut& put) override;
  Result<std::vector<KeyValueRow>> key_values(const TenantId& tenant,
                                              const KeyValueFilter& filter) override;
  Result<void> put_secret(const SecretRow& row) override;
  Result<SecretRow> secret(const TenantId& tenant, const std::string& name) override;
  Result<std::vector<SecretRow>> secrets(const TenantId& tenant) override;
  Result<std::vector<SecretRow>> secrets_not_of(const std::string& key_id,
                                                std::size_t limit) override;
  Result<void> remove_secret(const TenantId& tenant, const std::string& name) override;
  Result<void> insert_launch(const LaunchRow& row, std::optional<std::int64_t> limit) override;
  Result<void> set_temporal_run(const RunId& run, const std::string& temporal_run_id) override;
  Result<std::vector<RunView>> unconfirmed_launches(TimeMs before, std::size_t limit) override;
  Result<std::optional<LaunchRow>> launch_by(const TenantId& tenant,
                                             const std::string& fire_key) override;
  Result<void> fail_launch(const RunId& run, const json::Value& error, TimeMs now) override;
  Result<std::vector<bool>> write(std::span<const projection::RowBatch> batches,
                                  std::span<const InvocationPut> puts) override;
  Result<RunView> run(const TenantId& tenant, const RunId& run) override;
  Result<std::vector<projection::StepRow>> steps(const TenantId& tenant, const RunId& run,
                                                 std::uint64_t after, std::size_t limit) override;
  Result<std::vector<projection::WaitRow>> waits(const TenantId& tenant, const RunId& run) override;
  Result<std::vector<InvocationRow>> invocations(const TenantId& tenant, const RunId& run) override;
  Result<std::optional<InvocationRow>> invocation(const TenantId& tenant,
                                                  const std::string& key) override;
  RunViews& views() override { return views_; }
  AuditLog& audit() override { return audit_; }
  RunLog& log() override { return log_; }
  BulkJobs& bulk() override { return bulk_; }
  SavedViews& saved_views() override { return saved_views_; }
  Retention& retention() override { return retention_; }
  ApiKeys& api_keys() override { return api_keys_; }
  Notices& notices() override { return notices_; }
  TaskAnswers& task_answers() override { return task_answers_; }
  Result<void> check_health() override;

  Result<std::vector<bool>> insert_events(std::span<const EventRow> rows) override;
  Result<EventRow> event(const TenantId& tenant, const EventId& id) override;
  Result<std::vector<EventRow>> events(const TenantId& tenant, const EventFilter& filter) override;
  Result<std::vector<EventRow>> unrouted_events(TimeMs before, std::size_t limit) override;
  Result<std::size_t> count_unrouted(std::size_t most) override;
  Result<void> put_routing(std::span<const DeliveryRow> rows,
                           std::span<const EventRow> routed) override;
  Result<std::vector<DeliveryRow>> held_launches(std::size_t per_workflow) override;
  Result<std::vector<DeliveryRow>> deliveries(const TenantId& tenant, const EventId& id) override;
  Result<std::vector<Candidate>> waits_for(std::span<const EventRow> events) override;
  Result<std::vector<EventRow>> events_for(const projection::WaitRow& wait,
                                           const EventPage& page) override;
  Result<std::vector<RunVersion>> versions_of(std::span<const RunId> runs) override;
  Result<void> put_schema(const SchemaRow& row) override;
  Result<std::vector<SchemaRow>> schemas(const TenantId& tenant) override;
  Result<void> put_event_type(const EventTypeRow& row) override;
  Result<std::vector<EventTypeRow>> event_types(const TenantId& tenant) override;
  Result<std::vector<SchemaRow>> schemas_of(const TenantId& tenant,
                                            const std::vector<std::string>& refs) override;
  Result<std::vector<EventTypeRow>> event_types_of(const TenantId& tenant,
                                                   const std::vector<std::string>& names) override;
  Result<void> put_letters(std::span<const LetterRow> rows) override;
  Result<std::vector<LetterRow>> letters(const TenantId& tenant,
                                         const LetterFilter& filter) override;
  Result<std::size_t> count_letters(std::size_t most) override;
  Result<LetterRow> letter(const TenantId& tenant, const std::string& id) override;
  Result<void> mark_reprocessed(const TenantId& tenant, const std::string& letter,
                                const EventId& event, TimeMs at) override;
  Result<void> put_webhook(const WebhookRow& row) override;
  Result<std::vector<WebhookRow>> webhooks(const TenantId& tenant) override;
  Result<WebhookRow> webhook(const TenantId& tenant, const std::string& name) override;
  Result<void> delete_webhook(const TenantId& tenant, const std::string& name) override;

  Result<void> put_fires(std::span<const FireRow> rows) override;
  Result<std::vector<FireRow>> fires(const TenantId& tenant, const WorkflowId& workflow,
                                     std::size_t limit) override;
  Result<std::optional<FireRow>> fire(const TenantId& tenant, const std::string& fire_key) override;
  Result<std::vector<FireRow>> held_fires(std::size_t limit) override;
  Result<std::vector<FireRow>> failed_fires(const FiresSince& which, std::size_t limit) override;
  Result<void> put_calendar(const CalendarRow& row) override;
  Result<std::vector<CalendarRow>> calendars(const TenantId& tenant) override;
  Result<void> put_settings(const TenantId& tenant, const WorkflowId& workflow,
                            const WorkflowSettings& settings) override;
  Result<void> set_schedule_error(const TenantId& tenant, const WorkflowId& workflow,
                                  const std::optional<json::Value>& error) override;
  Result<std::vector<DefinitionRow>> scheduled_workflows() override;
  Result<std::int64_t> active_runs(const TenantId& tenant, const WorkflowId& workflow) override;

  Result<std::vector<TaskRow>> tasks(const TenantId& tenant, const TaskFilter& filter) override;
  Result<TaskRow> task(const TenantId& tenant, const TaskId& task) override;
  Result<bool> claim(const TenantId& tenant, const TaskId& task, const std::string& by,
                     TimeMs now) override;
  Result<void> release(const TenantId& tenant, const TaskId& task) override;
  Result<std::vector<TaskRow>> unannounced_tasks(std::size_t limit) override;
  Result<void> mark_announced(const TenantId& tenant, const TaskId& task,
                              const std::optional<TimeMs>& due_at, TimeMs now) override;
  Result<std::vector<TaskRow>> overdue_tasks(TimeMs now, std::size_t limit) override;
  Result<void> mark_escalated(const TenantId& tenant, const TaskId& task, TimeMs now) override;

 private:
  // One statement, its own transaction.
  Result<PostgresRows> run_alone(const TenantId& tenant, std::string_view sql,
                                 const Params& params);

  PostgresPool pool_;
  PostgresSql sql_{pool_};
  RunViews views_{sql_};
  AuditLog audit_{sql_};
  RunLog log_{sql_};
  BulkJobs bulk_{sql_};
  SavedViews saved_views_{sql_};
  Retention retention_{sql_};
  ApiKeys api_keys_{sql_};
  Notices notices_{sql_};
  TaskAnswers task_answers_{sql_};
};

// Inside the transaction of put_bundle(): in postgres_events.cc.
Result<void> put_schema_in(PostgresConnection& connection, const SchemaRow& row);
Result<void> put_event_type_in(PostgresConnection& connection, const EventTypeRow& row);
// Inside the transaction of write(): in postgres_ledger.cc and postgres_write.cc.
Result<std::vector<bool>> put_invocations(PostgresConnection& connection,
                                          std::span<const InvocationPut> puts);
Result<void> put_rows(PostgresConnection& connection,
                      std::span<const projection::RowBatch> batches);

}  // namespace fermata::store
