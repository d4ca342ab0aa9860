#pragma once
// JSON Schema 2020-12 (and the drafts before it): does a value fit? The work is done by a Rust
// library behind bridge/jsonschema.h, which is included here only. Schemas are refused when they
// refer to anything outside themselves.

#include <cstddef>
#include <string>
#include <vector>

#include "foundation/result.h"
#include "json/value.h"

namespace fermata::jsonschema {

struct Violation {
  std::string instance;  // JSON pointer into the value; empty for the whole
  std::string message;
};

// What does not fit, at most `kViolationsMax` of it; empty when all does. Error: SCHEMA_INVALID.
inline constexpr std::size_t kViolationsMax = 50;
Result<std::vector<Violation>> validate(const json::Value& schema, const json::Value& instance);

}  // namespace fermata::jsonschema
