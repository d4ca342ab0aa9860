#pragma once
// A payload against its JSON Schema.

#include "foundation/result.h"
#include "json/value.h"

namespace fermata::service {

// Errors: PAYLOAD_INVALID, naming everything that does not fit; SCHEMA_INVALID.
Result<void> check_payload(const json::Value& schema, const json::Value& payload);

}  // namespace fermata::service
