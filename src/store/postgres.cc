#include "store/postgres.h"

#include "store/postgres_store.h"

namespace fermata::store {

Result<std::unique_ptr<Store>> open_postgres(const PostgresOptions& options) {
  {
    TRY(const auto connection, PostgresConnection::open(options));
    TRY_DO(migrate(*connection, options));
  }
  return std::unique_ptr<Store>(std::make_unique<PostgresStore>(options));
}

Result<void> drop_postgres_schema(const PostgresOptions& options) {
  TRY(const auto connection, PostgresConnection::open(options));
  TRY(const PostgresRows quoted,
      connection->run("SELECT quote_ident($1)", Params().bind(options.schema)));
  return connection->execute("DROP SCHEMA IF EXISTS " + quoted[0].text(0) + " CASCADE");
}

Result<PostgresRows> PostgresStore::run_alone(std::string_view sql, const Params& params) {
  TRY(const PostgresPool::Lease connection, pool_.take());
  return connection->run(sql, params);
}

Result<void> PostgresStore::check_health() {
  TRY(const PostgresRows rows, run_alone("SELECT count(*) FROM schema_migrations", {}));
  return {};
}

Result<std::vector<bool>> PostgresStore::write(std::span<const projection::RowBatch> batches,
                                               std::span<const InvocationPut> puts) {
  TRY(const PostgresPool::Lease connection, pool_.take());
  TRY(PostgresTransaction transaction, PostgresTransaction::begin(*connection));
  TRY_DO(put_rows(*connection, batches));
  TRY(std::vector<bool> made, put_invocations(*connection, puts));
  TRY_DO(transaction.commit());
  return made;
}

}  // namespace fermata::store
