#include "service/rate_limit.h"

#include <algorithm>

#include "foundation/limits.h"

namespace fermata::service {
namespace {

constexpr std::int64_t kToken = 1'000;

}  // namespace

RateLimits::RateLimits(const RateOptions& options, const Clock& clock)
    : per_second_(options.per_second),
      capacity_(kToken * (options.burst > 0 ? options.burst : 2 * options.per_second)),
      clock_(clock) {}

// A token a second is a thousandth a millisecond. A clock that goes back fills nothing.
std::int64_t RateLimits::filled(const Bucket& bucket, TimeMs now) const {
  const std::int64_t passed = std::max<std::int64_t>(now - bucket.at, 0);
  if (passed > capacity_ / per_second_) return capacity_;
  return std::min(bucket.thousandths + passed * per_second_, capacity_);
}

std::optional<std::int64_t> RateLimits::take(const std::string& caller) {
  if (per_second_ == 0) return std::nullopt;
  const TimeMs now = clock_.now();
  const std::lock_guard lock(mutex_);
  if (buckets_.size() >= limits::kRateBucketsMax) drop_full(now);
  Bucket& bucket = buckets_.try_emplace(caller, Bucket{capacity_, now}).first->second;
  bucket.thousandths = filled(bucket, now);
  bucket.at = now;
  if (bucket.thousandths < kToken) {
    return (kToken - bucket.thousandths + per_second_ - 1) / per_second_;
  }
  bucket.thousandths -= kToken;
  return std::nullopt;
}

void RateLimits::drop_full(TimeMs now) {
  std::erase_if(buckets_,
                [&](const auto& entry) { return filled(entry.second, now) == capacity_; });
}

std::size_t RateLimits::buckets() {
  const std::lock_guard lock(mutex_);
  return buckets_.size();
}

}  // namespace fermata::service
