#pragma once
// What a tenant's definitions may name besides actions and schemas: its secrets, and the published
// workflows that one definition calls. As of the moment of loading, for the publish-time check.

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "definition/catalog.h"
#include "store/store.h"

namespace fermata::service {

// Secrets that this process has in its environment: one tenant's alone.
struct EnvironmentSecrets {
  TenantId tenant;
  std::vector<std::string> names;
};
// Names, for UNKNOWN_SECRET.
Result<std::vector<std::string>> known_secrets(store::TenantStore& store, const TenantId& tenant,
                                               const EnvironmentSecrets& environment);

class CalledWorkflows final : public definition::WorkflowCatalog {
 public:
  // Those that the document calls, up to a bound; of the others nothing is known.
  static Result<CalledWorkflows> load(store::DefinitionStore& store, const TenantId& tenant,
                                      const json::Value& document);
  [[nodiscard]] std::optional<definition::CalledVersion> called(
      std::string_view id, std::int64_t version) const override;

 private:
  std::map<std::pair<std::string, std::int64_t>, definition::CalledVersion> found_;
};

}  // namespace fermata::service
