#include "store/postgres_connection.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstring>

#include "foundation/format.h"
#include "json/parse.h"
#include "json/text.h"

namespace fermata::store {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Deadline = SteadyClock::time_point;

constexpr std::string_view kServerHelp = "check that the database server runs and is reached";

// libpq's texts end with a line break and may have several lines; the first says what is wrong.
std::string first_line(const char* text) {
  const std::string_view all = text == nullptr ? "" : text;
  return std::string(all.substr(0, all.find('\n')));
}

Error unavailable(std::string_view doing, const std::string& why) {
  return make_error(ErrorKind::Unavailable, "STORE_UNAVAILABLE", format("{}: {}", doing, why),
                    std::string(kServerHelp));
}

// SQLSTATE to our codes; what is not named here leaves the database unusable for us.
Error error_of(const PGresult* result) {
  const char* field = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string_view state = field == nullptr ? "" : field;
  const std::string why =
      format("database: {}", first_line(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)));
  // Lock not had in time, statement too long, serialisation, deadlock, too many connections.
  constexpr std::array<std::string_view, 5> kBusy = {"55P03", "57014", "40001", "40P01", "53300"};
  if (std::ranges::find(kBusy, state) != kBusy.end()) {
    return make_error(ErrorKind::Unavailable, "STORE_BUSY", why,
                      "another session holds what is needed: wait, or look at pg_stat_activity");
  }
  if (state == "53100")
    return make_error(ErrorKind::Unavailable, "STORE_FULL", why, "make room on the server's disk");
  if (state.starts_with("23")) return make_error(ErrorKind::Conflict, "STORE_CONFLICT", why);
  if (state.starts_with("22")) {
    return make_error(ErrorKind::Internal, "STORE_REFUSED", why,
                      "a value is not one that this database can hold: report it");
  }
  if (state.starts_with("XX00") && state != "XX000") {
    return make_error(ErrorKind::Internal, "STORE_CORRUPT", why,
                      "restore the database from a backup");
  }
  return make_error(ErrorKind::Unavailable, "STORE_UNAVAILABLE", why, std::string(kServerHelp));
}

// Waits until the socket is readable (or writable, when asked). False: not in time.
bool wait_for(PGconn* raw, bool also_writable, Deadline deadline) {
  pollfd entry{PQsocket(raw), POLLIN, 0};
  if (also_writable) entry.events |= POLLOUT;
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now());
    if (left.count() <= 0) return false;
    const int ready = poll(&entry, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

}  // namespace

std::string postgres_text(std::string_view text) {
  std::string made;
  made.reserve(text.size());
  for (const char c : text) {
    if (c == '\0') {
      made += "\u2400";
    } else {
      made += c;
    }
  }
  return made;
}

Params& Params::bind_raw(std::string text) {
  values_.emplace_back(std::move(text));
  return *this;
}
Params& Params::bind(std::string_view text) {
  return bind_raw(postgres_text(text));
}
Params& Params::bind(std::int64_t number) {
  return bind_raw(std::to_string(number));
}
Params& Params::bind_json(const json::Value& value) {
  return bind_raw(json::to_text(value));
}
Params& Params::bind(const std::optional<std::string>& text) {
  if (text) return bind(std::string_view(*text));
  values_.emplace_back();
  return *this;
}
Params& Params::bind(const std::optional<std::int64_t>& number) {
  if (number) return bind(*number);
  values_.emplace_back();
  return *this;
}
Params& Params::bind(const std::optional<json::Value>& value) {
  if (value) return bind_json(*value);
  values_.emplace_back();
  return *this;
}

Columns& Columns::bind_raw(std::string_view text) {
  std::string& array = arrays_[next_++ % arrays_.size()];
  if (array.size() > 1) array += ',';
  array += text;
  return *this;
}
Columns& Columns::bind(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : postgres_text(text)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  quoted += '"';
  return bind_raw(quoted);
}
Columns& Columns::bind(std::int64_t number) {
  return bind_raw(std::to_string(number));
}
Columns& Columns::bind_json(const json::Value& value) {
  return bind(std::string_view(json::to_text(value)));
}
Params Columns::finish() && {
  Params params;
  for (std::string& array : arrays_) params.bind_raw(std::move(array) + "}");
  return params;
}

std::string PostgresRow::text(int column) const {
  return {PQgetvalue(result_, row_, column),
          static_cast<std::size_t>(PQgetlength(result_, row_, column))};
}
std::int64_t PostgresRow::number(int column) const {
  const char* begin = PQgetvalue(result_, row_, column);
  std::int64_t number = 0;
  std::from_chars(begin, begin + PQgetlength(result_, row_, column), number);
  return number;
}
std::optional<std::string> PostgresRow::optional_text(int column) const {
  return PQgetisnull(result_, row_, column) != 0 ? std::nullopt : std::optional(text(column));
}
std::optional<std::int64_t> PostgresRow::optional_number(int column) const {
  return PQgetisnull(result_, row_, column) != 0 ? std::nullopt : std::optional(number(column));
}
json::Value PostgresRow::json_value(int column) const {
  auto value = json::parse(text(column), {.duplicate_keys = json::DuplicateKeys::LastWins});
  return value.has_value() ? *std::move(value) : json::Value(nullptr);
}
std::optional<json::Value> PostgresRow::optional_json(int column) const {
  return PQgetisnull(result_, row_, column) != 0 ? std::nullopt : std::optional(json_value(column));
}

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::open(const PostgresOptions& options,
                                                                     DatabaseRole role) {
  // What stands before `dbname` is a default that the URL may change; what stands after it is not.
  constexpr std::array<const char*, 6> kNames = {"connect_timeout",  "tcp_user_timeout", "dbname",
                                                 "application_name", "client_encoding",  nullptr};
  const std::array<const char*, 6> values = {"5",       "15000", options.url.c_str(),
                                             "fermata", "UTF8",  nullptr};
  PGconn* raw = PQconnectdbParams(kNames.data(), values.data(), 1);
  std::unique_ptr<PostgresConnection> made(new PostgresConnection(raw, options.answer_timeout_ms));
  if (PQstatus(raw) != CONNECTION_OK)
    return unavailable("connecting to the database", first_line(PQerrorMessage(raw)));
  PQsetnonblocking(raw, 1);
  PQsetNoticeProcessor(
      raw, [](void*, const char*) {}, nullptr);
  TRY_DO(made->execute(format("SET lock_timeout = {}; SET statement_timeout = {}",
                              options.lock_timeout_ms, options.answer_timeout_ms)));
  if (!options.schema.empty()) {
    Params path;
    TRY(const auto set, made->run("SELECT set_config('search_path', quote_ident($1), false)",
                                  path.bind(options.schema)));
    static_cast<void>(set);
  }
  if (role == DatabaseRole::Bound) {
    // A login that policies do not hold steps down to one that they do.
    TRY(const auto stepped,
        made->run("SELECT set_config('role', $1, false) FROM pg_roles WHERE rolname = current_user "
                  "AND (rolsuper OR rolbypassrls)",
                  Params().bind(kBoundRole)));
    static_cast<void>(stepped);
  }
  return made;
}

Result<PostgresConnection::Answer> PostgresConnection::answer(int sent) {
  Answer last(nullptr, PQclear);
  if (sent == 0) return unavailable("database", first_line(PQerrorMessage(raw_)));
  // The server gives up first and says so; a server that says nothing at all is given up here.
  constexpr int kGraceMs = 2'000;
  const Deadline deadline =
      SteadyClock::now() + std::chrono::milliseconds(answer_timeout_ms_ + kGraceMs);
  const auto give_up = [&](const std::string& why) {
    const Error error = unavailable("database", why);
    // Nothing can be said on it any more: the pool drops it.
    PQfinish(std::exchange(raw_, nullptr));
    return error;
  };
  while (true) {
    for (int flushed = PQflush(raw_); flushed != 0; flushed = PQflush(raw_)) {
      if (flushed < 0 || PQconsumeInput(raw_) == 0)
        return give_up(first_line(PQerrorMessage(raw_)));
      if (!wait_for(raw_, true, deadline)) return give_up("no answer in time");
    }
    while (PQisBusy(raw_) != 0) {
      if (!wait_for(raw_, false, deadline)) return give_up("no answer in time");
      if (PQconsumeInput(raw_) == 0) return give_up(first_line(PQerrorMessage(raw_)));
    }
    PGresult* result = PQgetResult(raw_);
    if (result == nullptr) break;
    // Of several, the first error counts.
    if (last == nullptr || PQresultStatus(last.get()) != PGRES_FATAL_ERROR)
      last.reset(result);
    else
      PQclear(result);
  }
  if (last == nullptr) return give_up("no answer");
  if (PQresultStatus(last.get()) == PGRES_FATAL_ERROR) return error_of(last.get());
  return last;
}

Result<std::string> PostgresConnection::prepare(std::string_view sql) {
  const auto found = prepared_.find(sql);
  if (found != prepared_.end()) return found->second;
  std::string text(sql);
  std::string name = format("s{}", prepared_.size());
  TRY(const Answer prepared, answer(PQsendPrepare(raw_, name.c_str(), text.c_str(), 0, nullptr)));
  prepared_.emplace(std::move(text), name);
  return name;
}

Result<PostgresRows> PostgresConnection::run(std::string_view sql, const Params& params) {
  if (raw_ == nullptr) return unavailable("database", "the connection is lost");
  TRY(const std::string name, prepare(sql));
  std::vector<const char*> values;
  values.reserve(params.values_.size());
  for (const auto& value : params.values_) values.push_back(value ? value->c_str() : nullptr);
  TRY(Answer rows, answer(PQsendQueryPrepared(raw_, name.c_str(), static_cast<int>(values.size()),
                                              values.data(), nullptr, nullptr, 0)));
  return PostgresRows(rows.release());
}

Result<void> PostgresConnection::execute(const std::string& sql) {
  if (raw_ == nullptr) return unavailable("database", "the connection is lost");
  TRY(const Answer done, answer(PQsendQuery(raw_, sql.c_str())));
  return {};
}

Result<void> PostgresConnection::bind_to(const TenantId& tenant) {
  if (tenant_ == tenant) return {};
  TRY(const PostgresRows bound,
      run("SELECT set_config('fermata.tenant', $1, false)", Params().bind(tenant.text)));
  tenant_ = tenant;
  return {};
}

bool PostgresConnection::is_alive() {
  if (raw_ == nullptr || PQstatus(raw_) != CONNECTION_OK) return false;
  // A server that stops says goodbye and closes: then there is something to read. Hardly anything
  // else is said to an idle connection, and a new one is cheap.
  pollfd entry{PQsocket(raw_), POLLIN, 0};
  return poll(&entry, 1, 0) == 0;
}

Result<PostgresPool::Lease> PostgresPool::take(const TenantId& tenant) {
  TRY(auto connection, idle_or_new(tenant));
  Lease lease(*this, std::move(connection));
  TRY_DO(lease->bind_to(tenant));
  return lease;
}

// One that is bound to the tenant already, if there is one.
Result<std::unique_ptr<PostgresConnection>> PostgresPool::idle_or_new(const TenantId& tenant) {
  {
    std::unique_lock lock(mutex_);
    const auto is_free = [this] { return !idle_.empty() || open_ < options_.connections_max; };
    if (!returned_.wait_for(lock, std::chrono::milliseconds(options_.lock_timeout_ms), is_free)) {
      return make_error(ErrorKind::Unavailable, "STORE_BUSY",
                        "all connections to the database are in use",
                        "the database answers slowly: look at pg_stat_activity");
    }
    while (!idle_.empty()) {
      const auto bound = std::find_if(idle_.rbegin(), idle_.rend(),
                                      [&](const auto& one) { return one->tenant() == tenant; });
      if (bound != idle_.rend()) std::swap(*bound, idle_.back());
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      if (connection->is_alive()) return connection;
      --open_;
    }
    ++open_;
  }
  auto opened = PostgresConnection::open(options_, DatabaseRole::Bound);
  if (!opened.has_value()) give_back(nullptr);
  return opened;
}

void PostgresPool::give_back(std::unique_ptr<PostgresConnection> connection) {
  {
    const std::scoped_lock lock(mutex_);
    if (connection != nullptr && connection->is_alive() && connection->is_idle()) {
      idle_.push_back(std::move(connection));
    } else {
      --open_;
    }
  }
  returned_.notify_one();
}

Result<PostgresTransaction> PostgresTransaction::begin(PostgresConnection& connection,
                                                       TransactionKind kind) {
  // Sent at once: one round trip.
  std::string sql = "BEGIN";
  if (kind != TransactionKind::General) {
    sql +=
        "; SET LOCAL plan_cache_mode TO force_generic_plan; SET LOCAL enable_hashjoin TO off; SET "
        "LOCAL enable_mergejoin TO off; SET LOCAL enable_seqscan TO off";
  }
  if (kind == TransactionKind::RepeatableKeyed) sql += "; SET LOCAL synchronous_commit TO off";
  TRY_DO(connection.execute(sql));
  return PostgresTransaction(connection);
}

PostgresTransaction::~PostgresTransaction() {
  if (connection_ == nullptr) return;
  // A rollback that fails leaves nothing to do: the connection is dropped and the server rolls
  // back.
  const auto ignored = connection_->execute("ROLLBACK");
  static_cast<void>(ignored);
}

Result<void> PostgresTransaction::commit() {
  TRY_DO(connection_->execute("COMMIT"));
  connection_ = nullptr;
  return {};
}

}  // namespace fermata::store
