#pragma once
// A real database of a test's own, of either kind; it ends with the object.

#include <cstdint>
#include <memory>
#include <string>

#include "store/store.h"

namespace fermata::store {

class TestDatabase {
 public:
  virtual ~TestDatabase() = default;
  // As store::open takes it.
  [[nodiscard]] virtual std::string location() const = 0;
  // Statements on a connection of their own; ends the process when they fail.
  virtual void execute(const std::string& sql) const = 0;
  // As if nobody had opened it yet. Nobody must have it open.
  virtual void clear() const = 0;
  // The step that the schema is at: in a database that was opened, the newest one.
  [[nodiscard]] virtual std::int64_t step() const = 0;
  // A store of a program that knows the schema up to this step.
  [[nodiscard]] virtual std::unique_ptr<Store> open_at(std::int64_t schema_newest) const = 0;
  // Somebody else holds what an inserted run needs, until the result is gone.
  [[nodiscard]] virtual std::shared_ptr<void> lock_runs() const = 0;
  // A store that waits for locks only so long.
  [[nodiscard]] virtual std::unique_ptr<Store> open_impatient(int lock_timeout_ms) const = 0;
  // A store with room for small rows, but not for one of a megabyte.
  [[nodiscard]] virtual std::unique_ptr<Store> open_small() const = 0;
};

// By name: "sqlite" or "postgres".
std::unique_ptr<TestDatabase> make_test_database(const std::string& name);

}  // namespace fermata::store
