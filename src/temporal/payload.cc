#include "temporal/payload.h"

#include <algorithm>

#include "foundation/format.h"
#include "json/parse.h"
#include "json/text.h"

namespace fermata::temporal {
namespace {

// Temporal's own limit of one payload is 2 MiB; what comes from its history may be nested as deep
// as our own documents.
constexpr json::ParseOptions kParse{.bytes_max = 8 * 1024 * 1024,
                                    .duplicate_keys = json::DuplicateKeys::LastWins};

}  // namespace

Payload to_payload(const json::Value& value) {
  if (value.is_null()) return {"", {{"encoding", "binary/null"}}};
  return {json::to_text(value), {{"encoding", "json/plain"}}};
}

Result<json::Value> to_json(const Payload& payload) {
  const auto encoding = std::ranges::find(payload.metadata, std::string("encoding"),
                                          &std::pair<std::string, std::string>::first);
  if (encoding == payload.metadata.end()) {
    return make_error(ErrorKind::Invalid, "PAYLOAD_UNREADABLE", "payload names no encoding");
  }
  if (encoding->second == "binary/null") return json::Value(nullptr);
  if (encoding->second != "json/plain") {
    return make_error(ErrorKind::Invalid, "PAYLOAD_UNREADABLE",
                      format("payload has encoding `{}`", encoding->second), "send json/plain");
  }
  auto parsed = json::parse(payload.data, kParse);
  if (!parsed.has_value()) {
    Error error = std::move(parsed).error().within("reading a payload");
    error.code = "PAYLOAD_UNREADABLE";
    return error;
  }
  return *std::move(parsed);
}

}  // namespace fermata::temporal
