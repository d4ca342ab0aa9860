#pragma once
// Clocks: one-time and recurring triggers over Temporal Schedules. What is published is what the
// schedules say: the sweep compares and mends, so that a crash or an absent Temporal between the
// two only delays. A schedule's fire launches through the one launcher, under a fire key of its
// time, so that it counts once; and whatever became of a fire is one row: launched, skipped, held,
// failed or missed, with the reason. What Temporal could not fire, since it was away or had no
// schedule yet, the sweep makes up for under the same key (clock_repairs.cc).

#include <limits>
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
  // Launches the newest published version, or writes down why not: {launched, outcome, reason}. A
  // fire that was settled before is not made again. Fails only when it is to be tried again.
  Result<json::Value> fire(const ClockFire& fire);
  // Tries held fires again, oldest first. Gives how many were launched.
  Result<std::size_t> fire_held();
  // Makes the fires that were due and that nobody made, tries those that failed again, and writes
  // down those whose catch-up time is over. Gives how many.
  Result<std::size_t> catch_up();
  // Writes down as skipped what was due since then and was not to be fired: for whoever ends a
  // pause, before it ends.
  Result<void> note_skipped(const store::DefinitionRow& workflow, TimeMs since,
                            const std::string& reason);

  struct Preview {
    TimeMs at = 0;
    std::int64_t offset_ms = 0;  // of the zone, at that instant
    std::string skipped;         // why this day does not count; empty: it does
  };
  struct Window {
    TimeMs after = 0;  // not itself
    std::size_t count = 10;
    TimeMs until = std::numeric_limits<TimeMs>::max();
  };
  // The first fires in the window. Errors: TRIGGER_NO_CLOCK, ZONE_UNKNOWN, CALENDAR_INVALID.
  Result<std::vector<Preview>> preview(const TenantId& tenant, const definition::Trigger& trigger,
                                       const Window& window);

 private:
  // A held fire may come as late as it has to.
  enum class Patience : std::uint8_t { UntilCaughtUp, Endless };
  Result<void> sync_one(const store::DefinitionRow& workflow);
  Result<void> sync_once(const store::DefinitionRow& workflow,
                         const temporal::ScheduleRequest& request);
  Result<store::FireRow> fire_as(const ClockFire& fire, Patience patience);
  // What becomes of it, into the row.
  Result<void> settle(const store::DefinitionRow& workflow,
                      const Result<definition::ProgramPtr>& program, Patience patience,
                      store::FireRow& row);
  // Its run is there already.
  Result<void> take_run(const Launched& launched, store::FireRow& row);
  // As pauses, day filters and the overlap policy say.
  Result<void> follow(const store::DefinitionRow& workflow, const definition::Trigger& trigger,
                      store::FireRow& row);
  Result<HolidayCalendar> calendar_of(const TenantId& tenant, const definition::Trigger& trigger);
  Result<FireDecision> decide(const store::DefinitionRow& workflow,
                              const definition::Trigger& trigger, TimeMs scheduled_for);
  Result<void> launch(const store::DefinitionRow& workflow, const definition::Trigger& trigger,
                      store::FireRow& row);
  // The row of a fire that nobody made.
  [[nodiscard]] store::FireRow unmade(const store::DefinitionRow& workflow, TimeMs at) const;
  Result<std::size_t> catch_up_of(const store::DefinitionRow& workflow);
  // What failed before what was wrong with the workflow, its calendar or its zone was mended.
  Result<std::size_t> retry_failed(const store::DefinitionRow& workflow, TimeMs since);
  // What was due after `after` and not later than now, and has no row.
  Result<std::vector<Preview>> unknown_fires(const store::DefinitionRow& workflow,
                                             const definition::Trigger& trigger, TimeMs after);

  Parts parts_;
};

// What is launched later than this after its time is said to be late.
inline constexpr std::int64_t kLateMs = 60'000;
// A fire that could not be made at its time is made up for within this; what is older is missed.
std::int64_t catch_up_ms(const definition::Trigger& trigger);
// Since when the version's clock counts here: it was published, or came in with a bundle.
TimeMs counts_since(const store::VersionRow& version);
bool has_clock(const definition::Program& program);
std::string fire_key(const ClockFire& fire);
// As Temporal writes it behind a workflow's id: to the second.
std::string fire_time_text(TimeMs at);

// fermata:TENANT:WORKFLOW
std::string schedule_id(const TenantId& tenant, const WorkflowId& workflow);

}  // namespace fermata::service
