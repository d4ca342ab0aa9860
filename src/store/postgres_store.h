#pragma once
// The PostgreSQL store. Private to this library; one file per concern beside it.

#include <string>
#include <vector>

#include "store/postgres_connection.h"
#include "store/tables.h"

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

class PostgresStore final : public Store {
 public:
  explicit PostgresStore(const PostgresOptions& options) : pool_(options) {}

  Result<void> put_draft(const DefinitionRow& row) override;
  Result<void> publish(const VersionRow& version, const TriggerKey& trigger) override;
  Result<std::vector<DefinitionRow>> triggered_by(const TenantId& tenant,
                                                  const std::string& event_name) override;
  Result<DefinitionRow> definition(const TenantId& tenant, const WorkflowId& id) override;
  Result<std::vector<DefinitionRow>> definitions(const TenantId& tenant) override;
  Result<VersionRow> version(const TenantId& tenant, const WorkflowId& id,
                             std::int64_t version) override;
  Result<std::vector<DefinitionRow>> unsynced_schedules(std::size_t limit) override;
  Result<void> mark_schedule(const TenantId& tenant, const WorkflowId& id,
                             std::int64_t version) override;
  Result<void> insert_launch(const LaunchRow& row) override;
  Result<void> set_temporal_run(const RunId& run, const std::string& temporal_run_id) override;
  Result<std::vector<LaunchRow>> unconfirmed_launches(TimeMs before, std::size_t limit) override;
  Result<void> fail_launch(const RunId& run, const json::Value& error, TimeMs now) override;
  Result<std::vector<bool>> write(std::span<const projection::RowBatch> batches,
                                  std::span<const InvocationPut> puts) override;
  Result<RunView> run(const TenantId& tenant, const RunId& run) override;
  Result<std::vector<RunView>> runs(const TenantId& tenant, const RunFilter& filter) override;
  Result<std::int64_t> count_runs(const TenantId& tenant, const RunFilter& filter) override;
  Result<std::vector<projection::StepRow>> steps(const TenantId& tenant, const RunId& run,
                                                 std::uint64_t after, std::size_t limit) override;
  Result<std::vector<projection::WaitRow>> waits(const TenantId& tenant, const RunId& run) override;
  Result<std::vector<InvocationRow>> invocations(const TenantId& tenant, const RunId& run) override;
  Result<std::optional<InvocationRow>> invocation(const TenantId& tenant,
                                                  const std::string& key) override;
  Result<void> check_health() override;

  Result<bool> insert_event(const EventRow& row) override;
  Result<EventRow> event(const TenantId& tenant, const EventId& id) override;
  Result<std::vector<EventRow>> events(const TenantId& tenant, const EventFilter& filter) override;
  Result<std::vector<EventRow>> unrouted_events(TimeMs before, std::size_t limit) override;
  Result<void> put_deliveries(std::span<const DeliveryRow> rows) override;
  Result<void> mark_routed(const TenantId& tenant, const EventId& id) override;
  Result<std::vector<DeliveryRow>> deliveries(const TenantId& tenant, const EventId& id) override;
  Result<std::vector<projection::WaitRow>> waits_for(const EventRow& event) override;
  Result<std::vector<EventRow>> events_for(const projection::WaitRow& wait) override;
  Result<projection::WaitRow> task(const TenantId& tenant, const TaskId& task) override;
  Result<std::vector<projection::WaitRow>> open_waits(const TenantId& tenant,
                                                      const WaitFilter& filter) override;
  Result<void> put_schema(const SchemaRow& row) override;
  Result<std::vector<SchemaRow>> schemas(const TenantId& tenant) override;
  Result<void> put_event_type(const EventTypeRow& row) override;
  Result<std::vector<EventTypeRow>> event_types(const TenantId& tenant) override;

 private:
  // One statement, its own transaction.
  Result<PostgresRows> run_alone(std::string_view sql, const Params& params);

  PostgresPool pool_;
};

// Inside the transaction of write(): in postgres_ledger.cc and postgres_write.cc.
Result<std::vector<bool>> put_invocations(PostgresConnection& connection,
                                          std::span<const InvocationPut> puts);
Result<void> put_rows(PostgresConnection& connection,
                      std::span<const projection::RowBatch> batches);

}  // namespace fermata::store
