#pragma once
// runs …: what the command line does with runs. Each gives the exit code.

#include <cstdint>
#include <string>
#include <vector>

#include "cli/commands.h"

namespace fermata::cli {

// Which runs; what is empty keeps all.
struct RunSelection {
  std::string workflow;
  std::vector<std::string> statuses;
  std::string trigger;
  std::string search;
  std::string from;
  std::string to;
};

struct RunsListOptions {
  ServerAddress server;
  RunSelection selection;
  std::int64_t limit = 50;
  std::string cursor;  // `nextCursor` of the page before; empty: the first
};
int run_runs_list(const RunsListOptions& options);
// With every step, however many.
int run_runs_show(const TargetOptions& run);
// `verb`: cancel, pause or resume.
int run_runs_control(const TargetOptions& run, const std::string& verb);

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

struct RunLogsOptions {
  ServerAddress server;
  std::string id;
  std::string level;  // words with commas
  std::string source;
  std::string search;
  bool follows = false;
  bool is_json = false;  // a JSON object a line, else text
};
// Lines, oldest first; with `follows` until the run has ended.
int run_runs_logs(const RunLogsOptions& options);

struct BulkOptions {
  ServerAddress server;
  std::string action;
  std::vector<std::string> runs;  // else the selection
  RunSelection selection;
  std::string reason;
  std::string key;
  std::int64_t rate = 0;
  bool is_latest = false;
  bool waits = false;  // until it is over; exit code 1 when a run failed
};
int run_runs_bulk(const BulkOptions& options);
int run_runs_bulk_list(const ServerAddress& server);
// verb: show, outcomes or stop.
int run_runs_bulk_job(const TargetOptions& job, const std::string& verb);

}  // namespace fermata::cli
