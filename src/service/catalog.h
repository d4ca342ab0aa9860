#pragma once
// Catalog: workflows and their versions. A draft may be anything that parses; a version was
// checked, has a hash and never changes.

#include <vector>

#include "definition/complete.h"
#include "definition/definition.h"
#include "foundation/clock.h"
#include "store/store.h"

namespace fermata::service {

struct Published {
  WorkflowId workflow_id;
  std::int64_t version = 0;  // 0: refused, see the findings
  std::string hash;
  bool is_new = false;  // false: this very definition is the newest version already
  std::vector<definition::Finding> findings;
};

class Catalog {
 public:
  Catalog(store::Store& store, const definition::ActionCatalog& actions, const Clock& clock)
      : store_(store), actions_(actions), clock_(clock) {}

  [[nodiscard]] Result<definition::Checked> check(const TenantId& tenant,
                                                  const json::Value& document) const;
  // What can stand at a place in an expression of it.
  [[nodiscard]] Result<definition::Completion> complete(
      const TenantId& tenant, const json::Value& document,
      const definition::CompletionQuery& query) const;
  // Saves the document as draft and publishes it as the next version. Its own `version` is
  // replaced. Findings that are errors stop it; nothing is saved then.
  Result<Published> publish(const TenantId& tenant, const json::Value& document);

 private:
  store::Store& store_;
  const definition::ActionCatalog& actions_;
  const Clock& clock_;
};

}  // namespace fermata::service
