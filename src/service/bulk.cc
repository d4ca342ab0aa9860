#include "service/bulk.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "foundation/format.h"
#include "foundation/limits.h"
#include "service/run_filter.h"
#include "store/audit_log.h"

namespace fermata::service {
namespace {

constexpr std::chrono::milliseconds kIdle(1'000);
constexpr std::chrono::milliseconds kBusy(50);
// Parts of a second: a job is not done in bursts.
constexpr std::int64_t kChunksPerSecond = 4;
constexpr std::size_t kJobsAtOnce = 50;

struct Action {
  std::string_view name;
  std::string_view statuses;  // of the runs that it is for; empty: any
};
constexpr std::array kActions = {Action{"cancel", "RUNNING,WAITING,PAUSED"},
                                 Action{"pause", "RUNNING,WAITING"}, Action{"resume", "PAUSED"},
                                 Action{"replay", ""}};

Error invalid(const std::string& message, const std::string& help) {
  return make_error(ErrorKind::Invalid, "BULK_INVALID", message, help);
}

Result<json::Object> which_of(const BulkRequest& request, const Action& action, TimeMs now) {
  if (request.filter.has_value() == !request.runs.empty())
    return invalid("expected either a filter or runs", "send `filter` or `runIds`");
  if (!request.filter) {
    if (request.runs.size() > limits::kBulkRunsMax)
      return invalid(
          format("runIds: at most {} are taken, got {}", limits::kBulkRunsMax, request.runs.size()),
          "say by a filter which ones, or make several jobs");
    json::Array runs;
    std::set<std::string> known;
    for (const std::string& run : request.runs)
      if (known.insert(run).second) runs.emplace_back(run);
    return json::Object{{"runIds", std::move(runs)}};
  }
  if (write_run_filter(*request.filter).empty())
    return invalid("filter: it has no condition, so it would find every run",
                   "say a status, a workflow or a time");
  store::RunFilter filter = *request.filter;
  if (filter.statuses.empty()) filter.statuses = split_words(std::string(action.statuses));
  // Neither runs that begin meanwhile nor those that the job itself makes.
  filter.started_before = std::min(filter.started_before.value_or(now + 1), now + 1);
  return json::Object{{"filter", write_run_filter(filter)}};
}

// Of what is done to one run: once, however often a crash has it done.
std::string key_of(const store::BulkJobRow& job, const RunId& run) {
  return format("bulk:{}:{}", job.job_id, run.text);
}

std::string place_of(const store::RunView& view) {
  return format("{}:{}", view.launch.started_at, view.launch.run_id.text);
}

}  // namespace

Bulk::Bulk(Parts parts)
    : parts_(std::move(parts)),
      worker_(parts_.random.uuid()),
      background_([this] { return round(); }) {}

Result<store::BulkJobRow> Bulk::start(const BulkRequest& request) {
  const auto* const action = std::ranges::find(kActions, request.action, &Action::name);
  if (action == kActions.end())
    return invalid(format("action: there is no `{}`", request.action),
                   "cancel, pause, resume or replay");
  if (request.rate && (*request.rate < 1 || *request.rate > limits::kBulkRateMax))
    return invalid(format("ratePerSecond: expected a number from 1 to {}", limits::kBulkRateMax),
                   "leave it out to have the usual one");
  if (request.key) {
    TRY(auto known, parts_.store.bulk().by_key(request.tenant, *request.key));
    if (known) return *std::move(known);
  }
  store::BulkJobRow job;
  job.tenant = request.tenant;
  job.job_id = parts_.random.uuid();
  job.key = request.key;
  job.actor = request.actor;
  job.action = request.action;
  job.reason = request.reason;
  job.rate = request.rate.value_or(limits::kBulkRateUsual);
  job.created_at = parts_.clock.now();
  job.updated_at = job.created_at;
  TRY(json::Object which, which_of(request, *action, job.created_at));
  if (request.action == "replay") which["version"] = request.is_latest_version ? "latest" : "same";
  job.request = std::move(which);
  TRY(const std::int64_t open, parts_.store.bulk().count_open(request.tenant));
  if (open >= limits::kBulkJobsOpenMax) {
    return make_error(ErrorKind::TooMany, "BULK_TOO_MANY",
                      format("{} bulk jobs have not ended, as many as there may be", open),
                      "wait until one ends, or stop one");
  }
  const auto inserted = parts_.store.bulk().insert(job);
  if (!inserted.has_value()) {
    // Somebody else came with the key meanwhile.
    if (inserted.error().code != "STORE_CONFLICT" || !request.key) return inserted.error();
    TRY(auto known, parts_.store.bulk().by_key(request.tenant, *request.key));
    if (known) return *std::move(known);
    return inserted.error();
  }
  background_.wake();
  return job;
}

Result<store::BulkJobRow> Bulk::stop(const TenantId& tenant, const std::string& job_id) {
  TRY_DO(parts_.store.bulk().job(tenant, job_id));
  TRY_DO(parts_.store.bulk().stop(tenant, job_id, parts_.clock.now()));
  background_.wake();
  return parts_.store.bulk().job(tenant, job_id);
}

std::chrono::milliseconds Bulk::round() {
  const auto jobs = parts_.store.bulk().open_jobs(kJobsAtOnce);
  if (!jobs.has_value()) {
    parts_.log.warn("bulk jobs put off", {{"code", jobs.error().code}});
    return kIdle;
  }
  if (jobs->empty()) {
    not_before_.clear();
    return kIdle;
  }
  bool is_held = true;
  for (const store::BulkJobRow& job : *jobs) {
    // Another server is at it.
    if (job.worker != worker_ && job.worker_until > parts_.clock.now()) continue;
    const auto next = not_before_.find(job.job_id);
    if (next != not_before_.end() && parts_.clock.now() < next->second) {
      is_held = false;
      continue;
    }
    const auto done = carry_on(job);
    if (done.has_value()) {
      is_held = false;
      continue;
    }
    parts_.log.warn("bulk job put off", {{"job_id", job.job_id}, {"code", done.error().code}});
  }
  return is_held ? kIdle : kBusy;
}

Result<void> Bulk::carry_on(store::BulkJobRow job) {
  const TimeMs now = parts_.clock.now();
  TRY(const bool is_ours, parts_.store.bulk().take(job, worker_, now, now + kLeaseMs));
  if (!is_ours) return {};
  // As it is now: it may have been taken over from somebody who got further.
  TRY(job, parts_.store.bulk().job(job.tenant, job.job_id));
  if (job.state == "STOPPING") return parts_.store.bulk().finish(job, now);
  if (job.state != "RUNNING") return {};
  TRY(const Chunk chunk, next(job));
  std::vector<std::string> ids;
  for (const RunId& run : chunk.runs) ids.push_back(run.text);
  TRY(const auto known, parts_.store.bulk().through(job.tenant, job.job_id, ids));
  const std::set<std::string> through(known.begin(), known.end());
  for (const RunId& run : chunk.runs)
    if (!through.contains(run.text)) TRY_DO(touch(job, run));
  not_before_[job.job_id] = now + static_cast<std::int64_t>(chunk.runs.size()) * 1'000 /
                                      std::max<std::int64_t>(1, job.rate);
  job.place = chunk.place;
  job.updated_at = parts_.clock.now();
  TRY_DO(parts_.store.bulk().advance(job));
  return chunk.is_last ? parts_.store.bulk().finish(job, parts_.clock.now()) : Result<void>();
}

Result<Bulk::Chunk> Bulk::next(const store::BulkJobRow& job) const {
  const auto count =
      static_cast<std::size_t>(std::max<std::int64_t>(1, job.rate / kChunksPerSecond));
  Chunk chunk;
  const json::Object& request = job.request.get_object();
  if (const json::Value* runs = json::find(request, "runIds");
      runs != nullptr && runs->is_array()) {
    const json::Array& list = runs->get_array();
    std::size_t at = 0;
    std::from_chars(job.place.data(), job.place.data() + job.place.size(), at);
    const std::size_t end = std::min(list.size(), at + count);
    for (; at < end; ++at)
      if (list[at].is_string()) chunk.runs.emplace_back(std::string(list[at].get_string()));
    chunk.place = std::to_string(end);
    chunk.is_last = end == list.size();
    return chunk;
  }
  const json::Value* written = json::find(request, "filter");
  if (written == nullptr || !written->is_object())
    return make_error(ErrorKind::Internal, "STORE_CORRUPT", "a bulk job says no runs");
  TRY(store::RunFilter filter, read_run_filter(written->get_object()));
  filter.limit = count;
  if (const std::size_t colon = job.place.find(':'); colon != std::string::npos) {
    TimeMs at = 0;
    std::from_chars(job.place.data(), job.place.data() + colon, at);
    filter.after = std::pair(at, job.place.substr(colon + 1));
  }
  TRY(const auto found, parts_.store.views().runs(job.tenant, filter));
  for (const store::RunView& view : found) chunk.runs.push_back(view.launch.run_id);
  chunk.place = found.empty() ? job.place : place_of(found.back());
  chunk.is_last = found.size() < count;
  return chunk;
}

Result<void> Bulk::touch(const store::BulkJobRow& job, const RunId& run) {
  store::AuditRow audit;
  audit.tenant = job.tenant;
  // The same when a crash has it done again, which is so told from what somebody else did.
  audit.audit_id = key_of(job, run);
  audit.actor = job.actor;
  audit.action = "runs." + job.action;
  audit.target_type = "runs";
  audit.target_id = run.text;
  audit.reason = format("bulk job {}{}{}", job.job_id, job.reason.empty() ? "" : ": ", job.reason);
  audit.at = parts_.clock.now();
  // What cannot be written down is not done.
  const auto begun = parts_.store.audit().begin(audit);
  if (!begun.has_value() && begun.error().code != "STORE_CONFLICT") return begun.error();
  const bool is_again = !begun.has_value();
  auto made = act(job, run);
  if (is_again && !made.has_value() && is_canceled_by(job, run)) made = std::string();
  store::BulkOutcomeRow row{job.tenant, job.job_id, run, "DONE", "", "", parts_.clock.now()};
  if (made.has_value()) {
    row.created_id = *made;
    audit.created_id = *made;
  } else {
    const Error& error = made.error();
    const bool is_away =
        error.kind == ErrorKind::Unavailable ||
        (error.code == "WORKFLOW_TEMPORAL_CANCEL_FAILED" && !parts_.check_temporal().has_value());
    row.outcome = error.code == "RUN_NOT_ACTIVE" ? "SKIPPED" : "FAILED";
    row.code = error.code;
    audit.code = error.code;
    if (is_away) {
      audit.outcome = "REFUSED";
      static_cast<void>(parts_.store.audit().end(audit));
      Error later = error;
      later.kind = ErrorKind::Unavailable;
      return later;
    }
  }
  audit.outcome = made.has_value() ? "DONE" : "REFUSED";
  TRY_DO(parts_.store.bulk().put_outcome(row));
  static_cast<void>(parts_.store.audit().end(audit));
  return {};
}

Result<std::string> Bulk::act(const store::BulkJobRow& job, const RunId& run) {
  const std::string reason = job.reason.empty() ? "asked by an operator" : job.reason;
  if (job.action == "replay") {
    ReplayRequest replay;
    replay.tenant = job.tenant;
    replay.run = run;
    replay.reason = reason;
    replay.is_latest_version =
        json::string_at(job.request.get_object(), "version").value_or("") == "latest";
    replay.fire_key = key_of(job, run);
    TRY(const Launched launched, parts_.replays.replay(replay));
    return launched.run_id.text;
  }
  using Control = Result<void> (RunControl::*)(const TenantId&, const RunId&, const ControlReason&);
  const Control control = job.action == "cancel"  ? &RunControl::cancel
                          : job.action == "pause" ? &RunControl::pause
                                                  : &RunControl::resume;
  TRY_DO((parts_.control.*control)(job.tenant, run, {reason, key_of(job, run)}));
  return std::string();
}

bool Bulk::is_canceled_by(const store::BulkJobRow& job, const RunId& run) const {
  if (job.action != "cancel") return false;
  const auto view = parts_.store.run(job.tenant, run);
  return view.has_value() && view->run.status == "CANCELED";
}

}  // namespace fermata::service
