// dev, server, worker
#include "cli/arguments.h"

namespace fermata::cli {
namespace {

void add_stream(CLI::App& command, StreamOptions& stream) {
  command.add_option("--redis", stream.redis_url, "redis[s]:// address of a stream with events")
      ->envname("FERMATA_REDIS");
  command.add_option("--redis-ca", stream.redis_ca, "PEM file of the authorities to trust")
      ->envname("FERMATA_REDIS_CA");
  command.add_option("--redis-stream", stream.stream, "key of the stream")
      ->envname("FERMATA_REDIS_STREAM");
  command.add_option("--redis-consumers", stream.consumers, "how many read it in this process")
      ->check(CLI::Range(1, 64));
  command
      .add_option("--redis-claim-ms", stream.claim_ms,
                  "when a message counts as left behind by a reader that died")
      ->check(CLI::Range(100, 3'600'000));
}

void add_hook(CLI::App& command, std::string& hook) {
  command.add_option("--task-hook", hook, "address that new and overdue tasks are told to")
      ->envname("FERMATA_TASK_HOOK");
}

}  // namespace

void add_processes(CommandLine& line) {
  {
    auto [command, dev] = line.add<DevOptions>(
        line.app(), "dev", "everything on one machine, on embedded defaults", run_dev);
    add_common(command, dev.common);
    add_stream(command, dev.stream);
    add_hook(command, dev.task_hook);
    command.add_option("--port", dev.port, "port of the API; 0 takes a free one");
    add_temporal(command, dev.temporal);
    command.add_option("--dynamic-config", dev.dynamic_config, "key=value for the dev server");
    command.add_flag("!--no-worker", dev.has_worker, "start no worker");
    command.add_flag("--print-json", dev.prints_json, "print one JSON line when ready");
  }
  {
    auto [command, server] =
        line.add<ServerOptions>(line.app(), "server", "the API, without a worker", run_server);
    add_common(command, server.common);
    add_hook(command, server.task_hook);
    add_temporal(command, server.temporal);
    command.add_option("--listen", server.listen, "address of the API")->envname("FERMATA_LISTEN");
    command.add_option("--port", server.port, "port of the API; 0 takes a free one");
    command.add_option("--token-file", server.token_file, "file with the token that callers bring")
        ->envname("FERMATA_TOKEN_FILE");
    command.add_flag("--print-json", server.prints_json, "print one JSON line when ready");
  }
  {
    auto [command, worker] =
        line.add<WorkerOptions>(line.app(), "worker", "a worker on the authored queue", run_worker);
    add_common(command, worker.common);
    add_stream(command, worker.stream);
    add_temporal(command, worker.temporal);
    command.add_option("--crash-file", worker.crash_file,
                       "for proofs: die at each boundary that this file does not name");
  }
}

}  // namespace fermata::cli
