// fermata dev: everything on one machine: Temporal's dev server, worker and API, on a data folder
// that survives.
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "cli/api_host.h"
#include "cli/commands.h"
#include "cli/doors.h"
#include "cli/process.h"
#include "cli/signals.h"
#include "foundation/format.h"
#include "json/text.h"
#include "temporal/dev_server.h"
#include "worker/worker.h"

namespace fermata::cli {
namespace {

constexpr std::int64_t kSayAgainMs = 5'000;
constexpr std::chrono::milliseconds kLookAtTemporal(500);

void say(const std::string& line) {
  std::fputs(("fermata dev: " + line + "\n").c_str(), stderr);
}

Result<temporal::DevServer> start_temporal(const DevOptions& options, const DataFolder& folder) {
  temporal::DevServerOptions server;
  server.target_namespace = options.temporal.target_namespace;
  server.database_file = folder.temporal_database();
  server.log_file = folder.temporal_log();
  // A long loop continues as new every 250 steps; the server's own second between two histories is
  // against endless ones, which definitions cannot be. A later word for the same key wins.
  server.dynamic_config.emplace_back("history.workflowIdReuseMinimalInterval", "\"0s\"");
  // One server has nobody to share a queue with: in one piece a task meets its poller at once.
  server.dynamic_config.emplace_back("matching.numTaskqueueReadPartitions", "1");
  server.dynamic_config.emplace_back("matching.numTaskqueueWritePartitions", "1");
  // Search attributes are known before it starts: not to be read anew for every run.
  server.dynamic_config.emplace_back("system.forceSearchAttributesCacheRefreshOnRead", "false");
  for (const std::string& pair : options.dynamic_config) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos)
      return make_error(ErrorKind::Invalid, "QUERY_INVALID",
                        format("--dynamic-config `{}`: expected key=value", pair));
    server.dynamic_config.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
  }
  server.waits_on = [&](std::int64_t waited_ms) {
    if (waited_ms > 0 && waited_ms % kSayAgainMs == 0)
      say(format("Temporal is still starting after {} s; its log: {}", waited_ms / 1'000,
                 server.log_file));
    return !has_stop_signal();
  };
  return temporal::DevServer::start(server);
}

// Until Ctrl-C. Errors: the worker's, when it can work no more; TEMPORAL_DEV_SERVER when Temporal,
// that nobody else starts again, ends by itself: whoever started us shall know, and can start both
// again.
Result<void> wait_for_the_end(const Ending& ending,
                              const std::optional<temporal::DevServer>& server,
                              const DataFolder& folder) {
  while (true) {
    TRY(const bool is_over, ending.comes_within(kLookAtTemporal));
    if (is_over) return {};
    const auto how = server ? server->how_it_ended() : std::nullopt;
    if (!how) continue;
    say("Temporal has ended by itself");
    return make_error(ErrorKind::Unavailable, "TEMPORAL_DEV_SERVER",
                      format("Temporal ended while it was needed: {}", *how),
                      format("its log: {}; the data is kept, runs go on when you start again",
                             folder.temporal_log()));
  }
}

Result<void> announce(const DevOptions& options, const DataFolder& folder,
                      const json::Object& state) {
  TRY_DO(announce_state(folder, state, options.prints_json));
  say(format("API at {}  token {}", *json::string_at(state, "api"),
             *json::string_at(state, "token")));
  // The order flow calls a shop on this machine, which http.request reaches only when it is let.
  say(options.common.allowed_private.empty()
          ? "try: docs/start.md; for the examples start with --allow-private-http 127.0.0.1/32"
          : "try: python3 examples/shop/server.py --port 8099, then fermata publish "
            "examples/order-flow/definition.json, then fermata run order-flow --input "
            "examples/order-flow/input.json --wait");
  say("Ctrl-C stops everything; the data stays in " + folder.path);
  return {};
}

Result<void> serve(const DevOptions& options, Log& log) {
  TRY(const DataFolder folder, open_data_folder(options.common.data));
  TRY(const auto lock, lock_data_folder(folder));
  say("data in " + folder.path);
  TRY(auto store, store::open(folder.database(options.common.database)));
  std::optional<temporal::DevServer> temporal_server;
  std::string address = options.temporal.address;
  if (address.empty()) {
    say("starting Temporal");
    auto started = start_temporal(options, folder);
    if (!started.has_value()) {
      if (!has_stop_signal()) return std::move(started).error();
      say("stopped before Temporal was there");
      return {};
    }
    temporal_server.emplace(*std::move(started));
    address = temporal_server->address();
  }
  TRY(const auto process,
      Process::start(folder, std::move(store), {options.common, options.temporal, address}, log));
  reseal(process->vault(), log);
  Ending ending;
  std::unique_ptr<worker::Worker> worker;
  if (options.has_worker) {
    say("starting the worker");
    worker::WorkerSettings settings;
    settings.identity = format("dev-{}-{}", getpid(), SystemRandom::token().substr(0, 8));
    settings.spool_folder = folder.path;
    settings.at_end = [&ending](const Error& why) { ending.because(why); };
    TRY(worker, worker::Worker::start(process->client(), process->worker_parts(), settings));
  }
  TRY(const std::string token, api_token({}, folder));
  const ApiHostParts parts = process->api_parts();
  TRY(auto host,
      ApiHost::start(parts, {.port = options.port, .token = token, .front = options.front}));
  auto stream = options.has_worker ? open_stream(options.stream, parts) : nullptr;
  TRY_DO(announce(options, folder,
                  json::Object{{"api", host->url()},
                               {"token", token},
                               {"temporal", address},
                               {"namespace", process->client().options().target_namespace},
                               {"pid", getpid()}}));
  const Result<void> ended = wait_for_the_end(ending, temporal_server, folder);
  say("stopping");
  host.reset();
  stream.reset();
  worker.reset();
  return ended;
}

}  // namespace

int run_dev(const DevOptions& options) {
  return run_until_stopped(options.common.log_level, [&](Log& log) { return serve(options, log); });
}

}  // namespace fermata::cli
