#pragma once
// Bundles: workflows with all their versions, the payload schemas and event types that they name,
// as one JSON document that another server can take in. It says what else they need; importing
// finds that out again and trusts nothing. Importing adds; it never changes or deletes a version, a
// schema or an event type that is there.

#include <string>
#include <vector>

#include "service/catalog.h"

namespace fermata::service {

struct ImportSummary {
  // The same version twice counts as kept.
  std::size_t workflows_new = 0;
  std::size_t versions_new = 0;
  std::size_t versions_kept = 0;
  std::size_t schemas_new = 0;
  std::size_t event_types_new = 0;
  // Named by the definitions and neither here nor in the bundle.
  std::vector<std::string> missing_secrets;
  std::vector<std::string> missing_workflows;  // WORKFLOW@VERSION
  std::vector<std::string> missing_calendars;
  // Nothing was imported when there are any that are errors.
  std::vector<definition::Finding> findings;  // path: WORKFLOW@VERSION, then the path inside
};

class Bundles {
 public:
  Bundles(store::Store& store, const definition::ActionCatalog& actions, const Clock& clock)
      : store_(store), actions_(actions), clock_(clock) {}

  // No ids: all workflows. Workflows that these call come along. Error: NOT_FOUND.
  Result<json::Value> write(const TenantId& tenant, std::vector<std::string> ids);
  // All of it or, with a finding that is an error, nothing. Errors: BUNDLE_INVALID, BUNDLE_CONFLICT
  // (a version, a schema or an event type is there with another meaning), SCHEMA_INVALID.
  Result<ImportSummary> read(const TenantId& tenant, const json::Value& bundle);

 private:
  store::Store& store_;
  const definition::ActionCatalog& actions_;
  const Clock& clock_;
};

}  // namespace fermata::service
