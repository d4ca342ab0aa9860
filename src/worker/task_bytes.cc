#include "worker/task_bytes.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "foundation/limits.h"

namespace fermata::worker {
namespace {

constexpr std::string_view kBytes = "fermata-bytes";
// Far above the machine's own numbers and those of timers that wait out a backoff.
constexpr std::uint32_t kBreakBase = 0xC000'0000U;

std::size_t bytes_of(const std::vector<temporal::Payload>& payloads) {
  std::size_t bytes = 0;
  for (const temporal::Payload& payload : payloads) bytes += payload.data.size();
  return bytes;
}

}  // namespace

void stamp_bytes(temporal::ActivityCompletion& completion) {
  auto* payload = std::get_if<temporal::Payload>(&completion.result);
  std::size_t bytes = payload == nullptr ? 0 : payload->data.size();
  if (auto* failure = std::get_if<temporal::Failure>(&completion.result)) {
    if (failure->details.empty()) return;
    payload = &failure->details.front();
    bytes = bytes_of(failure->details) + failure->message.size();
  }
  payload->metadata.emplace_back(kBytes, std::to_string(bytes));
}

std::size_t stamped_bytes(const temporal::ResolveActivity& resolved) {
  const temporal::Payload* payload = nullptr;
  if (const auto* done = std::get_if<temporal::ActivityCompleted>(&resolved.outcome))
    payload = &done->result;
  if (const auto* failed = std::get_if<temporal::ActivityFailed>(&resolved.outcome)) {
    const auto& details = failed->failure.root().details;
    payload = details.empty() ? nullptr : &details.front();
  }
  const std::string_view text = payload == nullptr ? "" : payload->metadata_at(kBytes);
  std::size_t bytes = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, bytes);
  return read.ec == std::errc() && read.ptr == end ? bytes : 0;
}

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
