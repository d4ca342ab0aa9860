#include "worker/activity_runner.h"

#include <algorithm>
#include <chrono>

#include "foundation/format.h"
#include "foundation/limits.h"
#include "foundation/match.h"
#include "json/text.h"
#include "worker/translate.h"

namespace fermata::worker {
namespace {

temporal::Failure retryable(const Error& error) {
  temporal::Failure failure;
  failure.type = error.code;
  failure.message = error.message;
  return failure;
}

json::Value error_json(const actions::ActionFailure& failure) {
  json::Object object{
      {"category", failure.category}, {"code", failure.code}, {"message", failure.message}};
  if (!failure.details.is_null()) object["details"] = failure.details;
  return json::Value(std::move(object));
}

Error bad_argument() {
  return make_error(ErrorKind::Invalid, "RUN_ARGUMENTS_INVALID",
                    "an action's argument cannot be read");
}

}  // namespace

ActivityRunner::ActivityRunner(RunnerParts parts, temporal::Worker worker)
    : parts_(parts), worker_(std::move(worker)), renewer_([this] { renew_leases(); }) {}

ActivityRunner::~ActivityRunner() {
  {
    const std::scoped_lock lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_all();
  renewer_.join();
}

void ActivityRunner::renew_leases() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, std::chrono::milliseconds(service::Ledger::kRenewMs),
                         [this] { return is_stopping_; })) {
    const std::map<std::string, Active> active = active_;
    lock.unlock();
    for (const auto& [token, entry] : active) {
      const auto renewed = parts_.ledger.renew(entry.invocation, entry.attempt);
      if (!renewed.has_value())
        parts_.log.warn("lease not renewed",
                        {{"run_id", entry.invocation.run_id.text}, {"code", renewed.error().code}});
      // Remote activities prove to Temporal, too, that their worker lives.
      if (!entry.is_local)
        static_cast<void>(worker_.heartbeat(token, temporal::to_payload(json::Value(nullptr))));
    }
    lock.lock();
  }
}

temporal::ActivityCompletion ActivityRunner::run(const std::string& task_token,
                                                 const temporal::ActivityStart& start) {
  auto done = start.activity_type == service::kFireActivity ? fire(task_token, start)
                                                            : run_once(task_token, start);
  if (done.has_value()) return *std::move(done);
  parts_.log.warn("action not run", {{"workflow_id", start.workflow_id},
                                     {"code", done.error().code},
                                     {"text", done.error().message}});
  return {task_token, retryable(done.error())};
}

// What will not get better is said once; everything else is tried again.
Result<temporal::ActivityCompletion> ActivityRunner::fire(const std::string& task_token,
                                                          const temporal::ActivityStart& start) {
  if (start.input.size() != 1) return bad_argument();
  TRY(const json::Value argument, temporal::to_json(start.input.front()));
  TRY(const service::ClockFire fired, service::ClockFire::from_json(argument));
  const auto launched = parts_.clocks.fire(fired);
  if (launched.has_value())
    return temporal::ActivityCompletion{task_token, temporal::to_payload(*launched)};
  if (launched.error().kind == ErrorKind::Unavailable) return launched.error();
  temporal::Failure failure = retryable(launched.error());
  failure.non_retryable = true;
  return temporal::ActivityCompletion{task_token, std::move(failure)};
}

Result<temporal::ActivityCompletion> ActivityRunner::run_once(
    const std::string& task_token, const temporal::ActivityStart& start) {
  if (start.input.size() != 1) return bad_argument();
  TRY(const json::Value argument, temporal::to_json(start.input.front()));
  if (!argument.is_object()) return bad_argument();
  const json::Object& object = argument.get_object();
  service::Invocation invocation;
  invocation.tenant = TenantId(json::string_at(object, "tenant").value_or(""));
  invocation.key = json::string_at(object, "key").value_or("");
  invocation.run_id = RunId(json::string_at(object, "runId").value_or(""));
  invocation.step_path = json::string_at(object, "path").value_or("");
  invocation.iteration = json::string_at(object, "iteration").value_or("");
  invocation.action_id = json::string_at(object, "actionId").value_or("");
  invocation.action_version = static_cast<int>(json::int_at(object, "version").value_or(1));
  if (const json::Value* input = json::find(object, "input")) invocation.input = *input;
  const definition::ActionSpec* spec =
      parts_.actions.find(invocation.action_id, invocation.action_version);
  if (spec != nullptr) invocation.secret_pointers = spec->secret_pointers;
  while (true) {
    TRY(const auto verdict, parts_.ledger.begin(invocation));
    if (const auto* reuse = std::get_if<service::Reuse>(&verdict)) {
      return temporal::ActivityCompletion{task_token, temporal::to_payload(reuse->output)};
    }
    if (const auto* proceed = std::get_if<service::Proceed>(&verdict)) {
      return act(task_token, invocation, object,
                 Active{invocation, proceed->attempt, start.is_local});
    }
    // Another worker's, perhaps a dead one's: its lease ends soon or is renewed.
    const TimeMs until = std::get<service::Busy>(verdict).until;
    const std::int64_t wait_ms =
        std::clamp(until - parts_.clock.now(), std::int64_t{50}, std::int64_t{1'000});
    std::unique_lock lock(mutex_);
    const bool is_stopping =
        wake_.wait_for(lock, std::chrono::milliseconds(wait_ms), [this] { return is_stopping_; });
    if (is_stopping)
      return make_error(ErrorKind::Unavailable, "LEASE_HELD",
                        "another worker holds the lease and this one is stopping");
  }
}

temporal::ActivityCompletion ActivityRunner::act(const std::string& task_token,
                                                 const service::Invocation& invocation,
                                                 const json::Object& argument, Active active) {
  const std::uint32_t attempt = active.attempt;
  {
    const std::scoped_lock lock(mutex_);
    active_.insert_or_assign(task_token, std::move(active));
  }
  const actions::ActionResult result = call(invocation, argument, attempt);
  {
    const std::scoped_lock lock(mutex_);
    active_.erase(task_token);
  }
  const auto* output = std::get_if<json::Value>(&result);
  const Result<void> written =
      output != nullptr ? parts_.ledger.succeed(invocation, attempt, *output)
                        : parts_.ledger.fail(invocation, attempt,
                                             error_json(std::get<actions::ActionFailure>(result)));
  // Not in the ledger is not done: the next try finds the lease expired and asks the other side
  // under the same key.
  if (!written.has_value()) return {task_token, retryable(written.error())};
  if (output != nullptr) return {task_token, temporal::to_payload(*output)};
  return {task_token, failure_of(std::get<actions::ActionFailure>(result))};
}

actions::ActionResult ActivityRunner::call(const service::Invocation& invocation,
                                           const json::Object& argument, std::uint32_t attempt) {
  actions::Action* action =
      parts_.actions.runnable(invocation.action_id, invocation.action_version);
  if (action == nullptr) {
    return actions::ActionFailure{"ActionError", "ACTION_UNKNOWN",
                                  format("this worker has no action `{}` version {}",
                                         invocation.action_id, invocation.action_version),
                                  nullptr, std::nullopt};
  }
  auto input = actions::resolve_secrets(invocation.input, invocation.tenant, parts_.secrets);
  if (!input.has_value())
    return actions::ActionFailure{"ActionError", input.error().code, input.error().message, nullptr,
                                  std::nullopt};
  actions::ActionCall call;
  call.tenant = invocation.tenant;
  call.run_id = invocation.run_id;
  call.step_path = invocation.step_path;
  call.idempotency_key = invocation.key;
  call.attempt = attempt;
  call.timeout_ms = json::int_at(argument, "timeoutMs").value_or(30'000);
  call.input = *std::move(input);
  actions::ActionResult result = action->run(call);
  if (const auto* output = std::get_if<json::Value>(&result);
      output != nullptr && json::text_bytes(*output) > limits::kActionOutputBytesMax) {
    return actions::ActionFailure{
        "ActionError", "OUTPUT_TOO_LARGE",
        format("the action's output has more than {} bytes", limits::kActionOutputBytesMax),
        nullptr, std::nullopt};
  }
  return result;
}

}  // namespace fermata::worker
