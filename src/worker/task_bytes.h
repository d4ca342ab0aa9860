#pragma once
// TaskBytes: what the ends of local actions weigh in the answer to a workflow task, and the break
// after which the run goes on in another. Each end is a marker in that answer, and gRPC takes
// 4 MiB. The weight travels with the end into the history, where a replay finds it. What ended
// before there was such a word weighs nothing: those histories are gone through as they were.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "foundation/limits.h"
#include "temporal/activation.h"
#include "temporal/command.h"

namespace fermata::worker {

// Ends of short actions in the answer to one workflow task, after which the run goes on in another:
// with one more, or with all that a run carries, it stays below the 4 MiB of gRPC. INVARIANT:
// histories are gone through by it, so it never changes.
inline constexpr std::size_t kTaskBytesMax = 1536 * limits::kKiB;

class TaskBytes {
 public:
  // True: with these ends the answer is large enough.
  bool add(const temporal::Activation& activation);
  // What was counted goes to Temporal with this answer. The empty tasks by which a worker keeps its
  // own send it, too, but a replay does not see them: so they do not count.
  void sent() { bytes_ = 0; }
  // Ends the task, and soon begins the next.
  temporal::StartTimer take_break();
  // There is another task. The break's timer goes when it was not that which began it.
  std::optional<temporal::CancelTimer> go_on(const temporal::Activation& activation);
  static bool is_break(std::uint32_t timer);

 private:
  std::size_t bytes_ = 0;
  std::uint32_t breaks_ = 0;
  std::optional<std::uint32_t> break_;
};

}  // namespace fermata::worker
