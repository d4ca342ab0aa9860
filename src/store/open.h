#pragma once
// The one place that knows which database a location means.

#include <functional>
#include <memory>
#include <string>

#include "store/store.h"

namespace fermata::store {

// A postgresql:// (or postgres://) URL opens PostgreSQL, everything else is the file of a SQLite
// database. Either is brought up to date. Errors as store.h has them.
Result<std::unique_ptr<Store>> open(const std::string& location);

// An empty store beside the one at `location`, of its kind: a schema of its own in the same
// PostgreSQL database, or a temporary file. Gone with the object.
class Scratch {
 public:
  static Result<std::unique_ptr<Scratch>> open(const std::string& location);
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch();
  [[nodiscard]] Store& store() const { return *store_; }

 private:
  Scratch() = default;
  std::unique_ptr<Store> store_;
  std::function<void()> drop_;
};

}  // namespace fermata::store
