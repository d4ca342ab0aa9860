// dev, server, worker
#include "cli/arguments.h"

namespace fermata::cli {

void add_processes(CommandLine& line) {
  {
    auto [command, dev] = line.add<DevOptions>(
        line.app(), "dev", "everything on one machine, on embedded defaults", run_dev);
    add_common(command, dev.common);
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
    add_temporal(command, worker.temporal);
  }
}

}  // namespace fermata::cli
