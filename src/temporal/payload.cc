#include "temporal/payload.h"

#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/parse.h"
#include "json/text.h"

namespace fermata::temporal {
namespace {

// Temporal's own limit of one payload is 2 MiB; what comes from its history may be nested as deep
// as our own documents.
constexpr json::ParseOptions kParse{.bytes_max = 8 * 1024 * 1024,
                                    .duplicate_keys = json::DuplicateKeys::LastWins};
// What we wrote must be read, or its run waits for ever.
constexpr json::ParseOptions kParseOwn{.bytes_max = 8 * 1024 * 1024,
                                       .depth_max = limits::kOwnPayloadDepthMax,
                                       .duplicate_keys = json::DuplicateKeys::LastWins,
                                       .replaces_unwritable = true};

Result<json::Value> read(const Payload& payload, const json::ParseOptions& options) {
  const std::string_view encoding = payload.metadata_at("encoding");
  if (encoding.empty())
    return make_error(ErrorKind::Invalid, "PAYLOAD_UNREADABLE", "payload names no encoding");
  if (encoding == "binary/null") return json::Value(nullptr);
  if (is_sealed(payload)) return sealed_error(payload.metadata_at(kSealedKeyId));
  if (encoding != "json/plain") {
    return make_error(ErrorKind::Invalid, "PAYLOAD_UNREADABLE",
                      format("payload has encoding `{}`", encoding), "send json/plain");
  }
  auto parsed = json::parse(payload.data, options);
  if (!parsed.has_value()) {
    Error error = std::move(parsed).error().within("reading a payload");
    error.code = "PAYLOAD_UNREADABLE";
    return error;
  }
  return *std::move(parsed);
}

}  // namespace

std::string_view Payload::metadata_at(std::string_view name) const {
  for (const auto& [key, value] : metadata)
    if (key == name) return value;
  return {};
}

bool is_sealed(const Payload& payload) {
  return payload.metadata_at("encoding") == kSealedEncoding &&
         payload.metadata_at("encryption-cipher") == kSealedCipher;
}

Error sealed_error(std::string_view key_id) {
  return make_error(ErrorKind::Unavailable, "PAYLOAD_SEALED",
                    format("sealed by the payload key `{}`, which does not open it here", key_id),
                    "start with --payload-keys, and that key in the file");
}

Payload to_payload(const json::Value& value) {
  if (value.is_null()) return {"", {{"encoding", "binary/null"}}};
  return {json::to_text(value), {{"encoding", "json/plain"}}};
}

Result<json::Value> to_json(const Payload& payload) {
  return read(payload, kParse);
}

Result<json::Value> to_json_of_ours(const Payload& payload) {
  return read(payload, kParseOwn);
}

}  // namespace fermata::temporal
