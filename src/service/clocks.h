#pragma once
// Clocks: one-time and recurring triggers over Temporal Schedules. What is published is what the
// schedules say: the sweep compares and mends, so that a crash or an absent Temporal between the
// two only delays. A schedule's fire launches through the one launcher, under a fire key of its
// time, so that it counts once.

#include <string>

#include "foundation/clock.h"
#include "service/definition_cache.h"
#include "service/launch.h"
#include "store/store.h"
#include "temporal/client.h"

namespace fermata::service {

// What a schedule hands to the workflow that it starts.
struct ClockFire {
  TenantId tenant;
  WorkflowId workflow_id;
  std::string scheduled_for;  // ISO instant

  [[nodiscard]] json::Value to_json() const;
  // Error: RUN_ARGUMENTS_INVALID.
  static Result<ClockFire> from_json(const json::Value& value);
};

class Clocks {
 public:
  struct Parts {
    store::Store& store;
    temporal::Client client;
    DefinitionSource& definitions;
    Launcher& launcher;
    const Clock& clock;
  };
  explicit Clocks(Parts parts) : parts_(std::move(parts)) {}

  // Brings the schedules of all workflows whose published version changed up to date. Gives how
  // many it changed.
  Result<std::size_t> sync();
  // Launches the newest published version. A repeated fire, or one of a workflow that has no clock
  // any more, launches nothing: {launched: false, reason}.
  Result<json::Value> fire(const ClockFire& fire);

 private:
  Result<void> sync_one(const store::DefinitionRow& workflow);

  Parts parts_;
};

// fermata:TENANT:WORKFLOW
std::string schedule_id(const TenantId& tenant, const WorkflowId& workflow);

}  // namespace fermata::service
