#pragma once
// Thin ownership of sqlite3 handles. Private to this library.

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "foundation/result.h"
#include "json/value.h"
#include "store/api_keys.h"
#include "store/audit_log.h"
#include "store/bulk_jobs.h"
#include "store/notices.h"
#include "store/retention.h"
#include "store/run_log.h"
#include "store/run_views.h"
#include "store/saved_views.h"
#include "store/sql.h"
#include "store/sqlite.h"
#include "store/tables.h"
#include "store/task_answers.h"

namespace fermata::store {

Error sqlite_error(sqlite3* db, std::string_view doing);

// A prepared statement in use: bind in order, step, read columns in order. Reset when it goes out
// of scope.
class Statement {
 public:
  Statement(sqlite3* db, sqlite3_stmt* raw) : db_(db), raw_(raw) {}
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement(Statement&& other) noexcept
      : db_(other.db_), raw_(std::exchange(other.raw_, nullptr)), next_(other.next_) {}
  Statement& operator=(Statement&&) = delete;
  ~Statement() {
    if (raw_ != nullptr) {
      sqlite3_reset(raw_);
      sqlite3_clear_bindings(raw_);
    }
  }

  Statement& bind(std::string_view text);
  Statement& bind(const std::string& text) { return bind(std::string_view(text)); }
  Statement& bind(std::int64_t number);
  Statement& bind_json(const json::Value& value);
  Statement& bind(const std::optional<std::string>& text);
  Statement& bind(const std::optional<std::int64_t>& number);
  Statement& bind(const std::optional<json::Value>& value);

  // Whether there is a row.
  Result<bool> step();
  // A statement that gives no rows.
  Result<void> run();

  std::string text(int column);
  std::int64_t number(int column);
  std::optional<std::string> optional_text(int column);
  std::optional<std::int64_t> optional_number(int column);
  // Stored JSON is our own writing; what cannot be read any more is null.
  json::Value json_value(int column);
  std::optional<json::Value> optional_json(int column);

 private:
  sqlite3* db_;
  sqlite3_stmt* raw_;
  int next_ = 1;
};

// Every row that a statement gives.
template <typename Row, typename Read>
Result<std::vector<Row>> read_all(Statement& select, Read read) {
  std::vector<Row> rows;
  while (true) {
    TRY(const bool has_row, select.step());
    if (!has_row) return rows;
    rows.push_back(read(select));
  }
}

class Connection {
 public:
  static Result<std::unique_ptr<Connection>> open(const SqliteOptions& options);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // Prepared once per text and kept: texts must be few.
  Result<Statement> prepare(std::string_view sql);
  Result<void> execute(const char* sql);
  [[nodiscard]] sqlite3* raw() const { return db_; }
  [[nodiscard]] int changes() const { return sqlite3_changes(db_); }

 private:
  explicit Connection(sqlite3* db) : db_(db) {}
  static int wait_for_lock(void* raw, int tries);

  sqlite3* db_;
  std::chrono::milliseconds patience_{};
  std::chrono::steady_clock::time_point gives_up_at_;
  std::map<std::string, sqlite3_stmt*, std::less<>> prepared_;  // by their text
};

// BEGIN IMMEDIATE … COMMIT, or ROLLBACK when it goes out of scope uncommitted. A deferred BEGIN
// would fail at once with SQLITE_BUSY_SNAPSHOT instead of waiting.
class Transaction {
 public:
  static Result<Transaction> begin(Connection& connection);
  Transaction(Transaction&& other) noexcept
      : connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

// Statements of both databases on this one; in sqlite_sql.cc. Reads have a connection of their own:
// a long one holds up no other.
class SqliteSql final : public Sql {
 public:
  SqliteSql(std::unique_ptr<Connection> reader, Connection& writer, std::mutex& write_mutex)
      : reader_(std::move(reader)), writer_(writer), write_mutex_(write_mutex) {}
  [[nodiscard]] SqlDialect dialect() const override { return SqlDialect::Sqlite; }
  Result<void> select(std::span<const Query> queries, const Take& take) override;
  Result<void> execute(const Query& query) override;

 private:
  std::mutex mutex_;
  std::unique_ptr<Connection> reader_;
  Connection& writer_;
  std::mutex& write_mutex_;
};

// Migrations, in sqlite_migrations.cc.
Result<void> migrate(Connection& connection, std::int64_t newest);

class SqliteStore final : public Store {
 public:
  struct Connections {
    std::unique_ptr<Connection> writer;
    std::unique_ptr<Connection> reader;
    std::unique_ptr<Connection> views;
  };
  explicit SqliteStore(Connections open)
      : writer_(std::move(open.writer)),
        reader_(std::move(open.reader)),
        sql_(std::move(open.views), *writer_, write_mutex_) {}

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
  Result<std::int64_t> save(const DefinitionRow& row, std::optional<std::int64_t> expected);
  // Inside a transaction, or alone, with the writer's lock held.
  Result<void> put_schema_in(const SchemaRow& row);
  Result<void> put_event_type_in(const EventTypeRow& row, std::string_view on_conflict);
  Result<void> publish_in(const Publication& publication);
  Result<void> apply_run(const projection::RunRow& row);
  // Whether that was all.
  Result<bool> apply_progress(const projection::RunRow& row);
  Result<void> drop_surplus(const projection::RunRow& row);
  Result<void> apply_step(const projection::StepRow& row);
  Result<void> apply_wait(const projection::WaitRow& row);
  Result<bool> put_invocation(const InvocationPut& put);
  Result<void> insert(const InvocationRow& row);
  Result<void> replace(const InvocationPut& put);

  std::mutex write_mutex_;
  std::mutex read_mutex_;
  std::unique_ptr<Connection> writer_;
  std::unique_ptr<Connection> reader_;
  SqliteSql sql_;
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

}  // namespace fermata::store
