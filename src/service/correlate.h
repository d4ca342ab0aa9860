#pragma once
// Correlate: which key an event carries, and why. Explicit keys first, then the path configured for
// the event's name or for all names (`*`). Never the event's id (seed S2).

#include <optional>
#include <string>

#include "json/value.h"

namespace fermata::service {

struct Correlated {
  std::optional<std::string> key;
  std::string source;  // request, payload.<field>, path <path>; or why there is none
  std::string path;    // into the payload: where it stands, or was looked for; may be empty
};

// `told`: what came beside the payload. `path`: the configured one; empty: none.
Correlated correlate(const std::optional<std::string>& told, const json::Value& payload,
                     const std::string& path);

}  // namespace fermata::service
