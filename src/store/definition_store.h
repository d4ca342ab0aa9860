#pragma once
// What the store keeps of workflows: drafts that change, versions that never do. Errors as in
// store.h, and DRAFT_CONFLICT (somebody else saved the draft), WORKFLOW_IN_USE.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "foundation/clock.h"
#include "foundation/ids.h"
#include "foundation/result.h"
#include "json/value.h"
#include "store/clock_store.h"

namespace fermata::store {

// A workflow: its draft, and where it stands.
struct DefinitionRow {
  TenantId tenant;
  WorkflowId workflow_id;
  std::string name;
  json::Value draft;
  std::int64_t draft_version = 1;      // counts the savings of the draft
  std::int64_t published_version = 0;  // 0: never published
  std::string trigger_type;            // empty, event, schedule, recurring
  std::string trigger_event;           // the event's name, for trigger_type event
  WorkflowSettings settings;
  std::optional<json::Value> schedule_error;
  TimeMs created_at = 0;
  TimeMs updated_at = 0;
  std::string schema_mode = "pinned";  // pinned, inferred: where the payload schema comes from
  std::optional<TimeMs> archived_at;   // then nothing starts it
  // The version that its schedule in Temporal is of; 0: there is none; -1: it is to be made anew.
  std::int64_t schedule_version = 0;

  [[nodiscard]] bool has_clock() const {
    return !archived_at && (trigger_type == "schedule" || trigger_type == "recurring");
  }
};

// A published version: never changed.
struct VersionRow {
  TenantId tenant;
  WorkflowId workflow_id;
  std::int64_t version = 0;
  json::Value definition;
  std::string hash;  // json::hash(definition) when it was published
  TimeMs published_at = 0;
  json::Value notes = json::Object{};  // {message?, payloadSchema: {mode, ref, source}, …}
};

struct TriggerKey {
  std::string type;
  std::string event_name;
};

// A version, and the draft that is saved with it; version 0: the draft alone.
struct Publication {
  VersionRow version;
  TriggerKey trigger;
  DefinitionRow draft;
  std::optional<std::int64_t> expected_draft;  // as in save_draft
};

class DefinitionStore {
 public:
  virtual ~DefinitionStore() = default;

  // Saves name, draft and schema mode, and gives the draft's new version. `expected` is the version
  // that the writer has seen, 0 for none; without it whatever is there is replaced. DRAFT_CONFLICT.
  virtual Result<std::int64_t> save_draft(const DefinitionRow& row,
                                          std::optional<std::int64_t> expected) = 0;
  // All in one transaction. STORE_CONFLICT when the version is there already, DRAFT_CONFLICT.
  virtual Result<void> publish(const Publication& publication) = 0;
  virtual Result<DefinitionRow> definition(const TenantId& tenant, const WorkflowId& id) = 0;
  // Archived ones too, in order of their ids.
  virtual Result<std::vector<DefinitionRow>> definitions(const TenantId& tenant) = 0;
  virtual Result<VersionRow> version(const TenantId& tenant, const WorkflowId& id,
                                     std::int64_t version) = 0;
  // Newest first.
  virtual Result<std::vector<VersionRow>> versions(const TenantId& tenant,
                                                   const WorkflowId& id) = 0;
  // Nothing: it is in use again. NOT_FOUND.
  virtual Result<void> set_archived(const TenantId& tenant, const WorkflowId& id,
                                    std::optional<TimeMs> archived_at) = 0;
  // With all versions. WORKFLOW_IN_USE while it has a run or a schedule in Temporal. NOT_FOUND.
  virtual Result<void> remove_definition(const TenantId& tenant, const WorkflowId& id) = 0;
  // Workflows of all tenants whose clock is not yet that of their published version.
  virtual Result<std::vector<DefinitionRow>> unsynced_schedules(std::size_t limit) = 0;
  // The schedule in Temporal is now as `seen` asks for, unless that has changed since.
  virtual Result<void> mark_schedule(const DefinitionRow& seen) = 0;
};

}  // namespace fermata::store
