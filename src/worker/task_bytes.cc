#include "worker/task_bytes.h"

#include <algorithm>
#include <utility>

#include "worker/stamps.h"

namespace fermata::worker {
namespace {

// Far above the machine's own numbers and those of timers that wait out a backoff.
constexpr std::uint32_t kBreakBase = 0xC000'0000U;

}  // namespace

bool TaskBytes::add(const temporal::Activation& activation) {
  for (const temporal::Job& job : activation.jobs) {
    const auto* resolved = std::get_if<temporal::ResolveActivity>(&job);
    if (resolved != nullptr && resolved->is_local) bytes_ += stamped_bytes(*resolved);
  }
  return bytes_ > kTaskBytesMax;
}

temporal::StartTimer TaskBytes::take_break() {
  break_ = kBreakBase + ++breaks_;
  sent();
  return {*break_, 1};
}

std::optional<temporal::CancelTimer> TaskBytes::go_on(const temporal::Activation& activation) {
  const auto left = std::exchange(break_, std::nullopt);
  const bool is_fired = std::ranges::any_of(activation.jobs, [&](const temporal::Job& job) {
    const auto* fired = std::get_if<temporal::FireTimer>(&job);
    return fired != nullptr && fired->seq == left;
  });
  if (!left || is_fired) return std::nullopt;
  return temporal::CancelTimer{*left};
}

bool TaskBytes::is_break(std::uint32_t timer) {
  return timer >= kBreakBase;
}

}  // namespace fermata::worker
