#pragma once
// The PostgreSQL store. Private to this library; one file per concern beside it.

#include <string>
#include <vector>

#include "store/postgres_connection.h"

namespace fermata::store {

// Brings the schema up to date, in postgres_migrations.cc.
Result<void> migrate(PostgresConnection& connection, const std::string& schema);

class PostgresStore final : public Store {
 public:
  explicit PostgresStore(const PostgresOptions& options) : pool_(options) {}

  Result<void> put_draft(const DefinitionRow& row) override;
  Result<void> publish(const VersionRow& version, const std::string& trigger_type) override;
  Result<DefinitionRow> definition(const TenantId& tenant, const WorkflowId& id) override;
  Result<std::vector<DefinitionRow>> definitions(const TenantId& tenant) override;
  Result<VersionRow> version(const TenantId& tenant, const WorkflowId& id,
                             std::int64_t version) override;
  Result<void> insert_launch(const LaunchRow& row) override;
  Result<void> set_temporal_run(const RunId& run, const std::string& temporal_run_id) override;
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
