#pragma once
// The command line: which subcommands there are and what they take. One file per group of users;
// each subcommand is a few lines: name, options, and the function of commands.h that runs it.

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>

#include "cli/commands.h"

namespace fermata::cli {

template <typename Options>
struct Subcommand {
  CLI::App& app;
  Options& options;
};

class CommandLine {
 public:
  explicit CommandLine(CLI::App& app) : app_(app) {}

  // A subcommand; its options live as long as it does. `run` gives the exit code.
  template <typename Options>
  Subcommand<Options> add(CLI::App& parent, const std::string& name, const std::string& what,
                          std::function<int(const Options&)> run) {
    auto options = std::make_shared<Options>();
    CLI::App* command = parent.add_subcommand(name, what);
    command->callback([this, options, run = std::move(run)] { code_ = run(*options); });
    return {*command, *options};
  }
  // A word that others stand behind; the one that is there, when several files add to it.
  CLI::App& group(const std::string& name, const std::string& what);

  [[nodiscard]] CLI::App& app() { return app_; }
  // Of the subcommand that ran.
  [[nodiscard]] int code() const { return code_; }

 private:
  CLI::App& app_;
  int code_ = 0;
};

// What several subcommands take.
void add_database(CLI::App& command, std::string& data, std::string& database);
void add_common(CLI::App& command, CommonOptions& options);
void add_temporal(CLI::App& command, TemporalOptions& options);
void add_server(CLI::App& command, ServerAddress& server);

void add_processes(CommandLine& line);        // dev, server, worker
void add_author_tools(CommandLine& line);     // validate, simulate, test, jsonata
void add_history_tools(CommandLine& line);    // replay-check, rebuild
void add_lifecycle(CommandLine& line);        // workflows, export, import, secrets, kv
void add_client_commands(CommandLine& line);  // publish, run, runs, events, tasks, keys

}  // namespace fermata::cli
