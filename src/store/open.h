#pragma once
// The one place that knows which database a location means.

#include <memory>
#include <string>

#include "store/store.h"

namespace fermata::store {

// A postgresql:// (or postgres://) URL opens PostgreSQL, everything else is the file of a SQLite
// database. Either is brought up to date. Errors as store.h has them.
Result<std::unique_ptr<Store>> open(const std::string& location);

}  // namespace fermata::store
