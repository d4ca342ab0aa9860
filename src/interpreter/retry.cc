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
  const auto most = static_cast<double>(policy.max_delay_ms.value_or(limits::kWaitMsMax));
  return static_cast<std::int64_t>(std::floor(std::clamp(delay, 0.0, most)));
}

}  // namespace fermata::interpreter
