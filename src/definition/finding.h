#pragma once
// Finding: one thing that a check has to say about a definition. All findings of one check come
// together, sorted by path.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "foundation/text_span.h"

namespace fermata::definition {

enum class Severity : std::uint8_t { Error, Warning };

struct Finding {
  std::string path;  // canonical path, then a JSON pointer inside the step where known:
                     // root.steps[2].config/durationMs
  Severity severity = Severity::Error;
  std::string code;     // contracts/error_codes.json
  std::string message;  // what is wrong, lower case, no final stop
  std::string help;     // what to do
  // Of the expression at the path, when it is about a part; and what would be right in its place.
  std::optional<TextSpan> span = std::nullopt;
  std::optional<std::string> fix = std::nullopt;

  bool operator==(const Finding&) const = default;
};

bool has_errors(const std::vector<Finding>& findings);

}  // namespace fermata::definition
