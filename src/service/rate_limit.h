#pragma once
// RateLimits: how often each caller may ask, counted in a bucket of tokens per caller: it fills by
// the clock, each request takes one, an empty bucket says for how long to wait. Safe from any
// thread. The buckets are bounded: a full one says no more than none, so it is dropped.

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "foundation/clock.h"

namespace fermata::service {

struct RateOptions {
  std::int64_t per_second = 0;  // 0: nobody is limited
  std::int64_t burst = 0;       // how many may come at once; 0: two seconds' worth
};

class RateLimits {
 public:
  RateLimits(const RateOptions& options, const Clock& clock);
  // Takes a token of the caller's; when there is none, the milliseconds until there is one.
  std::optional<std::int64_t> take(const std::string& caller);
  [[nodiscard]] std::size_t buckets();

 private:
  struct Bucket {
    std::int64_t thousandths = 0;  // of a token
    TimeMs at = 0;
  };
  void drop_full(TimeMs now);
  [[nodiscard]] std::int64_t filled(const Bucket& bucket, TimeMs now) const;

  const std::int64_t per_second_;
  const std::int64_t capacity_;  // thousandths
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Bucket> buckets_;
};

}  // namespace fermata::service
