#pragma once
// Thin ownership of libpq handles: parameters, rows, a connection, the pool of them, a transaction.
// Private to this library. Nothing here waits without an end: every answer has a deadline.

#include <libpq-fe.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/ids.h"
#include "foundation/result.h"
#include "json/value.h"
#include "store/postgres.h"

namespace fermata::store {

// A parameter or a cell of an array, as PostgreSQL reads it. A zero byte, which its text cannot
// hold, becomes U+2400; in JSON it is an escape and stays.
std::string postgres_text(std::string_view text);

// Parameters of one statement, bound in order.
class Params {
 public:
  Params& bind(std::string_view text);
  Params& bind(const std::string& text) { return bind(std::string_view(text)); }
  Params& bind(std::int64_t number);
  Params& bind_json(const json::Value& value);
  Params& bind(const std::optional<std::string>& text);
  Params& bind(const std::optional<std::int64_t>& number);
  Params& bind(const std::optional<json::Value>& value);
  // Already as PostgreSQL reads it.
  Params& bind_raw(std::string text);
  // Where the next one will stand: $1, $2, …
  [[nodiscard]] std::size_t next() const { return values_.size() + 1; }

 private:
  friend class PostgresConnection;
  std::vector<std::optional<std::string>> values_;
};

// Many rows as one array per column, for `unnest`: bound row by row, in the order of the columns.
class Columns {
 public:
  explicit Columns(std::size_t columns) : arrays_(columns, "{") {}

  Columns& bind(std::string_view text);
  Columns& bind(const std::string& text) { return bind(std::string_view(text)); }
  Columns& bind(std::int64_t number);
  Columns& bind(std::uint64_t number) { return bind(static_cast<std::int64_t>(number)); }
  Columns& bind(std::uint32_t number) { return bind(static_cast<std::int64_t>(number)); }
  Columns& bind_json(const json::Value& value);
  template <typename T>
  Columns& bind(const std::optional<T>& value) {
    if (!value) return bind_raw("NULL");
    if constexpr (std::is_same_v<T, json::Value>) {
      return bind_json(*value);
    } else {
      return bind(*value);
    }
  }
  [[nodiscard]] Params finish() &&;

 private:
  Columns& bind_raw(std::string_view text);
  std::vector<std::string> arrays_;
  std::size_t next_ = 0;
};

// One row of an answer.
class PostgresRow {
 public:
  PostgresRow(const PGresult* result, int row) : result_(result), row_(row) {}
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::int64_t number(int column) const;
  [[nodiscard]] std::optional<std::string> optional_text(int column) const;
  [[nodiscard]] std::optional<std::int64_t> optional_number(int column) const;
  // Stored JSON is our own writing; what cannot be read any more is null.
  [[nodiscard]] json::Value json_value(int column) const;
  [[nodiscard]] std::optional<json::Value> optional_json(int column) const;

 private:
  const PGresult* result_;
  int row_;
};

class PostgresRows {
 public:
  explicit PostgresRows(PGresult* result) : result_(result, PQclear) {}
  [[nodiscard]] int size() const { return PQntuples(result_.get()); }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] PostgresRow operator[](int row) const { return {result_.get(), row}; }

 private:
  std::unique_ptr<PGresult, decltype(&PQclear)> result_;
};

// Whom the policies of the tables hold back (docs/adr/0009-tenant-fence.md). The owner changes
// tables; everything else is done bound to a tenant, even when the login could look past policies.
enum class DatabaseRole : std::uint8_t { Owner, Bound };
inline constexpr std::string_view kBoundRole = "fermata_bound";

class PostgresConnection {
 public:
  static Result<std::unique_ptr<PostgresConnection>> open(const PostgresOptions& options,
                                                          DatabaseRole role);
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;
  ~PostgresConnection() { PQfinish(raw_); }

  // Prepared once per text.
  Result<PostgresRows> run(std::string_view sql, const Params& params = {});
  // Several statements without parameters.
  Result<void> execute(const std::string& sql);
  // Whose rows the statements from here on may see and write: one tenant's, or with `*` all. A new
  // connection sees none.
  Result<void> bind_to(const TenantId& tenant);
  [[nodiscard]] const TenantId& tenant() const { return tenant_; }
  // False once the server has gone away, also while nobody was looking.
  [[nodiscard]] bool is_alive();
  [[nodiscard]] bool is_idle() const { return PQtransactionStatus(raw_) == PQTRANS_IDLE; }

 private:
  using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;
  PostgresConnection(PGconn* raw, int answer_timeout_ms)
      : raw_(raw), answer_timeout_ms_(answer_timeout_ms) {}
  // The last result of what was sent; `sent` is what libpq said to sending.
  Result<Answer> answer(int sent);
  Result<std::string> prepare(std::string_view sql);

  PGconn* raw_;
  int answer_timeout_ms_;
  TenantId tenant_;
  std::map<std::string, std::string, std::less<>> prepared_;  // text to name
};

// Connections in use go back when their lease ends, unless they are broken.
class PostgresPool {
 public:
  class Lease {
   public:
    Lease(PostgresPool& pool, std::unique_ptr<PostgresConnection> connection)
        : pool_(&pool), connection_(std::move(connection)) {}
    Lease(Lease&&) noexcept = default;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (connection_ != nullptr) pool_->give_back(std::move(connection_));
    }
    PostgresConnection& operator*() const { return *connection_; }
    PostgresConnection* operator->() const { return connection_.get(); }

   private:
    PostgresPool* pool_;
    std::unique_ptr<PostgresConnection> connection_;
  };

  explicit PostgresPool(PostgresOptions options) : options_(std::move(options)) {}
  // Bound to the tenant. STORE_BUSY when all are in use for longer than we wait.
  Result<Lease> take(const TenantId& tenant);

 private:
  Result<std::unique_ptr<PostgresConnection>> idle_or_new(const TenantId& tenant);
  void give_back(std::unique_ptr<PostgresConnection> connection);

  const PostgresOptions options_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<PostgresConnection>> idle_;
  std::size_t open_ = 0;
};

// Keyed: its statements name the rows that they change, so these are found by index, whatever a
// young table's statistics say, and planned once. RepeatableKeyed: a crash of the server may take
// back what the last moments before it committed, too, which the caller can do again.
enum class TransactionKind { General, Keyed, RepeatableKeyed };

// BEGIN … COMMIT, or ROLLBACK when it goes out of scope uncommitted.
class PostgresTransaction {
 public:
  static Result<PostgresTransaction> begin(PostgresConnection& connection,
                                           TransactionKind kind = TransactionKind::General);
  PostgresTransaction(PostgresTransaction&& other) noexcept
      : connection_(std::exchange(other.connection_, nullptr)) {}
  PostgresTransaction(const PostgresTransaction&) = delete;
  PostgresTransaction& operator=(const PostgresTransaction&) = delete;
  PostgresTransaction& operator=(PostgresTransaction&&) = delete;
  ~PostgresTransaction();
  Result<void> commit();

 private:
  explicit PostgresTransaction(PostgresConnection& connection) : connection_(&connection) {}
  PostgresConnection* connection_;
};

}  // namespace fermata::store
