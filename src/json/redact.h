#pragma once
// Redaction: what may leave a run. Secret references are masked, members with secret-like names are
// blanked, and so is each place that an action declares as secret. Used at every sink: rows, logs,
// API, export (design: security).

#include <span>
#include <string>

#include "json/value.h"

namespace fermata::json {

inline constexpr std::string_view kRedacted = "[REDACTED]";

// A copy of `value` with {"$secret": NAME} kept as it is (a name is no secret), and with
// "[REDACTED]" at each of `secret_pointers` (RFC 6901) and for each member whose name contains
// secret, token, password, api key or authorization (case-insensitive).
Value redact(const Value& value, std::span<const std::string> secret_pointers = {});

}  // namespace fermata::json
