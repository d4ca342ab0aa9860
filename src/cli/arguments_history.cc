// replay-check, rebuild
#include "cli/arguments.h"

namespace fermata::cli {

void add_history_tools(CommandLine& line) {
  {
    auto [command, replay] = line.add<ReplayOptions>(
        line.app(), "replay-check", "replay histories against this program", run_replay_check);
    command.add_option("files", replay.files, "histories as JSON; none: those of the server");
    command.add_option("--definition", replay.definitions, "definitions of the files' runs");
    add_database(command, replay.data, replay.database);
    add_temporal(command, replay.temporal);
    command.add_option("--recent", replay.recent, "how many ended runs besides all open ones");
    command.add_option("--save", replay.target, "keep the server's histories in this folder");
  }
  {
    auto [command, rebuild] = line.add<RebuildOptions>(
        line.app(), "rebuild", "make the rows of runs again from Temporal alone", run_rebuild);
    command.add_option("runs", rebuild.runs, "ids of runs");
    command.add_flag("--all", rebuild.is_all, "every run that Temporal has");
    command.add_flag("--check", rebuild.checks, "write nothing; say what differs");
    add_database(command, rebuild.data, rebuild.database);
    add_temporal(command, rebuild.temporal);
  }
}

}  // namespace fermata::cli
