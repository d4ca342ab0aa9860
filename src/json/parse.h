#pragma once
// Text to value. Strict JSON (RFC 8259), exact doubles (Boost.JSON 1.81 rounds the last bit wrong
// in a third of them), bounded size and depth, duplicate keys and U+0000 refused: a stored or
// hashed document has one meaning.

#include <cstddef>
#include <string_view>

#include "foundation/limits.h"
#include "foundation/result.h"
#include "json/value.h"

namespace fermata::json {

enum class DuplicateKeys { Refuse, LastWins };

struct ParseOptions {
  std::size_t bytes_max = limits::kHttpBodyBytesMax;
  std::size_t depth_max = limits::kJsonDepthMax;
  DuplicateKeys duplicate_keys = DuplicateKeys::Refuse;
  // Keep halves of UTF-16 pairs that stand alone ("\ud800") as three bytes (WTF-8). No document of
  // the product may hold one; test data of engines that think in UTF-16 does.
  bool lone_surrogates = false;
  // U+0000 becomes U+FFFD instead of a refusal, and so do halves that are written as three bytes:
  // for what an older version of ours wrote, which must be read.
  bool replaces_unwritable = false;
};

// Errors: JSON_INVALID (with line and column), JSON_TOO_LARGE, JSON_TOO_DEEP, JSON_DUPLICATE_KEY.
Result<Value> parse(std::string_view text, const ParseOptions& options = {});

}  // namespace fermata::json
