#pragma once
// ZoneRules: the rules of one time zone, handed in. The pure half knows no zone data; an adapter
// implements this over the system's. Instants are UTC, so nothing here is ever ambiguous.

#include <cstdint>

#include "foundation/clock.h"

namespace fermata::calendar {

class ZoneRules {
 public:
  virtual ~ZoneRules() = default;
  // What local clocks are ahead of UTC at this instant; negative in the west.
  [[nodiscard]] virtual std::int64_t offset_ms_at(TimeMs instant) const = 0;
};

// A zone without changes; FixedZone{0} is UTC.
class FixedZone final : public ZoneRules {
 public:
  explicit FixedZone(std::int64_t offset_ms) : offset_ms_(offset_ms) {}
  [[nodiscard]] std::int64_t offset_ms_at(TimeMs) const override { return offset_ms_; }

 private:
  std::int64_t offset_ms_;
};

// Which instant a local clock reading means where it does not exist or exists twice.
enum class Fold : std::uint8_t { Earlier, Later };

// The instant at which local clocks show `local_ms` (milliseconds since 1970-01-01T00:00 local). In
// a fold the earlier or later of the two; in a gap the reading is carried over it by the length of
// the gap, as if the clock had not been changed yet.
TimeMs to_instant(const ZoneRules& zone, std::int64_t local_ms, Fold fold = Fold::Earlier);

}  // namespace fermata::calendar
