#pragma once
// From an event to a run's payload, by the trigger's mapping.

#include "definition/mapping.h"
#include "foundation/clock.h"
#include "foundation/result.h"
#include "json/value.h"
#include "store/event_store.h"

namespace fermata::service {

// What expressions see under the name `event`: {name, correlationKey, payload, payloadSchemaRef}.
json::Value event_for_mapping(const store::EventRow& row);

// `event` as above. Dotted keys become nested objects; a later key overwrites an earlier one.
// Error: TRIGGER_MAPPING_FAILED.
Result<json::Value> map_trigger_payload(const definition::MappingValue& mapping,
                                        const json::Value& event, TimeMs now);

}  // namespace fermata::service
