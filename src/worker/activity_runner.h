#pragma once
// ActivityRunner: one action activity, local or remote: ledger, secrets, action, ledger. While an
// action runs its lease is renewed; when another worker holds the lease, it is waited for.

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "actions/registry.h"
#include "foundation/log.h"
#include "service/clocks.h"
#include "service/ledger.h"
#include "temporal/activation.h"
#include "temporal/command.h"
#include "temporal/worker.h"

namespace fermata::worker {

struct RunnerParts {
  const actions::ActionRegistry& actions;
  actions::SecretResolver& secrets;
  service::Ledger& ledger;
  service::Clocks& clocks;
  const Clock& clock;
  Log& log;
};

class ActivityRunner {
 public:
  ActivityRunner(RunnerParts parts, temporal::Worker worker);
  ActivityRunner(const ActivityRunner&) = delete;
  ActivityRunner& operator=(const ActivityRunner&) = delete;
  ~ActivityRunner();

  // Blocks until the action is through. A store that is away is a retryable failure: Temporal asks
  // again.
  temporal::ActivityCompletion run(const std::string& task_token,
                                   const temporal::ActivityStart& start);

 private:
  struct Active {
    service::Invocation invocation;
    std::uint32_t attempt = 1;
    bool is_local = true;
  };
  Result<temporal::ActivityCompletion> fire(const std::string& task_token,
                                            const temporal::ActivityStart& start);
  Result<temporal::ActivityCompletion> run_once(const std::string& task_token,
                                                const temporal::ActivityStart& start);
  temporal::ActivityCompletion act(const std::string& task_token,
                                   const service::Invocation& invocation,
                                   const json::Object& argument, Active active);
  actions::ActionResult call(const service::Invocation& invocation, const json::Object& argument,
                             std::uint32_t attempt);
  void renew_leases();

  RunnerParts parts_;
  temporal::Worker worker_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_stopping_ = false;
  std::map<std::string, Active> active_;  // by task token
  std::thread renewer_;
};

}  // namespace fermata::worker
