// fermata server: the API over a store and a Temporal server that others started.
#include <unistd.h>

#include "cli/api_host.h"
#include "cli/commands.h"
#include "cli/health.h"
#include "cli/host.h"
#include "cli/signals.h"
#include "store/open.h"

namespace fermata::cli {
namespace {

Result<void> serve(const ServerOptions& options, Log& log) {
  TRY(const DataFolder folder, open_data_folder(options.common.data));
  TRY(const auto store, store::open(folder.database(options.common.database)));
  TRY(const auto runtime, start_runtime(options.temporal, log));
  TRY(const auto client, connect(runtime, options.temporal, kTemporalAddress));
  const SystemClock clock;
  const actions::ActionRegistry actions =
      make_actions({options.common.allowed_private, store.get(), &clock}, log);
  TRY(service::MasterKeys keys, master_keys(options.common.master_key_file, folder));
  service::SecretVault vault(*store, std::move(keys), clock);
  StoredSecrets secrets(vault);
  reseal(vault, log);
  SystemRandom random(clock);
  TRY(const std::string token, api_token(options.token_file, folder));
  metrics::Metrics metrics;
  TRY(const auto host,
      ApiHost::start({*store, client, actions, secrets, vault, clock, random, log, metrics},
                     {options.listen, options.port, token, options.front}));
  TRY(const auto health, HealthHost::start(options.health_address,
                                           {metrics, [&store] { return store->check_health(); },
                                            [&client] { return client.check_health(); }}));
  const json::Object state{{"api", host->url()},
                           {"token", token},
                           {"temporal", client.options().address},
                           {"namespace", client.options().target_namespace},
                           {"pid", getpid()}};
  TRY_DO(announce_state(folder, state, options.prints_json));
  log.info("server started", {{"api", host->url()},
                              {"temporal", client.options().address},
                              {"health", health ? health->url() : ""}});
  wait_for_stop_signal();
  log.info("server stopping");
  return {};
}

}  // namespace

int run_server(const ServerOptions& options) {
  return run_until_stopped(options.common.log_level, [&](Log& log) { return serve(options, log); });
}

}  // namespace fermata::cli
