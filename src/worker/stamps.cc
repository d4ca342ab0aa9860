#include "worker/stamps.h"

#include <charconv>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace fermata::worker {
namespace {

constexpr std::string_view kBeganAt = "fermata-began-at";
constexpr std::string_view kBytes = "fermata-bytes";

// A result, or the first detail of a failure.
temporal::Payload* stamped_payload(temporal::ActivityCompletion& completion) {
  if (auto* failure = std::get_if<temporal::Failure>(&completion.result))
    return failure->details.empty() ? nullptr : &failure->details.front();
  return std::get_if<temporal::Payload>(&completion.result);
}

const temporal::Payload* stamped_payload(const temporal::ResolveActivity& resolved) {
  if (const auto* failed = std::get_if<temporal::ActivityFailed>(&resolved.outcome)) {
    const auto& details = failed->failure.root().details;
    return details.empty() ? nullptr : &details.front();
  }
  const auto* done = std::get_if<temporal::ActivityCompleted>(&resolved.outcome);
  return done == nullptr ? nullptr : &done->result;
}

template <typename Number>
std::optional<Number> number_at(const temporal::ResolveActivity& resolved, std::string_view key) {
  const temporal::Payload* payload = stamped_payload(resolved);
  const std::string_view text = payload == nullptr ? "" : payload->metadata_at(key);
  Number number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return !text.empty() && read.ec == std::errc() && read.ptr == end ? std::optional(number)
                                                                    : std::nullopt;
}

}  // namespace

void stamp_begin(temporal::ActivityCompletion& completion, TimeMs began_at) {
  if (auto* payload = stamped_payload(completion))
    payload->metadata.emplace_back(kBeganAt, std::to_string(began_at));
}

std::optional<TimeMs> began_at(const temporal::ResolveActivity& resolved) {
  return number_at<TimeMs>(resolved, kBeganAt);
}

void stamp_bytes(temporal::ActivityCompletion& completion) {
  auto* payload = stamped_payload(completion);
  if (payload == nullptr) return;
  std::size_t bytes = 0;
  if (const auto* failure = std::get_if<temporal::Failure>(&completion.result)) {
    for (const temporal::Payload& detail : failure->details) bytes += detail.data.size();
    bytes += failure->message.size();
  } else {
    bytes = payload->data.size();
  }
  payload->metadata.emplace_back(kBytes, std::to_string(bytes));
}

std::size_t stamped_bytes(const temporal::ResolveActivity& resolved) {
  return number_at<std::size_t>(resolved, kBytes).value_or(0);
}

}  // namespace fermata::worker
