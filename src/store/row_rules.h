#pragma once
// What both databases say about definitions and what belongs to a tenant, and the condition that
// both ask. Private to this library.

#include <optional>
#include <string>
#include <string_view>

#include "foundation/format.h"
#include "foundation/ids.h"
#include "foundation/result.h"
#include "store/tenant_store.h"

namespace fermata::store {

inline Error no_workflow(const WorkflowId& id) {
  return make_error(ErrorKind::NotFound, "NOT_FOUND", format("there is no workflow `{}`", id.text));
}
inline Error no_version(const WorkflowId& id, std::int64_t version) {
  return make_error(ErrorKind::NotFound, "NOT_FOUND",
                    format("workflow `{}` has no version {}", id.text, version));
}
inline Error draft_conflict(const WorkflowId& id) {
  return make_error(ErrorKind::Conflict, "DRAFT_CONFLICT",
                    format("the draft of workflow `{}` is not the one that was expected", id.text),
                    "read the draft again, and save it with its draftVersion");
}
inline Error workflow_in_use(const WorkflowId& id) {
  return make_error(ErrorKind::Conflict, "WORKFLOW_IN_USE",
                    format("workflow `{}` has runs or a schedule", id.text),
                    "archive it instead: its runs keep the versions that they are of");
}
inline Error no_secret(std::string_view name) {
  return make_error(ErrorKind::NotFound, "NOT_FOUND", format("there is no secret `{}`", name));
}

// The schedule in Temporal is not the one that the workflow should have.
inline constexpr std::string_view kScheduleIsUnsynced =
    "schedule_version <> CASE WHEN archived_at IS NULL AND trigger_type IN ('schedule', "
    "'recurring') THEN published_version ELSE 0 END";

// What is there under a key before it is written.
struct KeyValueState {
  std::int64_t revision = 0;
  std::string writer;
  bool has_value = false;
};
// The outcome, when nothing has to be written: done before, refused, or deleted already.
inline std::optional<KeyValueOutcome> settled(const KeyValuePut& put, const KeyValueState& state) {
  const std::int64_t seen = state.has_value ? state.revision : 0;
  if (!put.writer.empty() && put.writer == state.writer) return KeyValueOutcome{true, seen};
  if (put.expected && *put.expected != seen) return KeyValueOutcome{false, seen};
  if (!put.value && !state.has_value) return KeyValueOutcome{true, 0};
  return std::nullopt;
}

}  // namespace fermata::store
