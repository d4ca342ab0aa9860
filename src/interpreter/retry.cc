#include "interpreter/retry.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/hash.h"

namespace fermata::interpreter {
namespace {

// 0.8 to 1.2, from the seed.
double jitter(std::string_view seed, std::uint32_t attempt) {
  const std::string digits = json::sha256_hex(format("{}\n{}", seed, attempt)).substr(0, 8);
  std::uint32_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return 0.8 + 0.4 * (static_cast<double>(number) / 4294967295.0);
}

}  // namespace

std::optional<std::int64_t> next_delay(const definition::RetryPolicy& policy, const RunError& error,
                                       std::uint32_t attempt, std::string_view seed) {
  if (!is_catchable(error) || attempt >= policy.attempts_max) return std::nullopt;
  const auto names = [&](const std::string& word) {
    return word == error.category || word == error.code;
  };
  if (!policy.retry_on.empty() && std::ranges::none_of(policy.retry_on, names)) return std::nullopt;
  double delay = static_cast<double>(policy.backoff_ms) *
                 std::pow(policy.backoff_multiplier, static_cast<double>(attempt - 1));
  if (policy.jitter) delay *= jitter(seed, attempt);
  // Nothing to the power of something is nothing: no backoff, however often it is multiplied.
  if (std::isnan(delay)) delay = 0;
  const auto most = static_cast<double>(policy.max_delay_ms.value_or(limits::kWaitMsMax));
  return static_cast<std::int64_t>(std::floor(std::clamp(delay, 0.0, most)));
}

std::optional<TimeMs> deadline_of(const Run& run, const StepVisit& visit) {
  const auto& timeout = run.step(visit).timeout_ms;
  return timeout ? std::optional(visit.started_at + *timeout) : std::nullopt;
}

bool is_too_late(const Run& run, const StepVisit& visit, std::int64_t allowed_ms) {
  const auto deadline = deadline_of(run, visit);
  if (!deadline || run.now < *deadline) return false;
  return run.uses(Semantics::Second) || run.now - *deadline > allowed_ms;
}

RunError step_timeout(const Run& run, const StepVisit& visit, const RunError* cause) {
  RunError error = run.error_at(visit, category::kTimeout, "STEP_TIMEOUT",
                                "the step took longer than its timeoutMs");
  if (cause != nullptr) error.details = json::Object{{"cause", cause->to_json()}};
  return error;
}

Outcome retry_or_raise(Run& run, const Parked& parked, Failure failure) {
  const auto delay = failure.policy
                         ? next_delay(*failure.policy, failure.error, parked.attempt, failure.seed)
                         : std::nullopt;
  if (!delay) return Raise{std::move(failure.error)};
  const std::int64_t delay_ms =
      std::clamp(std::max(*delay, failure.asked_ms), std::int64_t{1}, limits::kWaitMsMax);
  // No attempt could begin in time: nobody is served by waiting for it.
  const auto deadline = deadline_of(run, parked.visit);
  if (deadline && run.now + delay_ms >= *deadline)
    return Raise{step_timeout(run, parked.visit, &failure.error)};
  AwaitRetry await{run.take_seq(), WaitId(run.derived_id("retry", parked.visit, parked.attempt))};
  run.emit(StartTimer{await.seq, delay_ms});
  run.record(parked.visit, StepStatus::RetryScheduled, parked.attempt, &failure.error);
  OpenWait wait;
  wait.wait_id = await.wait_id;
  wait.type = WaitType::Retry;
  wait.path = run.step(parked.visit).path;
  wait.iteration = parked.visit.iteration;
  wait.timeout_at = run.now + delay_ms;
  wait.accepts_from = run.now;
  wait.details = json::Object{{"attempt", parked.attempt}, {"error", failure.error.to_json()}};
  run.emit(std::move(wait));
  return Repark{await};
}

}  // namespace fermata::interpreter
