#pragma once
// Payload: one argument or result as Temporal keeps it: bytes and metadata. JSON is `json/plain`,
// nothing is `binary/null`. PayloadCodec is the one place where bytes can be encrypted on their way
// out and back.

#include <string>
#include <utility>
#include <vector>

#include "foundation/result.h"
#include "json/value.h"

namespace fermata::temporal {

struct Payload {
  std::string data;
  std::vector<std::pair<std::string, std::string>> metadata;

  bool operator==(const Payload&) const = default;
};

Payload to_payload(const json::Value& value);
// Errors: PAYLOAD_UNREADABLE for an encoding that is neither json/plain nor binary/null, or for
// broken JSON.
Result<json::Value> to_json(const Payload& payload);

}  // namespace fermata::temporal
