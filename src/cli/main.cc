// fermata: reads the command line, and nothing else.
#include <cstdio>
#include <exception>

#include "cli/arguments.h"

namespace {

int run(int argc, char** argv) {
  CLI::App app("Fermata: durable workflows as data");
  app.require_subcommand(1);
  app.set_version_flag("--version", "fermata 0.1.0");
  fermata::cli::CommandLine line(app);
  fermata::cli::add_processes(line);
  fermata::cli::add_author_tools(line);
  fermata::cli::add_history_tools(line);
  fermata::cli::add_client_commands(line);
  fermata::cli::add_lifecycle(line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& wrong) {
    return app.exit(wrong) == 0 ? 0 : 2;
  }
  return line.code();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& unforeseen) {
    std::fprintf(stderr, "fermata: %s\n", unforeseen.what());
    return 3;
  }
}
