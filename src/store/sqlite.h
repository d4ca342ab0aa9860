#pragma once
// SQLite behind the Store interface: the embedded default. One writer connection behind a mutex,
// one reader connection behind another; WAL, so that they do not wait for each other.

#include <cstdint>
#include <memory>
#include <string>

#include "store/store.h"

namespace fermata::store {

struct SqliteOptions {
  std::string file;              // ":memory:" is not supported: two connections need one file
  int busy_timeout_ms = 10'000;  // how long a locked database is waited for
  std::int64_t bytes_max = 0;    // beyond it writes fail with STORE_FULL; 0: the disk's own limit
  // Schema steps beyond this one are not taken: to go forward one by one.
  std::int64_t schema_newest = INT64_MAX;
};

// Opens, and brings the schema up to date. A database of a newer program is refused: STORE_TOO_NEW.
Result<std::unique_ptr<Store>> open_sqlite(const SqliteOptions& options);

}  // namespace fermata::store
