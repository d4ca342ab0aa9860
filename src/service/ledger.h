#pragma once
// Ledger: what was asked of the outside, by key. A success is reused; a failure or an expired lease
// is tried again under the same key with a new attempt; a live lease of another worker is waited
// for by the caller.

#include <cstdint>
#include <functional>
#include <string>
#include <variant>

#include "foundation/clock.h"
#include "foundation/limits.h"
#include "store/group_writer.h"
#include "store/store.h"

namespace fermata::service {

struct Invocation {
  TenantId tenant;
  std::string key;
  bool is_authored = false;  // chosen by an author: it may come again in another run
  RunId run_id;
  std::string step_path;
  std::string iteration;
  std::string action_id;
  int action_version = 1;
  json::Value input;  // secrets by reference
  std::vector<std::string> secret_pointers;
};

struct Reuse {
  json::Value output;
};
struct Proceed {
  std::uint32_t attempt = 1;
};
struct Busy {
  TimeMs until = 0;  // the other's lease
};

// Whether it looks like what the machine makes where the author names none: a hash.
[[nodiscard]] bool is_made_key(std::string_view key);

class Ledger {
 public:
  Ledger(store::Store& store, store::GroupWriter& writer, const Clock& clock, std::string owner)
      : store_(store), writer_(writer), clock_(clock), owner_(std::move(owner)) {}

  // Callbacks come once, from the writer's thread, and must not wait.
  using Done = std::function<void(Result<void>)>;

  // The usual case, without waiting. True: Proceed{1}. False: somebody began before; see begin().
  void begin_first(const Invocation& invocation, std::function<void(Result<bool>)> done);
  // Waits for the database.
  Result<std::variant<Reuse, Proceed, Busy>> begin(const Invocation& invocation);
  // Keeps the lease; false when it was lost to another worker.
  void renew(const Invocation& invocation, std::uint32_t attempt,
             std::function<void(Result<bool>)> done);
  // Error LEASE_LOST: another worker took over.
  void succeed(const Invocation& invocation, std::uint32_t attempt, json::Value output, Done done);
  // `error` is redacted and bounded before it is stored.
  void fail(const Invocation& invocation, std::uint32_t attempt, const json::Value& error,
            Done done);

  static constexpr std::int64_t kLeaseMs = 6'000;
  static constexpr std::int64_t kRenewMs = 1'500;
  static constexpr std::size_t kErrorBytesMax = 32 * limits::kKiB;

 private:
  // The first with its input; the second, which replaces it, without.
  [[nodiscard]] store::InvocationRow first_row(const Invocation& invocation) const;
  [[nodiscard]] store::InvocationRow row(const Invocation& invocation, std::uint32_t attempt) const;
  void finish(store::InvocationRow row, std::uint32_t attempt, Done done);

  store::Store& store_;
  store::GroupWriter& writer_;
  const Clock& clock_;
  std::string owner_;
};

}  // namespace fermata::service
