#pragma once
// Rows that several tests begin with.

#include <optional>
#include <string>
#include <utility>

#include "store/event_store.h"
#include "store/store.h"

namespace fermata::store {

// A run of workflow `w`, of tenant `t`.
inline LaunchRow launch_row(const std::string& id, TimeMs at) {
  LaunchRow row;
  row.tenant = TenantId("t");
  row.run_id = RunId(id);
  row.workflow_id = WorkflowId("w");
  row.workflow_version = 1;
  row.trigger_type = "api";
  row.root_run_id = id;
  row.started_at = at;
  return row;
}

// An event PAID without a payload, of tenant `t`.
inline EventRow event_row(const std::string& id, std::optional<std::string> key, TimeMs at) {
  EventRow row;
  row.tenant = TenantId("t");
  row.event_id = EventId(id);
  row.event_name = "PAID";
  row.correlation_key = std::move(key);
  row.payload = json::Object{};
  row.notes = json::Object{};
  row.received_at = at;
  return row;
}

}  // namespace fermata::store
