#pragma once
// Statements that both databases understand as they are: text with numbered parameters ($1, $2, …
// in the order of their first use) and typed values. What is written on it exists once for both
// stores. Private to this library.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "foundation/format.h"
#include "foundation/ids.h"
#include "foundation/result.h"
#include "json/value.h"

namespace fermata::store {

using SqlValue = std::variant<std::int64_t, std::string, std::nullptr_t>;

// Who asks for all tenants says so: for workers, sweeps and keys, never for a caller.
inline const TenantId kEveryTenant("*");

// A statement in the making, and whose rows it may touch: what is appended with a value has one `?`
// for it.
struct Query {
  TenantId tenant;
  std::string text;
  std::vector<SqlValue> values;

  Query& add(std::string_view part) {
    text += part;
    return *this;
  }
  Query& add(std::string_view part, SqlValue value) {
    const std::size_t mark = part.find('?');
    values.push_back(std::move(value));
    text += part.substr(0, mark);
    text += format("${}", values.size());
    text += part.substr(mark + 1);
    return *this;
  }
  // word IN (…), for a list that is not empty.
  Query& add_in(std::string_view word, const std::vector<std::string>& list) {
    add(word).add(" IN (");
    for (std::size_t i = 0; i < list.size(); ++i) add(i == 0 ? "?" : ", ?", list[i]);
    return add(")");
  }
};

// One row of an answer, by position. Stored JSON is our own writing; what cannot be read any more
// is null.
class Cells {
 public:
  virtual ~Cells() = default;
  [[nodiscard]] virtual std::string text(int column) const = 0;
  [[nodiscard]] virtual std::int64_t number(int column) const = 0;
  [[nodiscard]] virtual std::optional<std::string> optional_text(int column) const = 0;
  [[nodiscard]] virtual std::optional<std::int64_t> optional_number(int column) const = 0;
  [[nodiscard]] virtual json::Value json_value(int column) const = 0;
  [[nodiscard]] virtual std::optional<json::Value> optional_json(int column) const = 0;
};

// A row of one database as Cells.
template <typename Raw>
class CellsOf final : public Cells {
 public:
  explicit CellsOf(Raw& raw) : raw_(raw) {}
  [[nodiscard]] std::string text(int column) const override { return raw_.text(column); }
  [[nodiscard]] std::int64_t number(int column) const override { return raw_.number(column); }
  [[nodiscard]] std::optional<std::string> optional_text(int column) const override {
    return raw_.optional_text(column);
  }
  [[nodiscard]] std::optional<std::int64_t> optional_number(int column) const override {
    return raw_.optional_number(column);
  }
  [[nodiscard]] json::Value json_value(int column) const override {
    return raw_.json_value(column);
  }
  [[nodiscard]] std::optional<json::Value> optional_json(int column) const override {
    return raw_.optional_json(column);
  }

 private:
  Raw& raw_;
};

enum class SqlDialect : std::uint8_t { Sqlite, Postgres };

class Sql {
 public:
  using Take = std::function<void(std::size_t query, const Cells& row)>;
  virtual ~Sql() = default;
  [[nodiscard]] virtual SqlDialect dialect() const = 0;
  // All of them see the database at one moment.
  virtual Result<void> select(std::span<const Query> queries, const Take& take) = 0;
  // A statement that gives no rows, its own transaction.
  virtual Result<void> execute(const Query& query) = 0;
};

// Every row of one statement.
template <typename Row, typename Read>
Result<std::vector<Row>> rows_of(Sql& sql, const Query& query, Read read) {
  std::vector<Row> rows;
  TRY_DO(sql.select(std::span(&query, 1),
                    [&](std::size_t, const Cells& cells) { rows.push_back(read(cells)); }));
  return rows;
}

}  // namespace fermata::store
