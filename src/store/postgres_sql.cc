// Statements of both databases, on PostgreSQL.
#include <algorithm>

#include "foundation/match.h"
#include "store/postgres_store.h"

namespace fermata::store {
namespace {

Params params_of(const Query& query) {
  Params params;
  for (const SqlValue& value : query.values) {
    std::visit(match{[&](const std::int64_t& number) { params.bind(number); },
                     [&](const std::string& text) { params.bind(text); },
                     [&](std::nullptr_t) { params.bind(std::optional<std::int64_t>()); }},
               value);
  }
  return params;
}

Result<void> select_all(PostgresConnection& connection, std::span<const Query> queries,
                        const Sql::Take& take) {
  for (std::size_t i = 0; i < queries.size(); ++i) {
    TRY(const PostgresRows rows, connection.run(queries[i].text, params_of(queries[i])));
    for (int row = 0; row < rows.size(); ++row) {
      const PostgresRow raw = rows[row];
      take(i, CellsOf<const PostgresRow>(raw));
    }
  }
  return {};
}

}  // namespace

Result<void> PostgresSql::select(std::span<const Query> queries, const Take& take) {
  const bool is_of_one = std::ranges::all_of(
      queries, [&](const Query& query) { return query.tenant == queries.front().tenant; });
  TRY(const PostgresPool::Lease connection,
      pool_.take(is_of_one ? queries.front().tenant : kEveryTenant));
  if (queries.size() == 1) return select_all(*connection, queries, take);
  TRY(PostgresTransaction transaction, PostgresTransaction::begin(*connection));
  TRY_DO(connection->execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  TRY_DO(select_all(*connection, queries, take));
  return transaction.commit();
}

Result<void> PostgresSql::execute(const Query& query) {
  TRY(const PostgresPool::Lease connection, pool_.take(query.tenant));
  TRY(const PostgresRows done, connection->run(query.text, params_of(query)));
  return {};
}

}  // namespace fermata::store
