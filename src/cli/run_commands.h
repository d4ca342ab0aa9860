#pragma once
// runs replay, runs export, runs diagnose: what the command line does with one run beyond looking
// at it and stopping it. Each gives the exit code.

#include <string>

#include "cli/commands.h"

namespace fermata::cli {

struct RunReplayOptions {
  ServerAddress server;
  std::string id;
  std::string payload;  // file; empty: the original input
  bool is_latest = false;
  std::string reason;
};
int run_runs_replay(const RunReplayOptions& options);

struct RunExportOptions {
  ServerAddress server;
  std::string id;
  std::string format = "json";
};
int run_runs_export(const RunExportOptions& options);

// Exit code 1 when it is stuck.
int run_runs_diagnose(const TargetOptions& run);

}  // namespace fermata::cli
