// fermata: reads the command line, and nothing else.
#include <CLI/CLI.hpp>
#include <cstdlib>

#include "cli/commands.h"
#include "cli/jsonata_commands.h"

namespace {

using fermata::cli::CommonOptions;
using fermata::cli::ServerAddress;

void add_database(CLI::App* command, std::string& database) {
  command->add_option("--database", database, "postgresql:// URL, or file of a SQLite database")
      ->envname("FERMATA_DATABASE");
}

void add_common(CLI::App* command, CommonOptions& options) {
  add_database(command, options.database);
  command->add_option("--data", options.data, "folder of the database and of Temporal's")
      ->envname("FERMATA_DATA");
  command->add_option("--log-level", options.log_level, "debug, info, warn or error")
      ->envname("FERMATA_LOG_LEVEL");
  command->add_option("--allow-private-http", options.allowed_private,
                      "private addresses that http.request may reach, e.g. 127.0.0.1/32");
}

void add_temporal(CLI::App* command, fermata::cli::TemporalOptions& options) {
  const auto add = [&](const char* flag, std::string& value, const char* what,
                       const char* variable) {
    command->add_option(flag, value, what)->envname(variable);
  };
  add("--temporal-address", options.address, "host:port", "FERMATA_TEMPORAL_ADDRESS");
  add("--temporal-namespace", options.target_namespace, "namespace", "FERMATA_TEMPORAL_NAMESPACE");
  add("--temporal-api-key-file", options.api_key_file,
      "file with the bearer token; FERMATA_TEMPORAL_API_KEY holds the token itself",
      "FERMATA_TEMPORAL_API_KEY_FILE");
  if (const char* key = std::getenv("FERMATA_TEMPORAL_API_KEY")) options.api_key = key;
  command->add_flag("--temporal-tls", options.has_tls, "TLS; the options below turn it on, too");
  add("--temporal-tls-ca", options.tls_ca_file, "PEM file of the authorities to trust",
      "FERMATA_TEMPORAL_TLS_CA");
  add("--temporal-tls-cert", options.tls_certificate_file, "PEM file of the client's certificate",
      "FERMATA_TEMPORAL_TLS_CERT");
  add("--temporal-tls-key", options.tls_key_file, "PEM file of its key",
      "FERMATA_TEMPORAL_TLS_KEY");
  add("--temporal-tls-name", options.tls_server_name, "expected name of the server",
      "FERMATA_TEMPORAL_TLS_NAME");
  add("--metrics-address", options.metrics_address, "host:port to serve Prometheus metrics on",
      "FERMATA_METRICS_ADDRESS");
  add("--otlp-url", options.otlp_url, "OpenTelemetry collector (gRPC) to send metrics to",
      "FERMATA_OTLP_URL");
}

void add_server(CLI::App* command, ServerAddress& server) {
  command->add_option("--server", server.url, "address of the API")->envname("FERMATA_SERVER");
  command->add_option("--token", server.token, "token of the API")->envname("FERMATA_TOKEN");
  command->add_option("--data", server.data, "folder of a running `fermata dev`")
      ->envname("FERMATA_DATA");
}

}  // namespace

int main(int argc, char** argv) {
  namespace cli = fermata::cli;
  CLI::App app("Fermata: durable workflows as data");
  app.require_subcommand(1);
  app.set_version_flag("--version", "fermata 0.1.0");
  int code = 0;

  cli::DevOptions dev;
  CLI::App* command = app.add_subcommand("dev", "everything on one machine, on embedded defaults");
  add_common(command, dev.common);
  command->add_option("--port", dev.port, "port of the API; 0 takes a free one");
  add_temporal(command, dev.temporal);
  command->add_option("--dynamic-config", dev.dynamic_config, "key=value for the dev server");
  bool has_no_worker = false;
  command->add_flag("--no-worker", has_no_worker, "start no worker");
  command->add_flag("--print-json", dev.prints_json, "print one JSON line when ready");
  command->callback([&] {
    dev.has_worker = !has_no_worker;
    code = cli::run_dev(dev);
  });

  cli::WorkerOptions worker;
  command = app.add_subcommand("worker", "a worker on the authored queue");
  add_common(command, worker.common);
  add_temporal(command, worker.temporal);
  command->callback([&] { code = cli::run_worker(worker); });

  cli::ServerOptions api;
  command = app.add_subcommand("server", "the API, without a worker");
  add_common(command, api.common);
  add_temporal(command, api.temporal);
  command->add_option("--listen", api.listen, "address of the API")->envname("FERMATA_LISTEN");
  command->add_option("--port", api.port, "port of the API; 0 takes a free one");
  command->add_option("--token-file", api.token_file, "file with the token that callers bring")
      ->envname("FERMATA_TOKEN_FILE");
  command->add_flag("--print-json", api.prints_json, "print one JSON line when ready");
  command->callback([&] { code = cli::run_server(api); });

  cli::ValidateOptions validate;
  command = app.add_subcommand("validate", "check definitions; all findings at once");
  command->add_option("files", validate.files, "JSON or YAML")->required();
  command->add_flag("--json", validate.prints_json, "one JSON line per file");
  command->callback([&] { code = cli::run_validate(validate); });

  CLI::App* jsonata = app.add_subcommand("jsonata", "the expression engine");
  jsonata->require_subcommand(1);
  cli::JsonataEvalOptions jsonata_eval;
  command = jsonata->add_subcommand("eval", "the value of an expression");
  command->add_option("expression", jsonata_eval.expression)->required();
  command->add_option("file", jsonata_eval.file, "the input; - is standard input");
  command->callback([&] { code = cli::run_jsonata_eval(jsonata_eval); });
  cli::JsonataSuiteOptions jsonata_suite;
  command = jsonata->add_subcommand("suite", "cases of the official suite, one a line");
  command->add_option("cases", jsonata_suite.cases)->required();
  command->add_option("--datasets", jsonata_suite.datasets, "folder of the documents")->required();
  command->callback([&] { code = cli::run_jsonata_suite(jsonata_suite); });
  cli::JsonataBenchOptions jsonata_bench;
  command = jsonata->add_subcommand("bench", "time and memory, one JSON line a case");
  command->add_option("bench", jsonata_bench.bench)->required();
  command->add_option("--only", jsonata_bench.only, "name of one case");
  command->callback([&] { code = cli::run_jsonata_bench(jsonata_bench); });

  cli::SimulateOptions simulate;
  command = app.add_subcommand("simulate", "play a definition under virtual time, with no server");
  command->add_option("definition", simulate.definition, "JSON or YAML")->required();
  command->add_option("--input", simulate.input, "file with the payload, a JSON object");
  command->add_option("--fixtures", simulate.fixtures, "file with what actions, events, people do");
  command->add_flag("--json", simulate.prints_json, "print one JSON object");
  command->callback([&] { code = cli::run_simulate(simulate); });

  cli::TestOptions test;
  command = app.add_subcommand("test", "play the cases of test files, with no server");
  command->add_option("files", test.files, "NAME.test.yaml or NAME.test.json")->required();
  command->add_flag("--update", test.updates, "write the timelines of cases with a snapshot");
  command->callback([&] { code = cli::run_test(test); });

  cli::ReplayOptions replay;
  command = app.add_subcommand("replay-check", "replay histories against this program");
  command->add_option("files", replay.files, "histories as JSON; none: those of the server");
  command->add_option("--definition", replay.definitions, "definitions of the files' runs");
  command->add_option("--data", replay.data, "folder of the database")->envname("FERMATA_DATA");
  add_database(command, replay.database);
  add_temporal(command, replay.temporal);
  command->add_option("--recent", replay.recent, "how many ended runs besides all open ones");
  command->add_option("--save", replay.target, "keep the server's histories in this folder");
  command->callback([&] { code = cli::run_replay_check(replay); });

  cli::RebuildOptions rebuild;
  command = app.add_subcommand("rebuild", "make the rows of runs again from Temporal alone");
  command->add_option("runs", rebuild.runs, "ids of runs");
  command->add_flag("--all", rebuild.is_all, "every run that Temporal has");
  command->add_flag("--check", rebuild.checks, "write nothing; say what differs");
  command->add_option("--data", rebuild.data, "folder of the database")->envname("FERMATA_DATA");
  add_database(command, rebuild.database);
  add_temporal(command, rebuild.temporal);
  command->callback([&] { code = cli::run_rebuild(rebuild); });

  ServerAddress server;
  std::string file;
  command = app.add_subcommand("publish", "publish a definition as the next version");
  add_server(command, server);
  command->add_option("file", file, "JSON or YAML")->required();
  command->callback([&] { code = cli::run_publish(server, file); });

  std::string workflow;
  std::string input;
  bool waits = false;
  command = app.add_subcommand("run", "launch a run");
  add_server(command, server);
  command->add_option("workflow", workflow, "id of the workflow")->required();
  command->add_option("--input", input, "file with the payload, a JSON object");
  command->add_flag("--wait", waits, "until it has ended; exit code 1 unless it succeeded");
  command->callback([&] { code = cli::run_launch(server, workflow, input, waits); });

  CLI::App* runs = app.add_subcommand("runs", "look at runs");
  runs->require_subcommand(1);
  std::string status;
  std::string run;
  command = runs->add_subcommand("list", "the newest runs");
  add_server(command, server);
  command->add_option("--status", status, "RUNNING, WAITING, SUCCEEDED, FAILED or CANCELED");
  command->callback([&] { code = cli::run_runs_list(server, status); });
  command = runs->add_subcommand("show", "one run with its steps");
  add_server(command, server);
  command->add_option("run", run, "id of the run")->required();
  command->callback([&] { code = cli::run_runs_show(server, run); });
  for (const char* verb : {"cancel", "pause", "resume"}) {
    command = runs->add_subcommand(verb, std::string(verb) + " a run");
    add_server(command, server);
    command->add_option("run", run, "id of the run")->required();
    command->callback([&, verb] { code = cli::run_runs_control(server, verb, run); });
  }

  CLI::App* events = app.add_subcommand("events", "send events and see what they did");
  events->require_subcommand(1);
  cli::EventOptions event;
  command = events->add_subcommand("send", "store an event; it launches and resumes what it may");
  add_server(command, server);
  command->add_option("name", event.name, "the event's name")->required();
  command->add_option("--id", event.id, "the same id is the same event");
  command->add_option("--key", event.key, "correlation key");
  command->add_option("--payload", event.payload, "file with the payload, a JSON object");
  command->callback([&] { code = cli::run_events_send(server, event); });
  std::string event_id;
  command = events->add_subcommand("explain", "why an event did what it did");
  add_server(command, server);
  command->add_option("id", event_id, "id of the event")->required();
  command->callback([&] { code = cli::run_events_explain(server, event_id); });

  CLI::App* tasks = app.add_subcommand("tasks", "what runs ask of people");
  tasks->require_subcommand(1);
  command = tasks->add_subcommand("list", "open tasks");
  add_server(command, server);
  command->callback([&] { code = cli::run_tasks_list(server); });
  std::string task;
  std::string response;
  command = tasks->add_subcommand("answer", "answer a task");
  add_server(command, server);
  command->add_option("task", task, "id of the task")->required();
  command->add_option("--response", response, "file with the response, a JSON object")->required();
  command->callback([&] { code = cli::run_tasks_answer(server, task, response); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& wrong) {
    return app.exit(wrong) == 0 ? 0 : 2;
  }
  return code;
}
