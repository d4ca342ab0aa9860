#include "store/test_database.h"

#include <libpq-fe.h>
#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "store/postgres.h"
#include "store/sqlite.h"
#include "store/test_postgres.h"

namespace fermata::store {
namespace {

constexpr const char* kStep = "SELECT max(number) FROM schema_migrations";

void must(bool is_well, const std::string& what) {
  if (is_well) return;
  std::fputs((what + "\n").c_str(), stderr);
  std::_Exit(1);
}

class TestSqlite final : public TestDatabase {
 public:
  TestSqlite() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "fermata-store-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  TestSqlite(const TestSqlite&) = delete;
  TestSqlite& operator=(const TestSqlite&) = delete;
  ~TestSqlite() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string location() const override { return folder_ + "/fermata.db"; }
  void execute(const std::string& sql) const override { run(connect().get(), sql); }
  void clear() const override {
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(location() + suffix);
  }
  [[nodiscard]] std::int64_t step() const override {
    const auto db = connect();
    sqlite3_stmt* select = nullptr;
    must(sqlite3_prepare_v2(db.get(), kStep, -1, &select, nullptr) == SQLITE_OK &&
             sqlite3_step(select) == SQLITE_ROW,
         "the schema's step cannot be read");
    const std::int64_t found = sqlite3_column_int64(select, 0);
    sqlite3_finalize(select);
    return found;
  }
  [[nodiscard]] std::shared_ptr<void> lock_runs() const override {
    auto other = connect();
    run(other.get(), "BEGIN IMMEDIATE");
    return other;
  }
  [[nodiscard]] std::unique_ptr<Store> open_impatient(int lock_timeout_ms) const override {
    return *open_sqlite({location(), lock_timeout_ms});
  }
  [[nodiscard]] std::unique_ptr<Store> open_at(std::int64_t schema_newest) const override {
    return *open_sqlite({.file = location(), .schema_newest = schema_newest});
  }
  [[nodiscard]] std::unique_ptr<Store> open_small() const override {
    return *open_sqlite({location(), 10'000, 600'000});
  }

 private:
  [[nodiscard]] std::shared_ptr<sqlite3> connect() const {
    sqlite3* raw = nullptr;
    must(sqlite3_open(location().c_str(), &raw) == SQLITE_OK, "cannot open the test's database");
    return {raw, sqlite3_close};
  }
  static void run(sqlite3* db, const std::string& sql) {
    must(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK,
         sql + ": " + sqlite3_errmsg(db));
  }
  std::string folder_;
};

// One server for all tests of a process, since to make one takes longer than most tests. Each
// begins with nothing in it.
const TestPostgres& server_of_process() {
  static const TestPostgres server;
  return server;
}

class TestPostgresDatabase final : public TestDatabase {
 public:
  TestPostgresDatabase() { clear(); }

  [[nodiscard]] std::string location() const override { return server_of_process().url(); }
  void execute(const std::string& sql) const override { server_of_process().execute(sql); }
  void clear() const final {
    execute("SET client_min_messages = warning; DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  }
  [[nodiscard]] std::int64_t step() const override {
    const std::shared_ptr<PGconn> other(PQconnectdb(location().c_str()), PQfinish);
    const std::shared_ptr<PGresult> found(PQexec(other.get(), kStep), PQclear);
    must(PQntuples(found.get()) == 1, "the schema's step cannot be read");
    return std::stoll(PQgetvalue(found.get(), 0, 0));
  }
  [[nodiscard]] std::shared_ptr<void> lock_runs() const override {
    std::shared_ptr<PGconn> other(PQconnectdb(location().c_str()), PQfinish);
    PQclear(PQexec(other.get(), "BEGIN; LOCK TABLE workflow_runs"));
    must(PQtransactionStatus(other.get()) == PQTRANS_INTRANS, "cannot lock");
    return other;
  }
  [[nodiscard]] std::unique_ptr<Store> open_impatient(int lock_timeout_ms) const override {
    return *open_postgres({.url = location(), .lock_timeout_ms = lock_timeout_ms});
  }
  [[nodiscard]] std::unique_ptr<Store> open_at(std::int64_t schema_newest) const override {
    return *open_postgres({.url = location(), .schema_newest = schema_newest});
  }
  // The code that a full disk gives, where the row is written.
  [[nodiscard]] std::unique_ptr<Store> open_small() const override {
    auto opened = *open_postgres({.url = location()});
    execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'no space left'; END $$; "
        "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON workflow_runs FOR EACH ROW WHEN "
        "(length(NEW.input_json::text) + coalesce(length(NEW.output_json::text), 0) > 500000) "
        "EXECUTE FUNCTION refuse()");
    return opened;
  }
};

}  // namespace

std::unique_ptr<TestDatabase> make_test_database(const std::string& name) {
  if (name == "postgres") return std::make_unique<TestPostgresDatabase>();
  return std::make_unique<TestSqlite>();
}

}  // namespace fermata::store
