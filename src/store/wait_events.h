#pragma once
// What an open wait is looked up with, for both databases: stored events that it may take, and the
// versions of runs. Private to this library.

#include <span>
#include <vector>

#include "store/event_store.h"
#include "store/sql.h"

namespace fermata::store {

Result<std::vector<EventRow>> events_for(Sql& sql, const projection::WaitRow& wait,
                                         const EventPage& page);
Result<std::vector<RunVersion>> versions_of(Sql& sql, std::span<const RunId> runs);

// Behind the insertion of a delivery. The first one stays, but for a launch that was put off, for
// an event that filters had turned away, and for one that has nothing to say. INVARIANT: what is
// written down as sent to a run stays so, whatever a later wait of that run says of the event.
inline constexpr std::string_view kReplaceDelivery =
    " ON CONFLICT (tenant, event_id, kind, target) DO UPDATE SET outcome = excluded.outcome, "
    "details = excluded.details WHERE workflow_event_deliveries.outcome IN ('HELD', 'FILTERED') OR "
    "(CAST(workflow_event_deliveries.details AS text) = '{}' AND excluded.outcome NOT IN ('HELD', "
    "'FILTERED'))";

}  // namespace fermata::store
