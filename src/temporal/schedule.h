#pragma once
// Schedule: a clock that starts runs, kept by Temporal. Cron text with a zone, or one instant.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "foundation/clock.h"
#include "temporal/payload.h"

namespace fermata::temporal {

enum class Overlap : std::uint8_t {
  Skip,
  BufferOne,
  BufferAll,
  CancelOther,
  TerminateOther,
  AllowAll
};

struct ScheduleRequest {
  std::string schedule_id;
  std::vector<std::string> cron;  // 5 fields
  std::string time_zone;          // IANA name; empty: UTC
  std::optional<TimeMs> once_at;  // instead of cron: fires once
  std::string workflow_id;        // prefix: the server appends the fire time
  std::string workflow_type;
  std::string task_queue;
  std::vector<Payload> input;
  Overlap overlap = Overlap::AllowAll;
  std::int64_t catch_up_window_ms = 60'000;
  bool is_paused = false;
  std::string note;
  std::int64_t task_timeout_ms = 0;
};

struct ScheduleDescription {
  bool is_paused = false;
  std::string note;
  std::vector<TimeMs> next_fires;
  std::int64_t fires = 0;
  std::int64_t missed = 0;
};

}  // namespace fermata::temporal
