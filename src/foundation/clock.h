#pragma once
// Clock: the only way to the time of day. The pure half (layers 0 to 5) never sees one: time comes
// in with the input. Implemented in cli.

#include <cstdint>

namespace fermata {

// Milliseconds since 1970-01-01T00:00:00Z. Every stored and transmitted instant is one of these.
using TimeMs = std::int64_t;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimeMs now() const = 0;
};

}  // namespace fermata
