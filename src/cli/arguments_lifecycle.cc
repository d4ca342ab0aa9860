// workflows, export, import, secrets, kv
#include "cli/arguments.h"

namespace fermata::cli {
namespace {

void add_workflows(CommandLine& line) {
  CLI::App& workflows = line.group("workflows", "workflows, their drafts and versions");
  {
    auto [command, list] =
        line.add<TargetOptions>(workflows, "list", "all workflows", run_workflows_list);
    add_server(command, list.server);
  }
  struct Verb {
    std::string name;
    std::string help;
    std::string rest;
  };
  for (const Verb& verb : {Verb{"draft", "the draft with its findings", "/draft"},
                           Verb{"versions", "what was published", "/versions"}}) {
    auto [command, target] = line.add<TargetOptions>(
        workflows, verb.name, verb.help,
        [rest = verb.rest](const TargetOptions& t) { return run_workflow_get(t, rest); });
    add_server(command, target.server);
    command.add_option("workflow", target.id, "id of the workflow")->required();
  }
  for (const Verb& verb :
       {Verb{"publish", "publish the draft", "/publish"},
        Verb{"archive", "nothing starts it any more; runs and versions stay", "/archive"},
        Verb{"unarchive", "in use again", "/unarchive"}}) {
    auto [command, target] = line.add<TargetOptions>(
        workflows, verb.name, verb.help,
        [rest = verb.rest](const TargetOptions& t) { return run_workflow_post(t, rest); });
    add_server(command, target.server);
    command.add_option("workflow", target.id, "id of the workflow")->required();
  }
  {
    auto [command, target] = line.add<TargetOptions>(
        workflows, "delete", "one that is archived or never published, and has no runs",
        run_workflow_delete);
    add_server(command, target.server);
    command.add_option("workflow", target.id, "id of the workflow")->required();
  }
  {
    auto [command, diff] =
        line.add<DiffOptions>(workflows, "diff", "what changed, step by step", run_workflow_diff);
    add_server(command, diff.server);
    command.add_option("workflow", diff.id, "id of the workflow")->required();
    command.add_option("from", diff.from, "version, or `draft`")->required();
    command.add_option("to", diff.to, "version, or `draft`");
  }
  {
    auto [command, draft] = line.add<DraftOptions>(
        workflows, "save", "save a draft, with or without errors in it", run_draft_save);
    add_server(command, draft.server);
    command.add_option("file", draft.file, "JSON or YAML")->required();
    command.add_option("--expect", draft.expected, "the draft's version as it was seen; 0: none");
    command.add_option("--payload-schema", draft.schema_mode, "pinned or inferred");
  }
}

void add_bundles(CommandLine& line) {
  {
    auto [command, bundle] = line.add<ExportOptions>(
        line.app(), "export", "workflows with all versions, as one JSON document", run_export);
    add_server(command, bundle.server);
    command.add_option("workflows", bundle.ids, "ids; none: all of them");
  }
  {
    auto [command, bundle] = line.add<TargetOptions>(
        line.app(), "import", "take in what `export` wrote; nothing is changed or deleted",
        run_import);
    add_server(command, bundle.server);
    command.add_option("file", bundle.id, "the bundle")->required();
  }
}

void add_secrets(CommandLine& line) {
  CLI::App& secrets = line.group("secrets", "what actions know and nobody reads");
  {
    auto [command, target] =
        line.add<TargetOptions>(secrets, "list", "names, never values", run_secrets_list);
    add_server(command, target.server);
  }
  {
    auto [command, secret] = line.add<SecretOptions>(
        secrets, "set", "store the value that comes on standard input", run_secret_set);
    add_server(command, secret.server);
    command.add_option("name", secret.name, "CAPITALS, digits and _")->required();
    command.add_option("--description", secret.description, "for people");
  }
  {
    auto [command, target] =
        line.add<TargetOptions>(secrets, "delete", "forget a secret", run_secret_delete);
    add_server(command, target.server);
    command.add_option("name", target.id, "the secret's name")->required();
  }
}

void add_kv(CommandLine& line) {
  CLI::App& kv = line.group("kv", "key-value pairs that runs share");
  for (const std::string verb : {"get", "set", "delete", "list"}) {
    auto [command, pair] = line.add<KeyValueOptions>(
        kv, verb, verb == "list" ? "pairs by prefix" : verb + " one pair",
        [verb](const KeyValueOptions& options) { return run_kv(options, verb); });
    add_server(command, pair.server);
    command.add_option("--space", pair.space, "pairs of one purpose");
    auto* const key =
        command.add_option("key", pair.key, verb == "list" ? "prefix of the keys" : "the key");
    if (verb == "list") continue;
    key->required();
    if (verb == "get") continue;
    if (verb == "set") command.add_option("value", pair.value, "JSON, or text")->required();
    command.add_option("--expect", pair.expected, "the revision that was seen; 0: no such key");
  }
}

}  // namespace

void add_lifecycle(CommandLine& line) {
  add_workflows(line);
  add_bundles(line);
  add_secrets(line);
  add_kv(line);
}

}  // namespace fermata::cli
