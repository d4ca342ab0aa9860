#include "worker/repair_times.h"

#include <algorithm>

namespace fermata::worker {

std::vector<Spool::Entry> RepairTimes::now_due(const std::vector<Spool::Entry>& due, TimeMs now) {
  std::vector<Spool::Entry> chosen;
  std::map<RunId, Later> known;
  for (const Spool::Entry& entry : due) {
    const auto later = later_.find(entry.run);
    const bool is_known = later != later_.end() && later->second.mark == entry.mark;
    if (is_known) known.insert(*later);
    if (!is_known || later->second.at <= now) chosen.push_back(entry);
  }
  later_ = std::move(known);
  return chosen;
}

void RepairTimes::put_off(const Spool::Entry& entry, Hope hope, TimeMs now) {
  Later& later = later_[entry.run];
  later.mark = entry.mark;
  later.pause_ms =
      hope == Hope::Rarely ? kRarelyMs : std::clamp(2 * later.pause_ms, kFirstMs, kMostMs);
  later.at = now + later.pause_ms;
}

}  // namespace fermata::worker
