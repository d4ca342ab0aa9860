#pragma once
// From an event to a run's payload, by the trigger's mapping.

#include "definition/mapping.h"
#include "foundation/clock.h"
#include "foundation/result.h"
#include "json/value.h"

namespace fermata::service {

// `event` is what expressions see under that name: {name, correlationKey, payload,
// payloadSchemaRef}. Dotted keys become nested objects; a later key overwrites an earlier one.
// Error: TRIGGER_MAPPING_FAILED.
Result<json::Value> map_trigger_payload(const definition::MappingValue& mapping,
                                        const json::Value& event, TimeMs now);

}  // namespace fermata::service
