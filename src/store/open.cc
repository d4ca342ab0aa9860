#include "store/open.h"

#include "store/postgres.h"
#include "store/sqlite.h"

namespace fermata::store {

Result<std::unique_ptr<Store>> open(const std::string& location) {
  if (location.starts_with("postgresql://") || location.starts_with("postgres://"))
    return open_postgres({.url = location});
  return open_sqlite({.file = location});
}

}  // namespace fermata::store
