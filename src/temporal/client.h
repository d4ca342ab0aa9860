#pragma once
// Client: calls to a Temporal server, as typed functions over values. Blocking; safe to call from
// any thread; a client may be copied freely, copies share the connection. Errors of every call:
// TEMPORAL_UNAVAILABLE (away, deadline), TEMPORAL_NOT_FOUND, TEMPORAL_ALREADY_EXISTS,
// TEMPORAL_REFUSED (invalid or failed precondition), TEMPORAL_DENIED, TEMPORAL_EXHAUSTED,
// TEMPORAL_INTERNAL.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "foundation/clock.h"
#include "foundation/result.h"
#include "temporal/activation.h"
#include "temporal/failure.h"
#include "temporal/payload.h"
#include "temporal/runtime.h"
#include "temporal/schedule.h"

namespace fermata::temporal {

struct TlsOptions {
  std::string server_root_ca_pem;  // empty: the system's
  std::string domain;              // expected name, when it is not the address
  std::string client_certificate_pem;
  std::string client_key_pem;
};

struct ClientOptions {
  std::string address = "127.0.0.1:7233";  // host:port
  std::string target_namespace = "default";
  std::string identity = "fermata";
  std::string api_key;  // sent as bearer token; needs TLS
  std::optional<TlsOptions> tls;
  std::int64_t call_timeout_ms = 10'000;  // of one call, tries included
};

enum class IdReuse : std::uint8_t { AllowDuplicate, AllowDuplicateFailedOnly, RejectDuplicate };
enum class IdConflict : std::uint8_t { Fail, UseExisting };

struct StartWorkflow {
  std::string workflow_id;
  std::string workflow_type;
  std::string task_queue;
  std::vector<Payload> input;
  std::int64_t execution_timeout_ms = 0;  // 0: none
  std::int64_t run_timeout_ms = 0;
  std::int64_t task_timeout_ms = 0;
  std::int64_t start_delay_ms = 0;
  IdReuse id_reuse = IdReuse::AllowDuplicate;
  IdConflict id_conflict = IdConflict::Fail;
  std::string request_id;  // the same id starts once; made up when empty
  std::map<std::string, Payload> memo;
  std::map<std::string, Payload> search_attributes;
};

struct Signal {
  std::string name;
  std::vector<Payload> input;
  std::string request_id;  // a repeated call with the same id is one signal
};

enum class WorkflowStatus : std::uint8_t {
  Running,
  Completed,
  Failed,
  Canceled,
  Terminated,
  ContinuedAsNew,
  TimedOut,
  Paused
};

// An activity that failed and is tried again.
struct FailingActivity {
  std::string activity_type;
  std::string failure_type;
  int attempt = 0;
};

struct WorkflowDescription {
  WorkflowRef ref;
  std::string first_run_id;  // of what has continued as this
  std::string workflow_type;
  WorkflowStatus status = WorkflowStatus::Running;
  std::int64_t history_length = 0;
  std::int64_t history_size_bytes = 0;
  std::int64_t state_transitions = 0;
  TimeMs start_time = 0;
  std::optional<TimeMs> close_time;
  int pending_activities = 0;
  std::vector<FailingActivity> failing_activities;  // of the pending ones
  int pending_children = 0;
  bool has_pending_workflow_task = false;
  int workflow_task_attempt = 0;  // above 1: it is failing
};

struct WorkflowPage {
  std::vector<WorkflowDescription> items;
  std::string next_token;  // empty: the last page
};

// A whole history as bytes: what replay takes, what tests keep.
struct History {
  std::string bytes;  // temporal.api.history.v1.History
  std::size_t events = 0;
};
// {"events":[…]} as the Temporal CLI prints it, to the same value and back.
Result<History> history_from_json(std::string_view text);
Result<std::string> history_to_json(const History& history);

// How a run ended, when it did.
struct ResultCompleted {
  Payload result;
};
struct ResultFailed {
  Failure failure;  // kind Canceled, Terminated or Timeout for those ends
};
using WorkflowResult = std::variant<ResultCompleted, ResultFailed>;

struct Poller {
  std::string identity;
  TimeMs last_access = 0;
};
struct TaskQueueDescription {
  std::vector<Poller> workflow_pollers;
  std::vector<Poller> activity_pollers;
  std::int64_t backlog = 0;  // workflow tasks that wait, approximately
};

enum class SearchAttributeType : std::uint8_t {
  Text,
  Keyword,
  Int,
  Double,
  Bool,
  Datetime,
  KeywordList
};
// A search attribute's value with the type that the server expects beside it.
Payload search_attribute(SearchAttributeType type, const json::Value& value);

class Client {
 public:
  struct Handle;

  static Result<Client> connect(const Runtime& runtime, const ClientOptions& options);

  // Workflows. `start` gives the run id. TEMPORAL_ALREADY_EXISTS when the id is taken.
  Result<std::string> start(const StartWorkflow& request) const;
  Result<std::string> signal_with_start(const StartWorkflow& request, const Signal& signal) const;
  Result<void> signal(const WorkflowRef& run, const Signal& signal) const;
  Result<Payload> query(const WorkflowRef& run, std::string_view query,
                        const std::vector<Payload>& arguments = {}) const;
  // Waits until the update is completed. A rejected or failed update is TEMPORAL_UPDATE_FAILED.
  Result<Payload> update(const WorkflowRef& run, std::string_view name,
                         const std::vector<Payload>& arguments) const;
  Result<void> cancel(const WorkflowRef& run, std::string_view reason) const;
  Result<void> terminate(const WorkflowRef& run, std::string_view reason) const;
  Result<WorkflowDescription> describe(const WorkflowRef& run) const;
  // The failure's type of the activity that was scheduled last; empty: it did not fail, or there is
  // none among the newest events.
  Result<std::string> last_activity_failure(const WorkflowRef& run) const;
  Result<WorkflowPage> list(std::string_view query, int page_size,
                            const std::string& token = {}) const;
  Result<std::int64_t> count(std::string_view query) const;
  Result<History> history(const WorkflowRef& run) const;
  // Long-polls until the run and what it continued as has ended, at most `patience_ms`; nothing
  // when it has not.
  Result<std::optional<WorkflowResult>> wait_result(const WorkflowRef& run,
                                                    std::int64_t patience_ms) const;

  // Schedules.
  Result<void> create_schedule(const ScheduleRequest& request) const;
  Result<ScheduleDescription> describe_schedule(const std::string& id) const;
  Result<void> pause_schedule(const std::string& id, std::string_view note) const;
  Result<void> unpause_schedule(const std::string& id, std::string_view note) const;
  Result<void> trigger_schedule(const std::string& id) const;
  Result<void> update_schedule(const ScheduleRequest& request) const;
  Result<void> delete_schedule(const std::string& id) const;

  // Operators.
  Result<TaskQueueDescription> describe_task_queue(const std::string& queue) const;
  Result<void> register_namespace(const std::string& name, std::int64_t retention_days) const;
  Result<void> add_search_attribute(const std::string& name, SearchAttributeType type) const;
  Result<void> check_health() const;

  [[nodiscard]] const ClientOptions& options() const;
  [[nodiscard]] const PayloadCodec* codec() const;  // none: nothing is sealed
  [[nodiscard]] const std::shared_ptr<Handle>& handle() const { return handle_; }

  // One call as bytes: the typed functions and nobody else. `service` is Workflow or Operator.
  enum class Service : std::uint8_t { Workflow, Operator };
  struct Call {
    Service service = Service::Workflow;
    std::string_view name;
    std::string request;
    std::int64_t timeout_ms = 0;  // 0: the client's
  };
  Result<std::string> call(const Call& call) const;

 private:
  explicit Client(std::shared_ptr<Handle> handle) : handle_(std::move(handle)) {}
  std::shared_ptr<Handle> handle_;
};

}  // namespace fermata::temporal
