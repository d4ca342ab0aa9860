#pragma once
// ActivityRunner: one action activity, local or remote: ledger, secrets, action, ledger. No thread
// waits for the ledger: each stage is handed on when the one before is committed; only a local
// action's end is told and recorded at once. While an action runs its lease is renewed; when
// another worker holds the lease, it is waited for. INVARIANT: this process asks the outside for
// one key once at a time, whatever becomes of the lease (key_turns.h).

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "actions/registry.h"
#include "foundation/log.h"
#include "metrics/metrics.h"
#include "service/clocks.h"
#include "service/ledger.h"
#include "temporal/activation.h"
#include "temporal/command.h"
#include "temporal/outstanding.h"
#include "temporal/worker.h"
#include "worker/boundary.h"
#include "worker/key_turns.h"
#include "worker/pool.h"

namespace fermata::worker {

// Which references are opened in the argument that a workflow of others gives: those that its
// payload's metadata names (contract.h), or all that stand in it, whoever wrote them.
enum class OpenedSecrets : std::uint8_t { Marked, Anywhere };

struct RunnerParts {
  const actions::ActionRegistry& actions;
  actions::SecretResolver& secrets;
  service::Ledger& ledger;
  service::Clocks* clocks = nullptr;  // null: no schedules fire here
  const Clock& clock;
  Log& log;
  Pool& waiting;  // for what may wait
  const AtBoundary& at_boundary;
  metrics::Metrics& metrics;
  // Whose the activities are that other workflows than runs schedule, or runs by temporal.activity.
  // Empty: there are none.
  TenantId tenant;
  // Notes on disk that the run's ends are not all in the ledger, until the result is gone.
  std::function<std::shared_ptr<void>(const RunId&, const Error&)> lag = {};
  OpenedSecrets foreign_secrets = OpenedSecrets::Marked;
};

class ActivityRunner {
 public:
  ActivityRunner(RunnerParts parts, temporal::Worker worker);
  ActivityRunner(const ActivityRunner&) = delete;
  ActivityRunner& operator=(const ActivityRunner&) = delete;
  ~ActivityRunner();

  // Runs it on a thread of `pool` and answers Temporal; counted in `tasks` until then.
  void take(temporal::ActivityTask task, Pool& pool, temporal::Outstanding& tasks);
  // From now on nobody waits for another worker's lease: Temporal asks again, elsewhere.
  void drain();
  // Actions under way.
  [[nodiscard]] std::size_t outstanding();

 private:
  // Called once, from any thread; must not wait.
  using Done = std::function<void(temporal::ActivityCompletion)>;
  // Never waits. A store that is away is a retryable failure: Temporal asks again.
  void run(const std::string& task_token, const temporal::ActivityStart& start, Done done);
  // One action, handed from stage to stage.
  struct Call {
    std::string task_token;
    bool is_local = true;
    bool is_foreign = false;  // whoever scheduled it knows only Temporal's words
    service::Invocation invocation;
    std::vector<std::string> secret_places;  // JSON pointers into its input: opened there only
    std::uint32_t attempt = 1;
    std::int64_t timeout_ms = 30'000;
    TimeMs began_at = 0;                // the workflow's time; 0: it does not matter
    std::optional<TimeMs> over_at;      // then Temporal has given this attempt up
    actions::Action* action = nullptr;  // null: this worker does not have it
    Done done;
    bool has_turn = false;
    // Guarded by mutex_.
    bool is_acting = false;
    bool is_renewing = false;
  };
  using CallPtr = std::shared_ptr<Call>;
  // How it ended, for the ledger.
  struct End {
    json::Value output;
    std::optional<json::Value> error;
    std::shared_ptr<void> lagging;  // while the database is away
  };
  using EndPtr = std::shared_ptr<const End>;

  Result<CallPtr> read(const temporal::ActivityStart& start) const;
  Result<CallPtr> read_foreign(const temporal::ActivityStart& start) const;
  temporal::Failure not_read(const temporal::ActivityStart& start, const Error& error);
  Result<json::Value> fire(const temporal::ActivityStart& start);
  void answer_by(const CallPtr& call, Done done);
  void begin(const CallPtr& call);
  bool take_turn(const CallPtr& call);
  void give_turn_back(const Call& call);
  // For a key that somebody began before: waits while another worker holds the lease.
  void begin_again(const CallPtr& call);
  void act(const CallPtr& call);
  actions::ActionResult perform(const Call& call);
  // What a run's machine does itself, for others; or ACTION_UNKNOWN.
  [[nodiscard]] actions::ActionResult perform_pure(const service::Invocation& invocation) const;
  [[nodiscard]] std::string action_label(const Call& call) const;
  void record(const Call& call, const End& end, service::Ledger::Done done);
  void record_behind(const CallPtr& call, const EndPtr& end);
  void record_first(const CallPtr& call, const EndPtr& end,
                    temporal::ActivityCompletion completion);
  // What came of recording: over, or tried again later.
  void note_recorded(const CallPtr& call, const EndPtr& end, const Result<void>& written);
  // Ends a call that the ledger knows nothing of.
  void give_up(const Call& call, const Error& error);
  void keep_alive();
  void renew(const CallPtr& call);

  RunnerParts parts_;
  temporal::Worker worker_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_draining_ = false;
  bool is_stopping_ = false;
  std::map<std::string, CallPtr> calls_;                // not answered yet, by task token
  std::vector<std::pair<CallPtr, EndPtr>> unrecorded_;  // the database was away
  KeyTurns turns_;
  temporal::Outstanding puts_;  // that the ledger has not answered
  std::thread keeper_;
};

}  // namespace fermata::worker
