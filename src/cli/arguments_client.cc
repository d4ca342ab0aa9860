// publish, run, runs, events, tasks, keys: they talk to a running server.
#include "cli/arguments.h"
#include "cli/run_commands.h"

namespace fermata::cli {
namespace {

void add_selection(CLI::App& command, RunSelection& runs) {
  command.add_option("--workflow", runs.workflow, "id of their workflow");
  command
      .add_option("--status", runs.statuses,
                  "RUNNING, WAITING, PAUSED, SUCCEEDED, FAILED, CANCELED: any of these, with "
                  "commas")
      ->delimiter(',');
  command.add_option("--trigger", runs.trigger, "what launched them");
  command.add_option("--search", runs.search, "code of their error, or how their ids begin");
  command.add_option("--from", runs.from, "launched then or later, ISO 8601");
  command.add_option("--to", runs.to, "launched before");
}

void add_run_operations(CommandLine& line, CLI::App& runs) {
  {
    auto [command, replay] =
        line.add<RunReplayOptions>(runs, "replay", "the same work as a new run", run_runs_replay);
    add_server(command, replay.server);
    command.add_option("run", replay.id, "id of the old run")->required();
    command.add_option("--payload", replay.payload, "file with another input, a JSON object");
    command.add_flag("--latest", replay.is_latest, "the newest version instead of the same");
    command.add_option("--reason", replay.reason, "why; the audit log keeps it");
  }
  {
    auto [command, written] = line.add<RunExportOptions>(
        runs, "export", "the run with all its rows, on standard output", run_runs_export);
    add_server(command, written.server);
    command.add_option("run", written.id, "id of the run")->required();
    command.add_option("--format", written.format, "json or csv");
  }
  {
    auto [command, diagnose] = line.add<TargetOptions>(
        runs, "diagnose",
        "why a run makes no progress, or what would wake it; exit code 1 when it is stuck",
        run_runs_diagnose);
    add_server(command, diagnose.server);
    command.add_option("run", diagnose.id, "id of the run")->required();
  }
}

void add_logs(CommandLine& line, CLI::App& runs) {
  auto [command, logs] =
      line.add<RunLogsOptions>(runs, "logs", "what happened in a run, line by line", run_runs_logs);
  add_server(command, logs.server);
  command.add_option("run", logs.id, "id of the run")->required();
  command.add_option("--level", logs.level, "DEBUG, INFO, WARN, ERROR, with commas");
  command.add_option("--source", logs.source, "run, author, step, retry, operator, with commas");
  command.add_option("--search", logs.search, "a part of the message");
  command.add_flag("--follow", logs.follows, "until the run has ended");
  command.add_flag("--json", logs.is_json, "a JSON object a line");
}

void add_bulk(CommandLine& line, CLI::App& runs) {
  CLI::App* bulk = runs.add_subcommand("bulk", "one thing for many runs, in the background");
  bulk->require_subcommand(1);
  for (const std::string action : {"cancel", "pause", "resume", "replay"}) {
    auto [command, job] = line.add<BulkOptions>(*bulk, action, action + " many runs",
                                                [action](const BulkOptions& asked) {
                                                  BulkOptions options = asked;
                                                  options.action = action;
                                                  return run_runs_bulk(options);
                                                });
    add_server(command, job.server);
    command.add_option("runs", job.runs, "ids of runs; else those that fit the options");
    add_selection(command, job.selection);
    command.add_option("--reason", job.reason, "why; the audit log keeps it");
    command.add_option("--key", job.key, "the same key is the same job");
    command.add_option("--rate", job.rate, "runs in a second, at most");
    if (action == "replay")
      command.add_flag("--latest", job.is_latest, "the newest version instead of the same");
    command.add_flag("--wait", job.waits, "until it is over; exit code 1 when a run failed");
  }
  {
    auto [command, server] =
        line.add<ServerAddress>(*bulk, "list", "bulk jobs, newest first", run_runs_bulk_list);
    add_server(command, server);
  }
  for (const auto& [verb, what] :
       {std::pair<std::string, std::string>("show", "how far a bulk job is"),
        std::pair<std::string, std::string>("outcomes", "what came of each run"),
        std::pair<std::string, std::string>("stop", "leave the rest of the runs as they are")}) {
    auto [command, job] = line.add<TargetOptions>(
        *bulk, verb, what,
        [verb = verb](const TargetOptions& target) { return run_runs_bulk_job(target, verb); });
    add_server(command, job.server);
    command.add_option("job", job.id, "id of the job")->required();
  }
}

void add_runs(CommandLine& line) {
  CLI::App& runs = line.group("runs", "look at runs");
  {
    auto [command, list] =
        line.add<RunsListOptions>(runs, "list", "the newest runs, a page of them", run_runs_list);
    add_server(command, list.server);
    add_selection(command, list.selection);
    command.add_option("--limit", list.limit, "how many, at most")
        ->check(CLI::Range(1, 500))
        ->capture_default_str();
    command.add_option("--cursor", list.cursor, "`nextCursor` of the page before");
  }
  {
    auto [command, show] =
        line.add<TargetOptions>(runs, "show", "one run with its steps", run_runs_show);
    add_server(command, show.server);
    command.add_option("run", show.id, "id of the run")->required();
  }
  for (const std::string verb : {"cancel", "pause", "resume"}) {
    auto [command, control] = line.add<TargetOptions>(
        runs, verb, verb + " a run",
        [verb](const TargetOptions& target) { return run_runs_control(target, verb); });
    add_server(command, control.server);
    command.add_option("run", control.id, "id of the run")->required();
  }
  add_run_operations(line, runs);
  add_logs(line, runs);
  add_bulk(line, runs);
}

void add_events(CommandLine& line) {
  CLI::App& events = line.group("events", "send events and see what they did");
  {
    auto [command, event] = line.add<EventOptions>(
        events, "send", "store an event; it launches and resumes what it may", run_events_send);
    add_server(command, event.server);
    command.add_option("name", event.name, "the event's name")->required();
    command.add_option("--id", event.id, "the same id is the same event");
    command.add_option("--key", event.key, "correlation key");
    command.add_option("--payload", event.payload, "file with the payload, a JSON object");
  }
  {
    auto [command, explain] = line.add<TargetOptions>(
        events, "explain", "why an event did what it did", run_events_explain);
    add_server(command, explain.server);
    command.add_option("id", explain.id, "id of the event")->required();
  }
  {
    auto [command, letters] = line.add<LettersOptions>(
        events, "dead-letters", "messages that no event could be made of", run_letters_list);
    add_server(command, letters.server);
    command.add_flag("--all", letters.has_all, "those that were reprocessed, too");
  }
  {
    auto [command, letters] = line.add<LettersOptions>(
        events, "reprocess", "let dead letters in; none named: all", run_letters_reprocess);
    add_server(command, letters.server);
    command.add_option("letters", letters.ids, "ids of dead letters");
  }
}

void add_workflows(CommandLine& line) {
  CLI::App& workflows = line.group("workflows", "what may launch, and how much of it");
  for (const std::string verb : {"pause", "resume"}) {
    auto [command, workflow] = line.add<WorkflowOptions>(
        workflows, verb, verb + " what launches a workflow",
        [verb](const WorkflowOptions& options) { return run_workflows_pause(options, verb); });
    add_server(command, workflow.server);
    command.add_option("id", workflow.id, "id of the workflow")->required();
  }
  {
    auto [command, workflow] = line.add<WorkflowOptions>(
        workflows, "limit", "how many runs may not have ended; 0: any", run_workflows_limit);
    add_server(command, workflow.server);
    command.add_option("id", workflow.id, "id of the workflow")->required();
    command.add_option("limit", workflow.limit)->required()->check(CLI::NonNegativeNumber);
  }
  CLI::App& clocks = line.group("clocks", "when workflows are launched by time");
  {
    auto [command, preview] = line.add<PreviewOptions>(
        clocks, "preview", "the next fires of a cron expression", run_clocks_preview);
    add_server(command, preview.server);
    command.add_option("cron", preview.cron, "five fields")->required();
    command.add_option("--timezone", preview.timezone, "IANA name");
    command.add_option("--after", preview.after, "ISO 8601 instant; now without it");
    command.add_option("--count", preview.count)->check(CLI::Range(1, 100));
  }
  {
    auto [command, clock] = line.add<TargetOptions>(
        clocks, "show", "a workflow's clock, and when it fires next", run_clocks_show);
    add_server(command, clock.server);
    command.add_option("workflow", clock.id, "id of the workflow")->required();
  }
  {
    auto [command, clock] = line.add<TargetOptions>(
        clocks, "fires", "what became of a workflow's fires", run_clocks_fires);
    add_server(command, clock.server);
    command.add_option("workflow", clock.id, "id of the workflow")->required();
  }
}

void add_tasks(CommandLine& line) {
  CLI::App& tasks = line.group("tasks", "what runs ask of people");
  {
    auto [command, inbox] = line.add<InboxOptions>(tasks, "list", "open tasks", run_tasks_list);
    add_server(command, inbox.server);
    command.add_flag("--all", inbox.has_all, "those that ended, too");
    command.add_option("--claimed-by", inbox.claimed_by, "tasks of one person");
    command.add_flag("--unclaimed", inbox.is_unclaimed, "tasks of nobody");
    command.add_option("--due-before", inbox.due_before, "ISO 8601 instant");
  }
  for (const std::string verb : {"claim", "release"}) {
    auto [command, hand] = line.add<HandOptions>(
        tasks, verb, verb + " a task",
        [verb](const HandOptions& task) { return run_tasks_hand(task, verb); });
    add_server(command, hand.server);
    command.add_option("task", hand.id, "id of the task")->required();
    command.add_option("--by", hand.by, "who has it")->required();
  }
  {
    auto [command, task] =
        line.add<AnswerOptions>(tasks, "answer", "answer a task", run_tasks_answer);
    add_server(command, task.server);
    command.add_option("task", task.id, "id of the task")->required();
    command.add_option("--by", task.by, "who answers");
    command.add_option("--response", task.response, "file with the response, a JSON object")
        ->required();
    command.add_flag("--override", task.is_override, "past the form, as an administrator");
  }
}

void add_keys(CommandLine& line) {
  CLI::App& keys = line.group("keys", "who may call the API");
  {
    auto [command, key] =
        line.add<KeyOptions>(keys, "create", "make a key and print it, this once", run_keys_create);
    add_server(command, key.server);
    command.add_option("name", key.name, "whose it is")->required();
    command.add_option("--role", key.role, "viewer, operator, author or admin");
    command.add_option("--expires-at", key.expires_at, "ISO instant");
    command.add_option("--tenant", key.tenant,
                       "another tenant than the caller's; needs the server's own token");
  }
  {
    auto [command, server] = line.add<ServerAddress>(keys, "list", "all keys", run_keys_list);
    add_server(command, server);
  }
  {
    auto [command, key] =
        line.add<TargetOptions>(keys, "revoke", "shut a key out, for good", run_keys_revoke);
    add_server(command, key.server);
    command.add_option("id", key.id, "id of the key")->required();
  }
}

}  // namespace

void add_client_commands(CommandLine& line) {
  {
    auto [command, publish] = line.add<PublishOptions>(
        line.app(), "publish", "publish a definition as the next version", run_publish);
    add_server(command, publish.server);
    command.add_option("file", publish.file, "JSON or YAML")->required();
  }
  {
    auto [command, launch] = line.add<LaunchOptions>(line.app(), "run", "launch a run", run_launch);
    add_server(command, launch.server);
    command.add_option("workflow", launch.workflow, "id of the workflow")->required();
    command.add_option("--input", launch.input, "file with the payload, a JSON object");
    command.add_flag("--wait", launch.waits, "until it has ended; exit code 1 unless it succeeded");
  }
  add_runs(line);
  add_events(line);
  add_workflows(line);
  add_tasks(line);
  add_keys(line);
}

}  // namespace fermata::cli
