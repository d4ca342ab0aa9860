#pragma once
// PostgreSQL behind the Store interface: for more than one machine. A small pool of connections;
// one that the server dropped is found out before it is used, and replaced.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "store/store.h"

namespace fermata::store {

struct PostgresOptions {
  std::string url;  // postgresql://USER@HOST:PORT/DATABASE?…, as libpq reads it
  // What the tables live in; made when it is missing. Empty: the connection's own search path.
  std::string schema;
  std::size_t connections_max = 8;
  int lock_timeout_ms = 10'000;    // how long a locked row or a free connection is waited for
  int answer_timeout_ms = 30'000;  // how long the server may take for one statement
  // Schema steps beyond this one are not taken: to go forward one by one.
  std::int64_t schema_newest = INT64_MAX;
};

// Connects, and brings the schema up to date; two programs that open at once do it one after the
// other. A database of a newer program is refused: STORE_TOO_NEW.
Result<std::unique_ptr<Store>> open_postgres(const PostgresOptions& options);

// Drops the schema with all that is in it.
Result<void> drop_postgres_schema(const PostgresOptions& options);

}  // namespace fermata::store
