#pragma once
// Catalog: workflows and their versions. A draft may be any object; a version was checked, has a
// hash and never changes. INVARIANT: no version that was published is ever changed or deleted while
// a run exists that may be of it. Where next: bundle.h (many at once), definition/diff.h.

#include <optional>
#include <string>
#include <vector>

#include "definition/complete.h"
#include "definition/definition.h"
#include "definition/expressions.h"
#include "definition/rename.h"
#include "foundation/clock.h"
#include "service/known_names.h"
#include "store/store.h"

namespace fermata::service {

struct DraftRequest {
  TenantId tenant;
  WorkflowId workflow_id;
  json::Value definition;                      // an object; its `id` becomes the workflow's
  std::optional<std::int64_t> expected_draft;  // the draft that the author has seen; 0: none
  std::optional<std::string> schema_mode;      // pinned, inferred; absent: as before
};
struct SavedDraft {
  std::int64_t draft_version = 0;
  std::string schema_mode;
  definition::Checked checked;  // errors do not keep a draft from being saved
};

struct PublishRequest {
  TenantId tenant;
  WorkflowId workflow_id;
  std::optional<json::Value> definition;       // absent: the draft
  std::optional<std::int64_t> expected_draft;  // as in DraftRequest
  std::string message;                         // why, for people
};
struct Published {
  WorkflowId workflow_id;
  std::int64_t version = 0;  // 0: refused, see the findings
  std::string hash;
  bool is_new = false;  // false: this very definition is the newest version already
  std::vector<definition::Finding> findings;
};

class Catalog {
 public:
  Catalog(store::Store& store, const definition::ActionCatalog& actions, const Clock& clock,
          EnvironmentSecrets environment = {})
      : store_(store), actions_(actions), clock_(clock), environment_(std::move(environment)) {}

  // As it would be published now, under the schema mode. Secrets and called workflows that are not
  // there are warnings: they may be made before a run needs them.
  [[nodiscard]] Result<definition::Checked> check(const TenantId& tenant,
                                                  const json::Value& document,
                                                  const std::string& schema_mode = "pinned") const;
  // What can stand at a place in an expression of it.
  [[nodiscard]] Result<definition::Completion> complete(
      const TenantId& tenant, const json::Value& document,
      const definition::CompletionQuery& query) const;
  // Each expression of it with types, names and findings.
  [[nodiscard]] Result<std::vector<definition::ExpressionReport>> check_expressions(
      const TenantId& tenant, const json::Value& document) const;
  // A variable or step of it under another name.
  [[nodiscard]] Result<definition::Renaming> rename(const TenantId& tenant,
                                                    const json::Value& document,
                                                    const definition::RenameQuery& query) const;
  // Errors: DRAFT_CONFLICT, DEFINITION_TOO_LARGE, FIELD_INVALID.
  Result<SavedDraft> save_draft(const DraftRequest& request);
  // The draft, or the document that is given and becomes it, as the next version; its own `version`
  // is replaced. Findings that are errors stop it; nothing is saved then. Errors: DRAFT_CONFLICT,
  // DEFINITION_TOO_LARGE.
  Result<Published> publish(const PublishRequest& request);

  // What starts runs of it no longer does, and it has no schedule; its runs and versions stay.
  Result<void> set_archived(const TenantId& tenant, const WorkflowId& id, bool is_archived);
  // Error: WORKFLOW_IN_USE when it was published and is not archived, has runs, or another workflow
  // calls it.
  Result<void> remove(const TenantId& tenant, const WorkflowId& id);

 private:
  store::Store& store_;
  const definition::ActionCatalog& actions_;
  const Clock& clock_;
  const EnvironmentSecrets environment_;
};

// Error: DEFINITION_TOO_LARGE. The one limit of drafts and versions, by whatever door they come.
Result<void> check_definition_size(const json::Value& definition);
// What starts a program, as the store keeps it.
store::TriggerKey trigger_key_of(const definition::Program& program);
// Ids of the workflows that a definition calls, sorted.
std::vector<std::string> called_workflows(const json::Value& definition);

}  // namespace fermata::service
