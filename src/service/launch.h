#pragma once
// Launcher: the only way a run begins, for the API, events, clocks and replays. The row comes
// first, so that a run that Temporal refuses is seen; then Temporal is asked, under an id that
// makes the asking repeatable.

#include <optional>
#include <string>

#include "foundation/clock.h"
#include "service/contract.h"
#include "service/random.h"
#include "store/store.h"
#include "temporal/client.h"

namespace fermata::service {

struct LaunchRequest {
  TenantId tenant;
  WorkflowId workflow_id;
  std::optional<std::int64_t> version;  // nothing: the newest
  json::Value payload;
  std::string trigger_type = "api";
  json::Value trigger_metadata;
  std::optional<std::string> fire_key;  // however often it is asked for, one run
};
struct Launched {
  RunId run_id;
  std::int64_t version = 0;
  bool is_started = true;  // false: Temporal is away; repair() starts it
};

class Launcher {
 public:
  Launcher(store::Store& store, temporal::Client client, const Clock& clock, Random& random)
      : store_(store), client_(std::move(client)), clock_(clock), random_(random) {}

  // Errors: NOT_FOUND, WORKFLOW_NOT_PUBLISHED, WORKFLOW_PAUSED, WORKFLOW_AT_LIMIT, PAYLOAD_INVALID,
  // TEMPORAL_* when it refuses. A fire key that has launched gives the run that it launched.
  Result<Launched> launch(const LaunchRequest& request);
  // What the fire key has launched, if it has.
  Result<std::optional<Launched>> launched(const TenantId& tenant, const std::string& fire_key);
  // Starts what was launched before `before` and never confirmed: Temporal was away, or the process
  // died between row and start. The same id makes it safe. Gives how many are confirmed now.
  Result<std::size_t> repair(TimeMs before);

 private:
  Result<void> check(const TenantId& tenant, const store::VersionRow& version,
                     const json::Value& payload) const;
  // The row of a launch that nothing stands against.
  Result<store::LaunchRow> insert(const LaunchRequest& request);
  // A row that Temporal refuses for good has failed.
  Result<Launched> begin(const store::LaunchRow& row);
  Result<void> start(const store::LaunchRow& row);
  // Temporal has it: under which id.
  Result<void> confirm(const store::LaunchRow& row);

  store::Store& store_;
  temporal::Client client_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace fermata::service
