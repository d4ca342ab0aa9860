#pragma once
// Worker: polls one task queue through Core. Safe to call from several threads. Calls with a
// callback return at once; it is called once, on a thread of Core's, where it must not wait. Calls
// without one wait. INVARIANT: every activation and every activity task is completed exactly once,
// or finalize never returns.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "foundation/result.h"
#include "temporal/activation.h"
#include "temporal/client.h"
#include "temporal/command.h"

namespace fermata::temporal {

struct WorkerOptions {
  std::string task_queue;
  std::string identity;  // empty: the client's
  std::string build_id = "fermata";
  bool workflows = true;
  bool activities = true;  // remote ones; local ones come with workflows
  std::uint32_t max_cached_workflows = 10'000;
  std::size_t workflow_slots = 200;
  std::size_t activity_slots = 200;
  std::size_t local_activity_slots = 200;
  std::size_t workflow_pollers = 8;
  std::size_t activity_pollers = 4;
  std::int64_t sticky_timeout_ms = 10'000;
  std::int64_t graceful_shutdown_ms = 10'000;
};

class Worker {
 public:
  struct Handle;

  // Checks that the namespace is there. Errors: TEMPORAL_WORKER.
  static Result<Worker> create(const Client& client, const WorkerOptions& options);

  // Error code TEMPORAL_SHUTDOWN: there will be no more.
  Result<Activation> poll_activation();
  void poll_activation(std::function<void(Result<Activation>)> polled);
  Result<ActivityTask> poll_activity();
  void poll_activity(std::function<void(Result<ActivityTask>)> polled);

  // Done when Core has taken the answer.
  using Done = std::function<void(Result<void>)>;
  Result<void> complete(const Completion& completion);
  void complete(const Completion& completion, Done done);
  Result<void> complete_activity(const ActivityCompletion& completion);
  void complete_activity(const ActivityCompletion& completion, Done done);
  Result<void> heartbeat(const std::string& task_token, const Payload& details);

  void evict(const std::string& run_id);
  // Polls then end with TEMPORAL_SHUTDOWN once what is under way is answered.
  void initiate_shutdown();
  // After every poll has ended; waits for answers on their way.
  Result<void> finalize();

 private:
  friend class ReplayWorker;
  explicit Worker(std::shared_ptr<Handle> handle) : handle_(std::move(handle)) {}
  std::shared_ptr<Handle> handle_;
};

// A worker fed with stored histories instead of a server. Each pushed history is replayed to its
// end; then its run is evicted, with reason Nondeterminism when code and history disagree.
class ReplayWorker {
 public:
  static Result<ReplayWorker> create(const Runtime& runtime, const std::string& task_queue);

  Result<void> push(const std::string& workflow_id, const History& history);
  // No more histories: the worker's polls then end. Only after every pushed one was evicted, or
  // Core loses the rest.
  void close();
  Worker& worker() { return worker_; }

 private:
  ReplayWorker(Worker worker, std::shared_ptr<void> pusher)
      : worker_(std::move(worker)), pusher_(std::move(pusher)) {}
  Worker worker_;
  std::shared_ptr<void> pusher_;
};

// Command and activation bytes, for whoever measures or fuzzes the border.
Result<Activation> decode_activation(const std::string& bytes);
std::string encode_completion(const Completion& completion);

}  // namespace fermata::temporal
