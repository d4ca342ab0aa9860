#pragma once
// Payload schemas and event types by their names, for both databases. Private to this library.

#include <string>
#include <vector>

#include "store/event_store.h"
#include "store/sql.h"

namespace fermata::store {

// Behind the insertion of an event type, for one that may be there.
inline constexpr std::string_view kReplaceEventType =
    " ON CONFLICT (tenant, event_name) DO UPDATE SET payload_schema_ref = "
    "excluded.payload_schema_ref, correlation_path = excluded.correlation_path, updated_at = "
    "excluded.updated_at";

Result<std::vector<SchemaRow>> schemas_of(Sql& sql, const TenantId& tenant,
                                          const std::vector<std::string>& refs);
Result<std::vector<EventTypeRow>> event_types_of(Sql& sql, const TenantId& tenant,
                                                 const std::vector<std::string>& names);

}  // namespace fermata::store
