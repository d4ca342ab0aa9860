#pragma once
// Where programs come from, outside of Temporal's history. A version is immutable, so what was
// loaded once stays right.

#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "definition/definition.h"
#include "store/store.h"

namespace fermata::service {

struct VersionRef {
  TenantId tenant;
  WorkflowId workflow_id;
  std::int64_t version = 0;
  std::string hash;  // empty: whatever is stored
};

class DefinitionSource {
 public:
  virtual ~DefinitionSource() = default;
  // Errors: NOT_FOUND, DEFINITION_HASH_MISMATCH (the stored definition is not the one that was
  // published), DEFINITION_INVALID, and the store's own, which may pass.
  virtual Result<definition::ProgramPtr> load(const VersionRef& ref) = 0;
};

// From the store, compiled once; the hash is checked on every load.
class DefinitionCache final : public DefinitionSource {
 public:
  DefinitionCache(store::Store& store, const definition::ActionCatalog& actions)
      : store_(store), actions_(actions) {}

  Result<definition::ProgramPtr> load(const VersionRef& ref) override;

 private:
  using Key = std::tuple<std::string, std::string, std::int64_t>;
  store::Store& store_;
  const definition::ActionCatalog& actions_;
  std::mutex mutex_;
  std::map<Key, definition::ProgramPtr> programs_;
};

// Definitions at hand, found by their hash: for replaying stored histories without a store. Error:
// DEFINITION_NOT_GIVEN.
class GivenDefinitions final : public DefinitionSource {
 public:
  void add(definition::ProgramPtr program) { programs_[program->hash] = std::move(program); }
  Result<definition::ProgramPtr> load(const VersionRef& ref) override;

 private:
  std::map<std::string, definition::ProgramPtr> programs_;
};

}  // namespace fermata::service
