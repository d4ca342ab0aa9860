#pragma once
// Clocks: one-time and recurring triggers over Temporal Schedules. What is published is what the
// schedules say: the sweep compares and mends, so that a crash or an absent Temporal between the
// two only delays. A schedule's fire launches through the one launcher, under a fire key of its
// time, so that it counts once; and whatever became of a fire is one row: launched, skipped, held,
// failed or missed, with the reason.

#include <string>

#include "foundation/clock.h"
#include "service/definition_cache.h"
#include "service/fire_decision.h"
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

  // Brings the schedules of all workflows that were published, paused or resumed up to date. Gives
  // how many it changed. One that is refused is noted with the workflow and tried again; until then
  // the schedule says what it said.
  Result<std::size_t> sync();
  // Launches the newest published version, or writes down why not: {launched, reason}. Fails only
  // when it is to be tried again.
  Result<json::Value> fire(const ClockFire& fire);
  // Tries held fires again, oldest first. Gives how many were launched.
  Result<std::size_t> fire_held();
  // Writes down fires whose time is over and that nobody made. Gives how many.
  Result<std::size_t> note_missed();

  struct Preview {
    TimeMs at = 0;
    std::int64_t offset_ms = 0;  // of the zone, at that instant
    std::string skipped;         // why this day does not count; empty: it does
  };
  // The next `count` fires after `after`. Errors: TRIGGER_NO_CLOCK, ZONE_UNKNOWN, CALENDAR_INVALID.
  Result<std::vector<Preview>> preview(const TenantId& tenant, const definition::Trigger& trigger,
                                       TimeMs after, std::size_t count);

 private:
  Result<void> sync_one(const store::DefinitionRow& workflow);
  Result<HolidayCalendar> calendar_of(const TenantId& tenant, const definition::Trigger& trigger);
  Result<FireDecision> decide(const store::DefinitionRow& workflow,
                              const definition::Trigger& trigger, TimeMs scheduled_for);
  Result<void> launch(const store::DefinitionRow& workflow, const definition::Trigger& trigger,
                      store::FireRow& row);
  Result<std::size_t> note_missed_of(const store::DefinitionRow& workflow);

  Parts parts_;
};

// fermata:TENANT:WORKFLOW
std::string schedule_id(const TenantId& tenant, const WorkflowId& workflow);

}  // namespace fermata::service
