#pragma once
// RepairTimes: when the rows of which lagging run are made again. What fails waits longer each
// time. Pure, so that it can be tested: times are given.

#include <cstdint>
#include <map>
#include <vector>

#include "foundation/clock.h"
#include "worker/spool.h"

namespace fermata::worker {

class RepairTimes {
 public:
  // `Rarely`: only another program, or somebody who looks at it, can help.
  enum class Hope : std::uint8_t { Soon, Rarely };

  // Those of `due` whose time has come; the others that it knew are forgotten. A run that was noted
  // again since is tried at once.
  std::vector<Spool::Entry> now_due(const std::vector<Spool::Entry>& due, TimeMs now);
  void put_off(const Spool::Entry& entry, Hope hope, TimeMs now);

  static constexpr std::int64_t kFirstMs = 1'000;
  static constexpr std::int64_t kMostMs = 60'000;
  static constexpr std::int64_t kRarelyMs = 3'600'000;

 private:
  struct Later {
    std::uint64_t mark = 0;
    std::int64_t pause_ms = 0;
    TimeMs at = 0;
  };
  std::map<RunId, Later> later_;
};

}  // namespace fermata::worker
