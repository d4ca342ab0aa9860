// fermata rebuild: the rows of runs, made again from Temporal's histories alone.
#include <chrono>
#include <cstdio>
#include <set>
#include <thread>

#include "cli/commands.h"
#include "cli/host.h"
#include "foundation/format.h"
#include "service/housekeeping.h"
#include "store/compare.h"
#include "store/open.h"
#include "store/run_views.h"
#include "worker/rebuild.h"

namespace fermata::cli {
namespace {

class Rebuild {
 public:
  Rebuild(worker::Rebuilder& rebuilder, store::Store& store, store::Store* scratch)
      : rebuilder_(rebuilder), store_(store), scratch_(scratch) {}

  Result<void> run(const RunId& run) {
    ++runs_;
    if (scratch_ == nullptr) {
      TRY(const worker::Rebuilt rebuilt, rebuilder_.rebuild(run, store_));
      return {};
    }
    TRY(std::vector<std::string> found, compare(run));
    // A run that goes on writes its rows a moment before or after its history: looked at again.
    constexpr int kTries = 5;
    for (int i = 1; i < kTries && !found.empty(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      TRY(found, compare(run));
    }
    for (const std::string& line : found)
      std::puts(format("differs\t{}: {}", run.text, line).c_str());
    differences_ += found.size();
    return {};
  }

  // Rows that say that a run goes on, of which Temporal knows nothing.
  Result<void> check_orphans(const std::vector<RunId>& known) {
    const std::set<RunId> all(known.begin(), known.end());
    tenants_.insert(home_tenant());
    for (const TenantId& tenant : tenants_) {
      for (const char* status : {"RUNNING", "WAITING", "PAUSED"}) {
        TRY_DO(check_orphans(tenant, status, all));
      }
    }
    return {};
  }

  [[nodiscard]] std::size_t runs() const { return runs_; }
  [[nodiscard]] std::size_t differences() const { return differences_; }

 private:
  Result<std::vector<std::string>> compare(const RunId& run) {
    const auto rebuilt = rebuilder_.rebuild(run, *scratch_);
    if (!rebuilt.has_value()) {
      const std::string& code = rebuilt.error().code;
      if (code != "REBUILD_DIVERGED" && code != "TEMPORAL_NOT_FOUND") return rebuilt.error();
      return std::vector<std::string>{rebuilt.error().message};
    }
    tenants_.insert(rebuilt->tenant);
    // What an action under way leads to cannot be told of the history yet.
    if (!rebuilt->is_whole) return std::vector<std::string>{};
    TRY(auto found, store::differences(store_, *scratch_, rebuilt->tenant, run));
    if (found.empty()) return found;
    TRY(const bool is_deleted, was_deleted(rebuilt->tenant, run));
    return is_deleted ? std::vector<std::string>() : std::move(found);
  }

  // Temporal may keep a run for longer than its tenant does.
  Result<bool> was_deleted(const TenantId& tenant, const RunId& run) {
    const auto kept = store_.run(tenant, run);
    if (kept.has_value() || kept.error().code != "NOT_FOUND") return false;
    TRY(const store::RunView known, scratch_->run(tenant, run));
    TRY(const auto expiry, service::expiry_of(store_, known));
    return expiry && *expiry < SystemClock().now();
  }

  Result<void> check_orphans(const TenantId& tenant, const char* status,
                             const std::set<RunId>& all) {
    store::RunFilter filter;
    filter.statuses = {status};
    filter.limit = 500;
    while (true) {
      TRY(const auto page, store_.views().runs(tenant, filter));
      for (const store::RunView& view : page) {
        if (all.contains(view.launch.run_id)) continue;
        // The list of runs lags behind; the run itself does not.
        const auto rebuilt = rebuilder_.rebuild(view.launch.run_id, *scratch_);
        if (rebuilt.has_value() || rebuilt.error().code != "TEMPORAL_NOT_FOUND") continue;
        std::puts(format("differs\t{}: the run is {}, and Temporal does not know it",
                         view.launch.run_id.text, status)
                      .c_str());
        ++differences_;
      }
      if (page.size() < filter.limit) return {};
      filter.after = {page.back().launch.started_at, page.back().launch.run_id.text};
    }
  }

  worker::Rebuilder& rebuilder_;
  store::Store& store_;
  store::Store* scratch_;
  std::set<TenantId> tenants_;
  std::size_t runs_ = 0;
  std::size_t differences_ = 0;
};

Result<bool> rebuild(const RebuildOptions& options, Log& log) {
  const actions::ActionRegistry actions = make_actions({}, log);
  TRY(const DataFolder folder, open_data_folder(options.data));
  const std::string location = folder.database(options.database);
  TRY(const auto store, store::open(location));
  TRY(const std::string address, temporal_address(options.temporal.address, folder));
  TRY(const auto runtime, start_runtime(options.temporal, log));
  TRY(const auto client, connect(runtime, options.temporal, address));
  service::DefinitionCache definitions(*store, actions);
  TRY(const auto replayer, worker::Replayer::create(runtime, definitions, actions));
  worker::Rebuilder rebuilder(client, *replayer);
  std::unique_ptr<store::Scratch> scratch;
  if (options.checks) {
    TRY(scratch, store::Scratch::open(location));
  }
  Rebuild work(rebuilder, *store, scratch == nullptr ? nullptr : &scratch->store());
  std::vector<RunId> runs(options.runs.begin(), options.runs.end());
  if (options.is_all) {
    TRY(runs, rebuilder.runs());
  }
  for (const RunId& run : runs) TRY_DO(work.run(run));
  if (options.is_all && options.checks) TRY_DO(work.check_orphans(runs));
  const std::string counted = format("{} run{}", work.runs(), work.runs() == 1 ? "" : "s");
  if (options.checks) {
    std::puts(format("{} checked, {} differences", counted, work.differences()).c_str());
  } else {
    std::puts(format("{} rebuilt", counted).c_str());
  }
  return work.differences() == 0;
}

}  // namespace

int run_rebuild(const RebuildOptions& options) {
  const auto log = make_log("error");
  const Result<bool> done = rebuild(options, *log);
  if (!done.has_value()) return report(done.error());
  return *done ? 0 : 1;
}

}  // namespace fermata::cli
