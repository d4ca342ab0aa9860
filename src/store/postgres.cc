#include "store/postgres.h"

#include <algorithm>

#include "store/postgres_store.h"

namespace fermata::store {

Result<std::unique_ptr<Store>> open_postgres(const PostgresOptions& options) {
  {
    TRY(const auto connection, PostgresConnection::open(options, DatabaseRole::Owner));
    TRY_DO(migrate(*connection, options));
  }
  return std::unique_ptr<Store>(std::make_unique<PostgresStore>(options));
}

Result<void> drop_postgres_schema(const PostgresOptions& options) {
  TRY(const auto connection, PostgresConnection::open(options, DatabaseRole::Owner));
  TRY(const PostgresRows quoted,
      connection->run("SELECT quote_ident($1)", Params().bind(options.schema)));
  return connection->execute("DROP SCHEMA IF EXISTS " + quoted[0].text(0) + " CASCADE");
}

Result<PostgresRows> PostgresStore::run_alone(const TenantId& tenant, std::string_view sql,
                                              const Params& params) {
  TRY(const PostgresPool::Lease connection, pool_.take(tenant));
  return connection->run(sql, params);
}

Result<void> PostgresStore::check_health() {
  TRY(const PostgresRows rows,
      run_alone(kEveryTenant, "SELECT count(*) FROM schema_migrations", {}));
  return {};
}

namespace {

// The one tenant whose rows these are; those of several tenants share a transaction, too.
TenantId scope_of(std::span<const projection::RowBatch> batches,
                  std::span<const InvocationPut> puts) {
  const TenantId* first = nullptr;
  const auto is_same = [&](const TenantId& tenant) {
    if (first == nullptr) first = &tenant;
    return *first == tenant;
  };
  const auto are_same = [&](const auto& rows) {
    return std::ranges::all_of(rows, [&](const auto& row) { return is_same(row.tenant); });
  };
  for (const projection::RowBatch& batch : batches) {
    if ((batch.run && !is_same(batch.run->tenant)) || !are_same(batch.steps) ||
        !are_same(batch.waits))
      return kEveryTenant;
  }
  for (const InvocationPut& put : puts)
    if (!is_same(put.row.tenant)) return kEveryTenant;
  return first == nullptr ? kEveryTenant : *first;
}

}  // namespace

Result<std::vector<bool>> PostgresStore::write(std::span<const projection::RowBatch> batches,
                                               std::span<const InvocationPut> puts) {
  TRY(const PostgresPool::Lease connection, pool_.take(scope_of(batches, puts)));
  TRY(PostgresTransaction transaction,
      PostgresTransaction::begin(*connection, TransactionKind::Keyed));
  TRY_DO(put_rows(*connection, batches));
  TRY(std::vector<bool> made, put_invocations(*connection, puts));
  TRY_DO(transaction.commit());
  return made;
}

}  // namespace fermata::store
