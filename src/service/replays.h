#pragma once
// Replays: a run's work once more, as a new run. The input is the original one, unredacted, unless
// another is given; the old run stays as it is.

#include <optional>
#include <string>

#include "service/launch.h"

namespace fermata::service {

struct ReplayRequest {
  TenantId tenant;
  RunId run;
  std::optional<json::Value> payload;  // nothing: the original one; {} is one, too
  bool is_latest_version = false;      // else the version of the run
  std::string reason;
  std::optional<std::string> fire_key;  // the same one launches once
};

class Replays {
 public:
  Replays(store::Store& store, Launcher& launcher) : store_(store), launcher_(launcher) {}

  // Errors: NOT_FOUND, and those of Launcher::launch.
  Result<Launched> replay(const ReplayRequest& request);

 private:
  store::Store& store_;
  Launcher& launcher_;
};

}  // namespace fermata::service
