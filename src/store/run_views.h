#pragma once
// RunViews: what people look at. Lists of runs by any filter, windows and sums over the steps of
// one run, and what changed in the runs that are watched. Reads only; every call sees the database
// at one moment, but for sums and timelines of long runs. Errors as in store.h.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/store.h"

namespace fermata::store {

class Sql;

// Which runs. Absent conditions are true of every run.
struct RunFilter {
  std::optional<std::string> workflow_id;
  std::vector<std::string> statuses;  // any of them; empty: all
  std::optional<std::string> trigger_type;
  std::optional<std::string> parent_run_id;
  std::optional<std::string> root_run_id;  // the root itself and everything below it
  std::optional<TimeMs> started_from;      // at or after
  std::optional<TimeMs> started_before;
  // An error's code; or the beginning of a run's id, when it is at least kRunIdPrefixMin long.
  std::optional<std::string> search;
  std::size_t limit = 50;
  // Rows after this one, newest first: started_at and run id of the last row of the page before.
  // Runs that begin meanwhile change no page.
  std::optional<std::pair<TimeMs, std::string>> after;
};
// Ids begin with their time: a shorter beginning would fit every run.
inline constexpr std::size_t kRunIdPrefixMin = 8;
// Counting goes this far: nobody reads further, and it takes time.
inline constexpr std::int64_t kRunCountMax = 10'000;

// How many runs of a filter have each value, over the newest kRunCountMax of each of its ranges.
struct RunFacets {
  std::map<std::string, std::int64_t> by_status;
  std::map<std::string, std::int64_t> by_workflow;
  std::map<std::string, std::int64_t> by_trigger;
  std::map<std::string, std::int64_t> by_error;  // of those that have one
  std::int64_t total = 0;
  bool is_exact = true;  // false: there are more, older ones
};

struct StepFilter {
  std::optional<std::string> path;
  std::optional<std::string> iteration;
  std::vector<std::string> statuses;
  std::uint64_t after = 0;  // step number
  std::size_t limit = 50;
};

// All visits of one path.
struct PathSums {
  std::string path;
  std::string step_type;
  std::uint64_t first_step_number = 0;
  std::map<std::string, std::int64_t> by_status;
  std::optional<std::int64_t> ms_min;  // of those that ended
  std::optional<std::int64_t> ms_p50;
  std::optional<std::int64_t> ms_max;
  std::optional<std::string> first_failed_iteration;
};

// A part of a run's time, drawn on so many columns.
struct TimelineWindow {
  TimeMs from = 0;
  TimeMs to = 0;  // not in it
  std::int64_t columns = 1'000;
};
struct TimelineBucket {
  std::string path;
  TimeMs from = 0;  // of the first step that begins in it
  TimeMs to = 0;    // of the last one that ends
  std::int64_t steps = 0;
  std::int64_t failed = 0;
};
// The steps themselves while they are few; else how many begin in each column.
struct Timeline {
  std::vector<projection::StepRow> rows;
  std::vector<TimelineBucket> buckets;
  std::int64_t steps = 0;  // in the window
};
inline constexpr std::int64_t kTimelineRowsMax = 2'000;
inline constexpr std::int64_t kTimelineBucketsMax = 20'000;

// A run that somebody watches, and the last sequence number that they know; -1: nothing yet.
struct Watch {
  TenantId tenant;
  RunId run;
  std::int64_t after = -1;
  auto operator<=>(const Watch&) const = default;
};
// What they do not know: rows in order of their sequence numbers, up to `until`.
struct Changes {
  std::optional<RunView> run;  // without input
  std::vector<projection::StepRow> steps;
  std::vector<projection::WaitRow> waits;
  std::int64_t until = -1;
  std::string status;     // as it is now; empty: there is no such run
  bool has_more = false;  // what is left out comes with the next question
};
inline constexpr std::size_t kChangesMax = 500;  // rows of a kind in one answer

// What nearly met: enough to see why, few enough to read.
inline constexpr std::int64_t kNearMax = 20;
inline constexpr std::int64_t kNearWindow = 1'000;

class RunViews {
 public:
  explicit RunViews(Sql& sql) : sql_(sql) {}

  // Newest first; without input and output.
  Result<std::vector<RunView>> runs(const TenantId& tenant, const RunFilter& filter);
  // Those that there are; in no order.
  Result<std::vector<RunView>> runs_by_id(const TenantId& tenant,
                                          const std::vector<std::string>& ids);
  // At most kRunCountMax + 1, which says: more.
  Result<std::int64_t> count_runs(const TenantId& tenant, const RunFilter& filter);
  Result<RunFacets> facets(const TenantId& tenant, const RunFilter& filter);
  // In order of step number.
  Result<std::vector<projection::StepRow>> steps(const TenantId& tenant, const RunId& run,
                                                 const StepFilter& filter);
  Result<std::map<std::string, std::int64_t>> count_steps(const TenantId& tenant, const RunId& run);
  // Of the step that is under way deepest in the run; nothing when none is.
  Result<std::optional<projection::StepRow>> current_step(const TenantId& tenant, const RunId& run);
  // Open ones, oldest first, few: a run waits for one thing at a time, and its children have
  // theirs.
  Result<std::vector<projection::WaitRow>> open_waits(const TenantId& tenant, const RunId& run);
  // The step of this number.
  Result<std::optional<projection::StepRow>> step(const TenantId& tenant, const RunId& run,
                                                  std::uint64_t number);
  // What the action did that the step called last.
  Result<std::optional<InvocationRow>> invocation_of(const projection::StepRow& step);
  Result<projection::WaitRow> wait(const TenantId& tenant, const WaitId& id);
  // Events of the wait's name that came when it took them or were close to it, newest first: at
  // most kNearMax of its key, and of other keys those among the newest kNearWindow of all events.
  Result<std::vector<EventRow>> events_near(const projection::WaitRow& wait);
  // Open waits for the event's name: at most kNearMax each that take its key, and that are next to
  // it by the order of their keys.
  Result<std::vector<projection::WaitRow>> waits_near(const EventRow& event);
  // In order of each path's first step.
  Result<std::vector<PathSums>> aggregates(const TenantId& tenant, const RunId& run);
  Result<Timeline> timeline(const TenantId& tenant, const RunId& run, const TimelineWindow& window);
  // Where a run's rows end now: its newest sequence number and step number; and the first of the
  // steps that hold others and changed since what is known. Those that hold none change in order.
  struct Reach {
    std::int64_t sequence = 0;
    std::int64_t step_number = 0;
    std::optional<std::int64_t> first_block;
  };
  Result<Reach> reach(const Watch& watch);
  // One answer per watch, in their order.
  Result<std::vector<Changes>> changes(const std::vector<Watch>& watches);
  // How the database would make the list: a line per step of its plan.
  Result<std::vector<std::string>> plan(const TenantId& tenant, const RunFilter& filter);

 private:
  Sql& sql_;
};

}  // namespace fermata::store
