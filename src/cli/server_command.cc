// fermata server: the API over a store and a Temporal server that others started.
#include <unistd.h>

#include "cli/api_host.h"
#include "cli/commands.h"
#include "cli/process.h"
#include "cli/signals.h"

namespace fermata::cli {
namespace {

Result<void> serve(const ServerOptions& options, Log& log) {
  TRY(const DataFolder folder, open_data_folder(options.common.data));
  TRY(auto store, store::open(folder.database(options.common.database)));
  TRY(const auto process,
      Process::start(folder, std::move(store), {options.common, options.temporal, kTemporalAddress},
                     log));
  reseal(process->vault(), log);
  TRY(const std::string token, api_token(options.token_file, folder));
  // First, so that it outlives the other and tells probes of its end.
  TRY(const auto health, process->start_health(options.health_address));
  TRY(const auto host,
      ApiHost::start(process->api_parts(), {options.listen, options.port, token, options.front}));
  const json::Object state{{"api", host->url()},
                           {"token", token},
                           {"temporal", process->client().options().address},
                           {"namespace", process->client().options().target_namespace},
                           {"pid", getpid()}};
  TRY_DO(announce_state(folder, state, options.prints_json));
  log.info("server started", {{"api", host->url()},
                              {"temporal", process->client().options().address},
                              {"health", health ? health->url() : ""}});
  wait_for_stop_signal();
  if (health) health->drain();
  log.info("server stopping");
  return {};
}

}  // namespace

int run_server(const ServerOptions& options) {
  return run_until_stopped(options.common.log_level, [&](Log& log) { return serve(options, log); });
}

}  // namespace fermata::cli
