#pragma once
// How an event is written down by those who send it: as a JSON object over HTTP, as the fields of a
// stream's message, and how a message that could not be read is kept, byte for byte.

#include <string>
#include <utility>
#include <vector>

#include "service/events.h"

namespace fermata::service {

using MessageFields = std::vector<std::pair<std::string, std::string>>;

// {eventId, eventName, correlationKey, payloadSchemaRef, payload}; the words of the stream
// (event_id, event_name or event_type, workflow_correlation_key) are understood as well. What is
// missing is empty: accepting the event finds that.
EventRequest event_from_json(const json::Object& body, const TenantId& tenant);

// Either one field `event` with such an object as JSON, or its members as fields, `payload` as
// JSON. Errors: EVENT_INVALID, JSON_*.
Result<EventRequest> event_from_fields(const MessageFields& fields, const TenantId& tenant);

// [[name, text], …]; a value that is no UTF-8 is {"base64": …}.
json::Value fields_to_json(const MessageFields& fields);
MessageFields fields_from_json(const json::Value& value);

}  // namespace fermata::service
