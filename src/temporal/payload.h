#pragma once
// Payload: one argument or result as Temporal keeps it: bytes and metadata. JSON is `json/plain`,
// nothing is `binary/null`. PayloadCodec (payload_codec.h) is the one place where bytes are
// encrypted on their way out and back.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/result.h"
#include "json/value.h"

namespace fermata::temporal {

struct Payload {
  std::string data;
  std::vector<std::pair<std::string, std::string>> metadata;

  // Empty when it is not there.
  [[nodiscard]] std::string_view metadata_at(std::string_view name) const;
  bool operator==(const Payload&) const = default;
};

// What a sealed payload says of itself.
inline constexpr std::string_view kSealedEncoding = "binary/encrypted";
inline constexpr std::string_view kSealedKeyId = "encryption-key-id";
inline constexpr std::string_view kSealedCipher = "xchacha20poly1305";

Payload to_payload(const json::Value& value);
// By our own codec: others use the same encoding's name with other ciphers.
bool is_sealed(const Payload& payload);
Error sealed_error(std::string_view key_id);
// Errors: PAYLOAD_SEALED for one that the codec did not open; PAYLOAD_UNREADABLE for an encoding
// that is neither json/plain nor binary/null, or for broken JSON.
Result<json::Value> to_json(const Payload& payload);
// The same of what a run of ours wrote: also nested deeper than documents are, and with U+FFFD for
// characters that an older version wrote and no reader takes.
Result<json::Value> to_json_of_ours(const Payload& payload);

}  // namespace fermata::temporal
