#pragma once
// TaskBytes: what the ends of local actions weigh in the answer to a workflow task, and the break
// after which the run goes on in another. Each end is a marker in that answer, and gRPC takes
// 4 MiB. The weight travels with the end into the history, where a replay finds it. What ended
// before there was such a word weighs nothing: those histories are gone through as they were.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "temporal/activation.h"
#include "temporal/command.h"

namespace fermata::worker {

void stamp_bytes(temporal::ActivityCompletion& completion);
std::size_t stamped_bytes(const temporal::ResolveActivity& resolved);

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
