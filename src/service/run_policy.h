#pragma once
// RunPolicy: what an operator asks to be done about a workflow's runs without being asked each
// time: pause it when too many fail, and how long ended ones are kept. Kept as JSON with the
// workflow's settings.

#include <cstdint>
#include <optional>

#include "foundation/clock.h"
#include "json/value.h"

namespace fermata::service {

struct RunPolicy {
  bool auto_pause = false;
  // Of the newest `runs_min` or more ended runs this share failed: then it is paused.
  std::int64_t failure_percent = 50;
  std::int64_t runs_min = 10;
  std::optional<std::int64_t> retention_days;  // nothing: as the tenant keeps runs
  // Runs that began before do not count: it was resumed then, or the rule was changed.
  TimeMs counts_from = 0;

  static RunPolicy from_json(const json::Value& written);
  [[nodiscard]] json::Value to_json() const;
};

// How a workflow's newest runs ended.
struct Endings {
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
};
bool must_pause(const RunPolicy& policy, const Endings& endings);

}  // namespace fermata::service
