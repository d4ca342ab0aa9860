#pragma once
// Housekeeping: what settings ask for without anybody asking: workflows whose runs fail too often
// are paused, and what is older than a tenant keeps it goes, a little at a time. Both are written
// to the audit log as done by `fermata`. Idempotent, so several servers may keep house.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "foundation/log.h"
#include "service/background.h"
#include "service/random.h"
#include "store/retention.h"
#include "store/store.h"

namespace fermata::service {

class Housekeeping {
 public:
  struct Parts {
    store::Store& store;
    Random& random;
    const Clock& clock;
    Log& log;
  };
  // Rows of a kind that one round deletes for one tenant.
  static constexpr std::size_t kDeletedPerRound = 200;

  explicit Housekeeping(Parts parts) : parts_(parts) {}

  // Workflows that were paused.
  Result<std::size_t> pause_failing();
  // Rows that were deleted: runs with all that is theirs, invocations, authored keys, events, audit
  // entries.
  Result<std::size_t> delete_old();

 private:
  Result<bool> pause_when_failing(const TenantId& tenant, const WorkflowId& workflow);
  Result<std::size_t> delete_of(const store::RetentionRow& row,
                                const std::vector<store::EndedRuns>& which);
  Result<void> note(const TenantId& tenant, const std::string& action, const std::string& target,
                    const std::string& reason);

  Parts parts_;
};

// From when on an ended run may be deleted; nothing: never.
Result<std::optional<TimeMs>> expiry_of(store::Store& store, const store::RunView& run);

// Does it again and again.
class HousekeepingLoop {
 public:
  explicit HousekeepingLoop(Housekeeping::Parts parts);

 private:
  std::chrono::milliseconds round();

  Housekeeping house_;
  const Clock& clock_;
  Log& log_;
  TimeMs delete_at_ = 0;
  Background background_;
};

}  // namespace fermata::service
