// Statements of both databases, on SQLite.
#include "foundation/match.h"
#include "store/sqlite_connection.h"

namespace fermata::store {
namespace {

// Texts differ from call to call, so nothing is kept.
class OwnStatement {
 public:
  static Result<OwnStatement> prepare(Connection& connection, const Query& query) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(connection.raw(), query.text.c_str(),
                           static_cast<int>(query.text.size()), &raw, nullptr) != SQLITE_OK)
      return sqlite_error(connection.raw(), "preparing a statement");
    OwnStatement made(connection.raw(), raw);
    for (const SqlValue& value : query.values) {
      std::visit(
          match{[&](const std::int64_t& number) { made.statement_.bind(number); },
                [&](const std::string& text) { made.statement_.bind(text); },
                [&](std::nullptr_t) { made.statement_.bind(std::optional<std::int64_t>()); }},
          value);
    }
    return made;
  }
  Statement& operator*() { return statement_; }

 private:
  OwnStatement(sqlite3* db, sqlite3_stmt* raw)
      : owner_(raw, sqlite3_finalize), statement_(db, raw) {}
  // Finalised after the statement's last use.
  std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> owner_;
  Statement statement_;
};

Result<void> select_one(Connection& connection, const Query& query,
                        const std::function<void(const Cells&)>& take) {
  TRY(OwnStatement statement, OwnStatement::prepare(connection, query));
  const CellsOf<Statement> cells(*statement);
  while (true) {
    TRY(const bool has_row, (*statement).step());
    if (!has_row) return {};
    take(cells);
  }
}

}  // namespace

Result<void> SqliteSql::select(std::span<const Query> queries, const Take& take) {
  const std::scoped_lock lock(mutex_);
  const auto all = [&]() -> Result<void> {
    for (std::size_t i = 0; i < queries.size(); ++i)
      TRY_DO(select_one(*reader_, queries[i], [&](const Cells& cells) { take(i, cells); }));
    return {};
  };
  if (queries.size() == 1) return all();
  TRY_DO(reader_->execute("BEGIN"));
  const Result<void> done = all();
  TRY_DO(reader_->execute("COMMIT"));
  return done;
}

Result<void> SqliteSql::execute(const Query& query) {
  const std::scoped_lock lock(write_mutex_);
  return select_one(writer_, query, [](const Cells&) {});
}

}  // namespace fermata::store
