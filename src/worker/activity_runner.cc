#include "worker/activity_runner.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "actions/taint.h"
#include "foundation/format.h"
#include "foundation/limits.h"
#include "foundation/match.h"
#include "json/text.h"
#include "worker/foreign_activity.h"
#include "worker/stamps.h"
#include "worker/translate.h"

namespace fermata::worker {
namespace {

using metrics::Count;
using metrics::Duration;

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

// Those that are written down; what was scheduled before they were has each of its references.
std::vector<std::string> secret_places(const json::Value* written, const json::Value& input) {
  if (written == nullptr) return actions::secret_references(input);
  std::vector<std::string> places;
  if (!written->is_array()) return places;
  for (const json::Value& place : written->get_array())
    if (place.is_string()) places.push_back(json::to_std(place.get_string()));
  return places;
}

Error bad_argument() {
  return make_error(ErrorKind::Invalid, "RUN_ARGUMENTS_INVALID",
                    "an action's argument cannot be read");
}

}  // namespace

ActivityRunner::ActivityRunner(RunnerParts parts, temporal::Worker worker)
    : parts_(parts), worker_(std::move(worker)), keeper_([this] { keep_alive(); }) {}

ActivityRunner::~ActivityRunner() {
  {
    const std::scoped_lock lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_all();
  keeper_.join();
  puts_.await_none();
}

void ActivityRunner::drain() {
  {
    const std::scoped_lock lock(mutex_);
    is_draining_ = true;
  }
  wake_.notify_all();
  turns_.drain();
}

void ActivityRunner::keep_alive() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, std::chrono::milliseconds(service::Ledger::kRenewMs),
                         [this] { return is_stopping_; })) {
    const std::map<std::string, CallPtr> calls = calls_;
    const auto unrecorded = std::exchange(unrecorded_, {});
    lock.unlock();
    // Remote activities prove to Temporal that their worker lives. First, and whatever the database
    // does: Temporal gives to another what it takes for lost.
    for (const auto& [token, call] : calls)
      if (!call->is_local)
        static_cast<void>(worker_.heartbeat(token, temporal::to_payload(json::Value(nullptr))));
    for (const auto& [call, end] : unrecorded) record_behind(call, end);
    for (const auto& [token, call] : calls) renew(call);
    lock.lock();
  }
}

// Nobody waits for it: one lease's renewal must not hold up the next one's.
void ActivityRunner::renew(const CallPtr& call) {
  {
    const std::scoped_lock lock(mutex_);
    if (!call->is_acting || std::exchange(call->is_renewing, true)) return;
  }
  puts_.add();
  parts_.ledger.renew(call->invocation, call->attempt, [this, call](const Result<bool>& renewed) {
    if (!renewed.has_value())
      parts_.log.warn("lease not renewed",
                      {{"run_id", call->invocation.run_id.text}, {"code", renewed.error().code}});
    {
      const std::scoped_lock lock(mutex_);
      call->is_renewing = false;
    }
    puts_.done();
  });
}

void ActivityRunner::take(temporal::ActivityTask task, Pool& pool, temporal::Outstanding& tasks) {
  // A cancel of an action that runs is left to run out: its result is what counts.
  if (!std::holds_alternative<temporal::ActivityStart>(task.kind)) return;
  tasks.add();
  pool.post([this, &tasks, task = std::move(task)] {
    run(task.task_token, std::get<temporal::ActivityStart>(task.kind),
        [this, &tasks](const temporal::ActivityCompletion& completion) {
          worker_.complete_activity(completion, [&log = parts_.log](const Result<void>& taken) {
            if (!taken.has_value())
              log.error("an action's answer was refused", {{"text", taken.error().message}});
          });
          tasks.done();
        });
  });
}

void ActivityRunner::run(const std::string& task_token, const temporal::ActivityStart& start,
                         Done done) {
  if (start.activity_type == service::kFireActivity && parts_.clocks != nullptr) {
    parts_.waiting.post([this, task_token, start, done = std::move(done)] {
      auto fired = fire(start);
      if (fired.has_value()) return done({task_token, temporal::to_payload(*fired)});
      const bool is_sealed = fired.error().code == "PAYLOAD_SEALED";
      temporal::Failure failure =
          is_sealed ? not_read(start, fired.error()) : retryable(fired.error());
      // What will not get better is said once; everything else is tried again.
      failure.non_retryable = fired.error().kind != ErrorKind::Unavailable;
      done({task_token, std::move(failure)});
    });
    return;
  }
  // By the queue, never by the type: whoever schedules for others names a type as they like, and
  // our own argument says tenant, key and places of secrets.
  const bool is_foreign = !parts_.tenant.text.empty();
  auto read_call = is_foreign ? read_foreign(start) : read(start);
  if (!read_call.has_value()) return done({task_token, not_read(start, read_call.error())});
  const CallPtr call = *std::move(read_call);
  call->task_token = task_token;
  if (start.start_to_close_timeout_ms > 0)
    call->over_at = parts_.clock.now() + start.start_to_close_timeout_ms;
  answer_by(call, std::move(done));
  if (take_turn(call)) begin(call);
}

void ActivityRunner::answer_by(const CallPtr& call, Done done) {
  if (call->is_local && call->began_at != 0)
    done = [done = std::move(done), at = call->began_at](temporal::ActivityCompletion completion) {
      stamp_begin(completion, at);
      stamp_bytes(completion);
      done(std::move(completion));
    };
  call->done = [this, token = call->task_token,
                done = std::move(done)](temporal::ActivityCompletion completion) {
    {
      const std::scoped_lock lock(mutex_);
      calls_.erase(token);
    }
    done(std::move(completion));
  };
  const std::scoped_lock lock(mutex_);
  calls_.insert_or_assign(call->task_token, call);
}

// False: it goes on by itself when the call of this process that has the key has ended.
bool ActivityRunner::take_turn(const CallPtr& call) {
  const service::Invocation& asked = call->invocation;
  call->has_turn = true;
  return turns_.take(
      {asked.tenant, asked.key},
      {format("{} {} {}", asked.run_id.text, asked.step_path, asked.iteration),
       [this, call](KeyTurns::Turn turn) {
         if (turn == KeyTurns::Turn::Ours)
           return parts_.waiting.post([this, call] { begin_again(call); });
         call->has_turn = false;
         give_up(*call, make_error(ErrorKind::Unavailable, "LEASE_HELD",
                                   "this process is not done with the same yet, or is stopping"));
       }});
}

void ActivityRunner::give_turn_back(const Call& call) {
  if (call.has_turn) turns_.give_back({call.invocation.tenant, call.invocation.key});
}

void ActivityRunner::begin(const CallPtr& call) {
  parts_.ledger.begin_first(call->invocation, [this, call](const Result<bool>& is_first) {
    if (!is_first.has_value()) return give_up(*call, is_first.error());
    if (*is_first) parts_.metrics.add(Count::Ledger, "begun");
    if (!*is_first) return parts_.waiting.post([this, call] { begin_again(call); });
    // An action that never waits is over before another thread would have woken up.
    if (call->action == nullptr || !call->action->may_wait()) return act(call);
    parts_.waiting.post([this, call] { act(call); });
  });
}

// What lacks a key is tried again, by Temporal or by the run (RunDriver::wait_for_key). What nobody
// can read stays so: its run, and through onError its author, hears of it.
temporal::Failure ActivityRunner::not_read(const temporal::ActivityStart& start,
                                           const Error& error) {
  parts_.log.warn("an activity's argument was not read", {{"workflow_id", start.workflow_id},
                                                          {"activity", start.activity_type},
                                                          {"code", error.code},
                                                          {"text", error.message}});
  if (error.code != "PAYLOAD_SEALED") {
    temporal::Failure failure = failure_of(
        actions::ActionFailure{"ActionError", error.code, error.message, nullptr, std::nullopt});
    // Said so that a run takes it for one of ours (foreign_activity.h).
    if (start.activity_type != service::kActionActivity) failure.type = "Fermata." + failure.type;
    return failure;
  }
  parts_.metrics.add(Count::ActionsSealed);
  temporal::Failure failure = retryable(error);
  failure.type = service::kSealedFailure;
  // Words would be sealed by a key that whoever waits for the action need not have.
  failure.message.clear();
  return failure;
}

Result<json::Value> ActivityRunner::fire(const temporal::ActivityStart& start) {
  if (start.input.size() != 1) return bad_argument();
  TRY(const json::Value argument, temporal::to_json(start.input.front()));
  TRY(const service::ClockFire fired, service::ClockFire::from_json(argument));
  return parts_.clocks->fire(fired);
}

Result<ActivityRunner::CallPtr> ActivityRunner::read(const temporal::ActivityStart& start) const {
  if (start.input.size() != 1) return bad_argument();
  TRY(const json::Value argument, temporal::to_json(start.input.front()));
  if (!argument.is_object()) return bad_argument();
  const json::Object& object = argument.get_object();
  auto call = std::make_shared<Call>();
  call->is_local = start.is_local;
  call->timeout_ms = json::int_at(object, "timeoutMs").value_or(30'000);
  call->began_at = json::int_at(object, "now").value_or(0);
  service::Invocation& invocation = call->invocation;
  invocation.tenant = TenantId(json::string_at(object, "tenant").value_or(""));
  invocation.key = json::string_at(object, "key").value_or("");
  // Who began it before there was such a word left it out.
  invocation.is_authored =
      json::bool_at(object, "isAuthored").value_or(!service::is_made_key(invocation.key));
  invocation.run_id = RunId(json::string_at(object, "runId").value_or(""));
  invocation.step_path = json::string_at(object, "path").value_or("");
  invocation.iteration = json::string_at(object, "iteration").value_or("");
  invocation.action_id = json::string_at(object, "actionId").value_or("");
  invocation.action_version = static_cast<int>(json::int_at(object, "version").value_or(1));
  if (const json::Value* input = json::find(object, "input")) invocation.input = *input;
  // Only an action that was under way when its worker went for this one has no such member.
  call->secret_places = secret_places(json::find(object, service::kSecretPlaces), invocation.input);
  const definition::ActionSpec* spec =
      parts_.actions.find(invocation.action_id, invocation.action_version);
  if (spec != nullptr) invocation.secret_pointers = spec->secret_pointers;
  call->action = parts_.actions.runnable(invocation.action_id, invocation.action_version);
  return call;
}

// Whoever schedules it need not know us: the type names the action, the argument is its input.
Result<ActivityRunner::CallPtr> ActivityRunner::read_foreign(
    const temporal::ActivityStart& start) const {
  if (start.input.size() > 1) return bad_argument();
  auto call = std::make_shared<Call>();
  call->is_local = false;
  call->is_foreign = true;
  if (start.start_to_close_timeout_ms > 0) call->timeout_ms = start.start_to_close_timeout_ms;
  service::Invocation& invocation = call->invocation;
  invocation.tenant = parts_.tenant;
  invocation.key = start.activity_id;
  // Ids of activities are unique in their workflow only, but for those that we give.
  const std::string ours = service::temporal_workflow_id(RunId(""));
  const bool is_run = start.workflow_id.starts_with(ours);
  invocation.is_authored = is_run && !service::is_made_key(invocation.key);
  if (!is_run)
    invocation.key = start.workflow_id + "/" + start.workflow_run_id + "/" + start.activity_id;
  invocation.run_id = RunId(is_run ? start.workflow_id.substr(ours.size()) : start.workflow_id);
  const std::size_t at = start.activity_type.find('@');
  invocation.action_id = start.activity_type.substr(0, at);
  if (at != std::string::npos)
    invocation.action_version = std::atoi(start.activity_type.c_str() + at + 1);
  invocation.input = json::Object{};
  if (!start.input.empty()) {
    const temporal::Payload& argument = start.input.front();
    TRY(invocation.input, temporal::to_json(argument));
    const auto marked = marked_secret_places(argument);
    // A run's step says them always, but for one that was under way before there was such a word.
    const bool is_open = is_run || parts_.foreign_secrets == OpenedSecrets::Anywhere;
    if (marked || is_open)
      call->secret_places = secret_places(marked ? &*marked : nullptr, invocation.input);
  }
  const definition::ActionSpec* spec =
      parts_.actions.find(invocation.action_id, invocation.action_version);
  if (spec != nullptr) invocation.secret_pointers = spec->secret_pointers;
  call->action = parts_.actions.runnable(invocation.action_id, invocation.action_version);
  return call;
}

void ActivityRunner::begin_again(const CallPtr& call) {
  while (true) {
    const auto verdict = parts_.ledger.begin(call->invocation);
    if (!verdict.has_value()) return give_up(*call, verdict.error());
    parts_.metrics.add(Count::Ledger,
                       std::visit(match{[](const service::Reuse&) { return "reused"; },
                                        [](const service::Proceed&) { return "repeated"; },
                                        [](const service::Busy&) { return "waited"; }},
                                  *verdict));
    if (const auto* reuse = std::get_if<service::Reuse>(&*verdict)) {
      give_turn_back(*call);
      return call->done({call->task_token, temporal::to_payload(reuse->output)});
    }
    if (const auto* proceed = std::get_if<service::Proceed>(&*verdict)) {
      call->attempt = proceed->attempt;
      return act(call);
    }
    // Another worker's, perhaps a dead one's: its lease ends soon or is renewed.
    const TimeMs until = std::get<service::Busy>(*verdict).until;
    const std::int64_t wait_ms =
        std::clamp(until - parts_.clock.now(), std::int64_t{50}, std::int64_t{1'000});
    std::unique_lock lock(mutex_);
    const bool is_draining =
        wake_.wait_for(lock, std::chrono::milliseconds(wait_ms), [this] { return is_draining_; });
    if (is_draining)
      return give_up(*call, make_error(ErrorKind::Unavailable, "LEASE_HELD",
                                       "another worker holds the lease and this one is stopping"));
  }
}

void ActivityRunner::act(const CallPtr& call) {
  // It waited for too long: whoever asked has been told so, and may have gone another way.
  if (call->over_at && parts_.clock.now() > *call->over_at)
    return give_up(*call, make_error(ErrorKind::Unavailable, "LEASE_HELD",
                                     "its time was over before it could begin"));
  {
    const std::scoped_lock lock(mutex_);
    call->is_acting = true;
  }
  const TimeMs begun = parts_.clock.now();
  actions::ActionResult result = perform(*call);
  parts_.metrics.observe(Duration::Action, parts_.clock.now() - begun, action_label(*call));
  {
    const std::scoped_lock lock(mutex_);
    call->is_acting = false;
  }
  temporal::ActivityCompletion completion{call->task_token, {}};
  auto end = std::make_shared<End>();
  if (const auto* failure = std::get_if<actions::ActionFailure>(&result)) {
    completion.result = failure_of(*failure);
    // Said so that a run takes it for one of ours (foreign_activity.h).
    if (call->is_foreign) {
      auto& told = std::get<temporal::Failure>(completion.result);
      told.type = "Fermata." + told.type;
    }
    end->error = error_json(*failure);
  } else {
    end->output = std::get<json::Value>(std::move(result));
    completion.result = temporal::to_payload(end->output);
  }
  if (!call->is_local) return record_first(call, end, std::move(completion));
  record_behind(call, end);
  call->done(std::move(completion));
}

void ActivityRunner::record(const Call& call, const End& end, service::Ledger::Done done) {
  auto counted = [this, has_failed = end.error.has_value(),
                  done = std::move(done)](const Result<void>& written) {
    parts_.metrics.add(Count::Ledger, !written.has_value() ? "lost"
                                      : has_failed         ? "failed"
                                                           : "succeeded");
    done(written);
  };
  if (end.error) {
    parts_.ledger.fail(call.invocation, call.attempt, *end.error, std::move(counted));
  } else {
    parts_.ledger.succeed(call.invocation, call.attempt, end.output, std::move(counted));
  }
}

// The run hears of it at once. What it does then has rows, which the same writer writes after this
// one and which Temporal's acknowledgement waits for: so nothing is acknowledged that the ledger
// does not know, unless the database is away. Then the history has the end, nobody asks for the
// action again, and the row is written when the database is back.
void ActivityRunner::record_behind(const CallPtr& call, const EndPtr& end) {
  puts_.add();
  record(*call, *end, [this, call, end](const Result<void>& written) {
    note_recorded(call, end, written);
    puts_.done();
  });
}

// Temporal hears of a remote one when the ledger has it, or cannot have it now: to give it up would
// be to ask the other side again.
void ActivityRunner::record_first(const CallPtr& call, const EndPtr& end,
                                  temporal::ActivityCompletion completion) {
  puts_.add();
  record(
      *call, *end,
      [this, call, end, completion = std::move(completion)](const Result<void>& written) mutable {
        const bool is_lost = !written.has_value() && written.error().kind != ErrorKind::Unavailable;
        if (is_lost) {
          give_up(*call, written.error());
        } else {
          note_recorded(call, end, written);
          call->done(std::move(completion));
        }
        puts_.done();
      });
}

void ActivityRunner::note_recorded(const CallPtr& call, const EndPtr& end,
                                   const Result<void>& written) {
  if (written.has_value()) {
    if (parts_.at_boundary) parts_.at_boundary(call->invocation.key + " recorded");
    return give_turn_back(*call);
  }
  parts_.log.warn("an action's end is not in the ledger",
                  {{"run_id", call->invocation.run_id.text}, {"code", written.error().code}});
  if (written.error().kind != ErrorKind::Unavailable) return give_turn_back(*call);
  auto kept = std::make_shared<End>(*end);
  // Before the run's next rows, and so before Temporal hears of it.
  if (parts_.lag && kept->lagging == nullptr)
    kept->lagging = parts_.lag(call->invocation.run_id, written.error());
  // Until the ledger has it, nobody may ask again; whoever would is tried again.
  turns_.close({call->invocation.tenant, call->invocation.key});
  const std::scoped_lock lock(mutex_);
  unrecorded_.emplace_back(call, std::move(kept));
}

void ActivityRunner::give_up(const Call& call, const Error& error) {
  parts_.log.warn(
      "action not run",
      {{"run_id", call.invocation.run_id.text}, {"code", error.code}, {"text", error.message}});
  give_turn_back(call);
  call.done({call.task_token, retryable(error)});
}

std::size_t ActivityRunner::outstanding() {
  const std::scoped_lock lock(mutex_);
  return static_cast<std::size_t>(
      std::ranges::count_if(calls_, [](const auto& entry) { return entry.second->is_acting; }));
}

// Only what the registry knows: names from outside would be series without end.
std::string ActivityRunner::action_label(const Call& call) const {
  const bool is_known =
      parts_.actions.find(call.invocation.action_id, call.invocation.action_version) != nullptr;
  return is_known ? call.invocation.action_id : "unknown";
}

actions::ActionResult ActivityRunner::perform_pure(const service::Invocation& invocation) const {
  auto made = parts_.actions.run(invocation.action_id, invocation.action_version, invocation.input);
  if (auto* output = std::get_if<json::Value>(&made)) return std::move(*output);
  const auto& error = std::get<interpreter::RunError>(made);
  return actions::ActionFailure{error.category, error.code, error.message, error.details,
                                std::nullopt};
}

actions::ActionResult ActivityRunner::perform(const Call& call) {
  const service::Invocation& invocation = call.invocation;
  if (call.action == nullptr && call.is_foreign) return perform_pure(invocation);
  if (call.action == nullptr) {
    return actions::ActionFailure{"ActionError", "ACTION_UNKNOWN",
                                  format("this worker has no action `{}` version {}",
                                         invocation.action_id, invocation.action_version),
                                  nullptr, std::nullopt};
  }
  actions::ActionCall asked;
  auto opened = actions::open_secrets(invocation.input, call.secret_places, invocation.tenant,
                                      parts_.secrets);
  if (!opened.has_value())
    return actions::ActionFailure{"ActionError", opened.error().code, opened.error().message,
                                  nullptr, std::nullopt};
  asked.tenant = invocation.tenant;
  asked.run_id = invocation.run_id;
  asked.step_path = invocation.step_path;
  asked.idempotency_key = invocation.key;
  asked.attempt = call.attempt;
  asked.timeout_ms = call.timeout_ms;
  asked.input = std::move(opened->input);
  asked.secrets = std::move(opened->secrets);
  actions::ActionResult result = actions::without(call.action->run(asked), asked.secrets);
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
