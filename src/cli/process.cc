#include "cli/process.h"

#include <utility>

namespace fermata::cli {

Result<std::unique_ptr<Process>> Process::start(const DataFolder& folder,
                                                std::unique_ptr<store::Store> store,
                                                const ProcessOptions& options, Log& log) {
  TRY(temporal::Runtime runtime, start_runtime(options.temporal, log));
  TRY(temporal::Client client, connect(runtime, options.temporal, options.temporal_address));
  TRY(service::MasterKeys keys, master_keys(options.common.master_key_file, folder));
  return std::unique_ptr<Process>(
      new Process({std::move(store), std::move(runtime), std::move(client), std::move(keys)},
                  options.common, log));
}

Process::Process(Connected connected, const CommonOptions& common, Log& log)
    : log_(log),
      store_(std::move(connected.store)),
      runtime_(std::move(connected.runtime)),
      client_(std::move(connected.client)),
      actions_(make_actions({common.allowed_private, common.email_ca, store_.get(), &clock_}, log)),
      vault_(*store_, std::move(connected.keys), clock_),
      secrets_(vault_),
      random_(clock_) {}

worker::WorkerParts Process::worker_parts() {
  return {runtime_, *store_, actions_, secrets_, clock_, random_, log_, metrics_};
}

ApiHostParts Process::api_parts() {
  return {*store_, client_, actions_, secrets_, vault_, clock_, random_, log_, metrics_};
}

Result<std::unique_ptr<HealthHost>> Process::start_health(
    const std::string& address, std::function<Result<void>()> check_worker) {
  return HealthHost::start(address,
                           {metrics_, [this] { return store_->check_health(); },
                            [this] { return client_.check_health(); }, std::move(check_worker)});
}

}  // namespace fermata::cli
