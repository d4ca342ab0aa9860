#pragma once
// DefinitionCache: compiled programs by workflow and version, outside of Temporal's history. A
// version is immutable, so what was loaded once stays right; the hash is checked on every load.

#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "definition/definition.h"
#include "store/store.h"

namespace fermata::service {

class DefinitionCache {
 public:
  DefinitionCache(store::Store& store, const definition::ActionCatalog& actions)
      : store_(store), actions_(actions) {}

  // `hash` empty: take the stored one. Errors: NOT_FOUND, DEFINITION_HASH_MISMATCH (the stored
  // definition is not the one that was published), DEFINITION_INVALID, and the store's own, which
  // may pass.
  Result<definition::ProgramPtr> load(const TenantId& tenant, const WorkflowId& id,
                                      std::int64_t version, const std::string& hash);

 private:
  using Key = std::tuple<std::string, std::string, std::int64_t>;
  store::Store& store_;
  const definition::ActionCatalog& actions_;
  std::mutex mutex_;
  std::map<Key, definition::ProgramPtr> programs_;
};

}  // namespace fermata::service
