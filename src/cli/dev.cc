// fermata dev: everything on one machine: Temporal's dev server, worker and API, on a data folder
// that survives.
#include <unistd.h>

#include <cstdio>

#include "api/api.h"
#include "cli/commands.h"
#include "cli/host.h"
#include "cli/signals.h"
#include "foundation/format.h"
#include "http/server.h"
#include "json/parse.h"
#include "json/text.h"
#include "service/sweep.h"
#include "store/open.h"
#include "temporal/dev_server.h"
#include "worker/worker.h"

namespace fermata::cli {
namespace {

void say(const std::string& line) {
  std::fputs(("fermata dev: " + line + "\n").c_str(), stderr);
}

// The token of the run before, so that a restart does not lock anybody out.
std::string token_of(const DataFolder& folder) {
  const auto text = read_file(folder.state_file(), 10'000);
  if (text.has_value()) {
    const auto state = json::parse(*text);
    if (state.has_value() && state->is_object()) {
      if (auto token = json::string_at(state->get_object(), "token")) return *std::move(token);
    }
  }
  return SystemRandom::token();
}

Result<temporal::DevServer> start_temporal(const DevOptions& options, const DataFolder& folder) {
  temporal::DevServerOptions server;
  server.database_file = folder.temporal_database();
  server.log_file = folder.temporal_log();
  for (const std::string& pair : options.dynamic_config) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos)
      return make_error(ErrorKind::Invalid, "QUERY_INVALID",
                        format("--dynamic-config `{}`: expected key=value", pair));
    server.dynamic_config.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return temporal::DevServer::start(server);
}

Result<void> announce(const DevOptions& options, const DataFolder& folder,
                      const json::Object& state) {
  TRY_DO(write_file(folder.state_file(), json::to_text(state)));
  if (options.prints_json) {
    std::puts(json::to_text(state).c_str());
    std::fflush(stdout);
  }
  say(format("API at {}  token {}", *json::string_at(state, "api"),
             *json::string_at(state, "token")));
  say("try: fermata publish examples/order-flow/definition.json, then fermata run order-flow "
      "--input examples/order-flow/input.json --wait");
  say("Ctrl-C stops everything; the data stays in " + folder.path);
  return {};
}

Result<void> serve(const DevOptions& options, Log& log) {
  TRY(const DataFolder folder, open_data_folder(options.common.data));
  TRY(const auto lock, lock_data_folder(folder));
  say("data in " + folder.path);
  TRY(const auto store, store::open(folder.database(options.common.database)));
  std::optional<temporal::DevServer> temporal_server;
  std::string address = options.temporal_address;
  if (address.empty()) {
    say("starting Temporal");
    TRY(temporal::DevServer started, start_temporal(options, folder));
    temporal_server.emplace(std::move(started));
    address = temporal_server->address();
  }
  TRY(const auto runtime, temporal::Runtime::create({.log = &log}));
  TRY(const auto client, temporal::Client::connect(runtime, {.address = address}));
  const actions::ActionRegistry actions = make_actions(options.common.allowed_private, log);
  EnvironmentSecrets secrets;
  const SystemClock clock;
  SystemRandom random(clock);
  std::unique_ptr<worker::Worker> worker;
  if (options.has_worker) {
    say("starting the worker");
    worker::WorkerSettings settings;
    settings.identity = format("dev-{}-{}", getpid(), SystemRandom::token().substr(0, 8));
    settings.spool_folder = folder.path;
    TRY(worker, worker::Worker::start(
                    client, {runtime, *store, actions, secrets, clock, random, log}, settings));
  }
  service::Catalog catalog(*store, actions, clock);
  service::Launcher launcher(*store, client, clock, random);
  service::RunControl control(*store, client);
  service::Tasks tasks(*store, client);
  service::DefinitionCache definitions(*store, actions);
  service::EventRouter events({*store, client, definitions, clock}, launcher, random);
  service::Clocks clocks({*store, client, definitions, launcher, clock});
  const service::Sweep sweep({*store, events, launcher, clocks, clock, log});
  const api::ApiParts parts{*store,
                            catalog,
                            launcher,
                            control,
                            events,
                            tasks,
                            random,
                            clock,
                            actions,
                            [&client] { return client.check_health(); },
                            TenantId("default"),
                            token_of(folder)};
  TRY(const auto server, http::Server::start({.port = options.port}, api::make_router(parts)));
  TRY_DO(announce(options, folder,
                  json::Object{{"api", format("http://127.0.0.1:{}", server->port())},
                               {"token", parts.token},
                               {"temporal", address},
                               {"namespace", "default"},
                               {"pid", getpid()}}));
  wait_for_stop_signal();
  say("stopping");
  server->stop();
  worker.reset();
  return {};
}

}  // namespace

int run_dev(const DevOptions& options) {
  block_stop_signals();
  const auto log = make_log(options.common.log_level);
  const Result<void> served = serve(options, *log);
  return served.has_value() ? 0 : report(served.error());
}

}  // namespace fermata::cli
