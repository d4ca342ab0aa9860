#include "store/sqlite.h"

#include <chrono>
#include <thread>

#include "foundation/format.h"
#include "json/parse.h"
#include "json/text.h"
#include "store/sqlite_connection.h"

namespace fermata::store {

Error sqlite_error(sqlite3* db, std::string_view doing) {
  const int code = db == nullptr ? SQLITE_CANTOPEN : sqlite3_extended_errcode(db);
  const std::string message =
      format("{}: {}", doing, db == nullptr ? "cannot open" : sqlite3_errmsg(db));
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return make_error(ErrorKind::Unavailable, "STORE_BUSY", message,
                        "another process holds the database: stop it or wait");
    case SQLITE_FULL:
      return make_error(ErrorKind::Unavailable, "STORE_FULL", message, "make room on the disk");
    case SQLITE_CONSTRAINT:
      return make_error(ErrorKind::Conflict, "STORE_CONFLICT", message);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return make_error(ErrorKind::Internal, "STORE_CORRUPT", message,
                        "restore the database from a backup");
    default:
      return make_error(ErrorKind::Unavailable, "STORE_UNAVAILABLE", message,
                        "check the database file and its folder");
  }
}

Statement& Statement::bind(std::string_view text) {
  sqlite3_bind_text(raw_, next_++, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
  return *this;
}
Statement& Statement::bind(std::int64_t number) {
  sqlite3_bind_int64(raw_, next_++, number);
  return *this;
}
Statement& Statement::bind_json(const json::Value& value) {
  return bind(json::to_text(value));
}
Statement& Statement::bind(const std::optional<std::string>& text) {
  if (text) return bind(std::string_view(*text));
  sqlite3_bind_null(raw_, next_++);
  return *this;
}
Statement& Statement::bind(const std::optional<std::int64_t>& number) {
  if (number) return bind(*number);
  sqlite3_bind_null(raw_, next_++);
  return *this;
}
Statement& Statement::bind(const std::optional<json::Value>& value) {
  if (value) return bind_json(*value);
  sqlite3_bind_null(raw_, next_++);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(raw_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return sqlite_error(db_, "database");
}

Result<void> Statement::run() {
  TRY(const bool has_row, step());
  static_cast<void>(has_row);
  return {};
}

std::string Statement::text(int column) {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(raw_, column));
  return data == nullptr
             ? std::string()
             : std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(raw_, column)));
}
std::int64_t Statement::number(int column) {
  return sqlite3_column_int64(raw_, column);
}
std::optional<std::string> Statement::optional_text(int column) {
  return sqlite3_column_type(raw_, column) == SQLITE_NULL ? std::nullopt
                                                          : std::optional(text(column));
}
std::optional<std::int64_t> Statement::optional_number(int column) {
  return sqlite3_column_type(raw_, column) == SQLITE_NULL ? std::nullopt
                                                          : std::optional(number(column));
}
json::Value Statement::json_value(int column) {
  auto value = json::parse(text(column), {.duplicate_keys = json::DuplicateKeys::LastWins});
  return value.has_value() ? *std::move(value) : json::Value(nullptr);
}
std::optional<json::Value> Statement::optional_json(int column) {
  return sqlite3_column_type(raw_, column) == SQLITE_NULL ? std::nullopt
                                                          : std::optional(json_value(column));
}

// SQLite's own handler sleeps up to 100 ms between tries; our transactions take well under one.
int Connection::wait_for_lock(void* raw, int tries) {
  auto& connection = *static_cast<Connection*>(raw);
  const auto now = std::chrono::steady_clock::now();
  if (tries == 0) connection.gives_up_at_ = now + connection.patience_;
  if (now >= connection.gives_up_at_) return 0;
  constexpr int kQuickTries = 20;
  std::this_thread::sleep_for(tries < kQuickTries ? std::chrono::microseconds(200)
                                                  : std::chrono::microseconds(2'000));
  return 1;
}

Result<std::unique_ptr<Connection>> Connection::open(const SqliteOptions& options) {
  sqlite3* db = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(options.file.c_str(), &db, flags, nullptr);
  std::unique_ptr<Connection> connection(new Connection(db));
  if (code != SQLITE_OK) return sqlite_error(db, format("opening `{}`", options.file));
  sqlite3_extended_result_codes(db, 1);
  connection->patience_ = std::chrono::milliseconds(options.busy_timeout_ms);
  sqlite3_busy_handler(db, wait_for_lock, connection.get());
  TRY_DO(connection->execute("PRAGMA journal_mode=WAL"));
  TRY_DO(connection->execute("PRAGMA synchronous=FULL"));
  // A page that many transactions change is copied into the database once, not each time.
  TRY_DO(connection->execute("PRAGMA wal_autocheckpoint=8000"));
  TRY_DO(connection->execute("PRAGMA foreign_keys=ON"));
  if (options.bytes_max > 0) {
    constexpr std::int64_t kPageBytes = 4096;
    const std::string cap = format("PRAGMA max_page_count={}", options.bytes_max / kPageBytes);
    TRY_DO(connection->execute(cap.c_str()));
  }
  return connection;
}

Connection::~Connection() {
  for (const auto& [sql, statement] : prepared_) sqlite3_finalize(statement);
  sqlite3_close(db_);
}

Result<Statement> Connection::prepare(std::string_view sql) {
  const auto found = prepared_.find(sql);
  if (found != prepared_.end()) return Statement(db_, found->second);
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                         &raw, nullptr) != SQLITE_OK) {
    return sqlite_error(db_, "preparing a statement");
  }
  prepared_.emplace(sql, raw);
  return Statement(db_, raw);
}

Result<void> Connection::execute(const char* sql) {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    return sqlite_error(db_, "database");
  return {};
}

Result<Transaction> Transaction::begin(Connection& connection) {
  TRY_DO(connection.execute("BEGIN IMMEDIATE"));
  return Transaction(connection);
}

Transaction::~Transaction() {
  if (connection_ == nullptr) return;
  // A rollback that fails leaves nothing to do: SQLite has rolled back already.
  const auto ignored = connection_->execute("ROLLBACK");
  static_cast<void>(ignored);
}

Result<void> Transaction::commit() {
  TRY_DO(connection_->execute("COMMIT"));
  connection_ = nullptr;
  return {};
}

Result<std::unique_ptr<Store>> open_sqlite(const SqliteOptions& options) {
  TRY(auto writer, Connection::open(options));
  TRY_DO(migrate(*writer, options.schema_newest));
  TRY(auto reader, Connection::open(options));
  TRY(auto views, Connection::open(options));
  return std::unique_ptr<Store>(std::make_unique<SqliteStore>(
      SqliteStore::Connections{std::move(writer), std::move(reader), std::move(views)}));
}

Result<void> SqliteStore::check_health() {
  const std::scoped_lock lock(read_mutex_);
  TRY(Statement statement, reader_->prepare("SELECT count(*) FROM schema_migrations"));
  return statement.run();
}

}  // namespace fermata::store
