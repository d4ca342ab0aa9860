#pragma once
// The subcommands, each a function from its options to an exit code: 0 done, 1 it said no, 2 wrong
// usage, 3 could not. Data goes to standard output, everything else to standard error.

#include <cstdint>
#include <string>
#include <vector>

#include "cli/temporal_options.h"
#include "definition/finding.h"
#include "foundation/error.h"

namespace fermata::cli {

struct CommonOptions {
  std::string log_level = "info";
  std::string data = ".fermata";
  std::string database;  // URL or file; empty: the file in the data folder
  std::vector<std::string> allowed_private;
  std::string master_key_file;  // empty: the one in the data folder
  std::string email_ca;         // empty: the system's authorities
};

// Where Temporal listens when nothing else is said.
inline constexpr const char* kTemporalAddress = "127.0.0.1:7233";

// Events out of a stream: what a process with a worker takes in besides its queue.
struct StreamOptions {
  std::string redis_url;  // empty: none
  std::string redis_ca;
  std::string stream = "fermata:events";
  std::size_t consumers = 2;
  std::int64_t claim_ms = 30'000;
};

// Whose signed tokens are taken besides our own keys (service/oidc.h).
struct OidcFlags {
  std::string issuer;  // empty: nobody's
  std::string audience = "fermata";
  std::string keys_url;
  std::string ca_file;
  std::string role_claim = "roles";
  std::vector<std::string> roles;  // word=role
  std::string tenant_claim;
  std::string tenant;
  std::string name_claim = "sub";
};

// What dev and server open to callers, and to whom they speak.
struct FrontOptions {
  std::string task_hook;  // whom tasks are told to; empty: nobody
  std::string tls_cert;   // PEM files; empty: plain HTTP
  std::string tls_key;
  std::int64_t rate_per_second = 0;  // of one caller; 0: without a limit
  std::int64_t rate_burst = 0;       // 0: two seconds' worth
  OidcFlags oidc;
};

struct DevOptions {
  CommonOptions common;
  StreamOptions stream;
  FrontOptions front;
  TemporalOptions temporal;  // address empty: start the dev server
  std::uint16_t port = 8400;
  std::vector<std::string> dynamic_config;  // key=value for the dev server
  bool has_worker = true;
  bool prints_json = false;
};
int run_dev(const DevOptions& options);

struct WorkerOptions {
  CommonOptions common;
  StreamOptions stream;
  TemporalOptions temporal;
  std::string crash_file;      // for proofs (crash_points.h); empty: none
  bool writes_rows = true;     // false to measure what rows cost
  std::string health_address;  // host:port; empty: none
};
int run_worker(const WorkerOptions& options);

struct DomainWorkerOptions {
  CommonOptions common;
  TemporalOptions temporal;
  std::vector<std::string> queues;
  std::string tenant = "default";  // whose secrets and pairs the actions see
  bool opens_any_secret = false;   // also those that a workflow of others got as data
  std::size_t threads = 64;        // actions at once
  std::string health_address;      // host:port; empty: none
};
int run_domain_worker(const DomainWorkerOptions& options);

struct ServerOptions {
  CommonOptions common;
  FrontOptions front;
  TemporalOptions temporal;
  std::string listen = "127.0.0.1";
  std::uint16_t port = 8400;
  std::string token_file;      // empty: the folder's token
  std::string health_address;  // host:port; empty: none
  bool prints_json = false;
};
int run_server(const ServerOptions& options);

struct ValidateOptions {
  std::vector<std::string> files;
  bool prints_json = false;
};
int run_validate(const ValidateOptions& options);

struct CompleteOptions {
  std::string definition;
  std::string path;
  std::size_t offset = 0;
  std::string source;  // empty: as the definition has it
  bool prints_json = false;
};
int run_complete(const CompleteOptions& options);

struct ExplainOptions {
  std::string code;
};
int run_explain(const ExplainOptions& options);

struct SimulateOptions {
  std::string definition;
  std::string input;     // empty: {}
  std::string fixtures;  // empty: none
  std::string up_to;     // path of the step to stop before; empty: to the end
  bool prints_json = false;
};
int run_simulate(const SimulateOptions& options);

struct TestOptions {
  std::vector<std::string> files;
  bool updates = false;  // write the snapshots
};
int run_test(const TestOptions& options);

struct ReplayOptions {
  std::vector<std::string> files;        // histories as the Temporal CLI prints them; or none …
  std::vector<std::string> definitions;  // … their definitions
  std::string data = ".fermata";         // … and then this database and server are asked
  std::string database;                  // URL or file; empty: the file in the data folder
  TemporalOptions temporal;              // address empty: that of the data folder
  int recent = 100;                      // how many ended runs, the newest first; open ones all
  std::string target;  // folder that the histories asked for are kept in; empty: nowhere
};
int run_replay_check(const ReplayOptions& options);

struct RebuildOptions {
  std::vector<std::string> runs;
  bool is_all = false;
  bool checks = false;  // compare instead of writing
  std::string data = ".fermata";
  std::string database;
  TemporalOptions temporal;  // address empty: that of the data folder
};
int run_rebuild(const RebuildOptions& options);

struct ServerAddress {
  std::string url;  // empty: what `fermata dev` in the data folder wrote
  std::string token;
  std::string data = ".fermata";
  std::string ca_file;  // PEM; empty: the system's authorities
};

struct PublishOptions {
  ServerAddress server;
  std::string file;
};
int run_publish(const PublishOptions& options);

struct LaunchOptions {
  ServerAddress server;
  std::string workflow;
  std::string input;  // file; empty: {}
  bool waits = false;
};
int run_launch(const LaunchOptions& options);

// One run, event or task.
struct TargetOptions {
  ServerAddress server;
  std::string id;
};

// `rest` stands behind /api/v1/workflows/ID.
int run_workflow_get(const TargetOptions& workflow, std::string_view rest);
int run_workflow_post(const TargetOptions& workflow, std::string_view rest);
int run_workflows_list(const TargetOptions& all);
int run_workflow_delete(const TargetOptions& workflow);
struct DiffOptions {
  ServerAddress server;
  std::string id;
  std::string from;
  std::string to = "draft";
};
int run_workflow_diff(const DiffOptions& options);
struct DraftOptions {
  ServerAddress server;
  std::string file;
  std::int64_t expected = -1;  // -1: whatever is there
  std::string schema_mode;     // empty: as before
};
int run_draft_save(const DraftOptions& options);
struct ExportOptions {
  ServerAddress server;
  std::vector<std::string> ids;  // none: all
};
int run_export(const ExportOptions& options);
int run_import(const TargetOptions& file);
struct SecretOptions {
  ServerAddress server;
  std::string name;
  std::string description;
};
int run_secrets_list(const TargetOptions& all);
int run_secret_set(const SecretOptions& secret);
int run_secret_delete(const TargetOptions& secret);
struct KeyValueOptions {
  ServerAddress server;
  std::string space = "default";
  std::string key;
  std::string value;
  std::int64_t expected = -1;  // -1: whatever is there
};
// `verb`: get, set, delete or list.
int run_kv(const KeyValueOptions& pair, std::string_view verb);

struct KeyOptions {
  ServerAddress server;
  std::string name;
  std::string role = "viewer";  // viewer, operator, author, admin
  std::string expires_at;       // ISO instant; empty: never
  std::string tenant;           // empty: the caller's
};
// Prints the key: this once.
int run_keys_create(const KeyOptions& key);
int run_keys_list(const ServerAddress& server);
int run_keys_revoke(const TargetOptions& key);

struct EventOptions {
  ServerAddress server;
  std::string name;
  std::string id;       // empty: the server makes one
  std::string key;      // empty: the server looks into the payload
  std::string payload;  // file; empty: {}
};
int run_events_send(const EventOptions& event);
int run_events_explain(const TargetOptions& event);

struct WorkflowOptions {
  ServerAddress server;
  std::string id;
  std::int64_t limit = 0;  // 0: none
};
// `verb`: pause or resume.
int run_workflows_pause(const WorkflowOptions& workflow, const std::string& verb);
int run_workflows_limit(const WorkflowOptions& workflow);
struct PreviewOptions {
  ServerAddress server;
  std::string cron;
  std::string timezone = "UTC";
  std::string after;
  int count = 10;
};
int run_clocks_preview(const PreviewOptions& preview);
int run_clocks_show(const TargetOptions& workflow);
int run_clocks_fires(const TargetOptions& workflow);

struct LettersOptions {
  ServerAddress server;
  bool has_all = false;          // those that were reprocessed, too
  std::vector<std::string> ids;  // none: every one that is open
};
int run_letters_list(const LettersOptions& letters);
int run_letters_reprocess(const LettersOptions& letters);

struct InboxOptions {
  ServerAddress server;
  bool has_all = false;
  bool is_unclaimed = false;
  std::string claimed_by;
  std::string due_before;
};
int run_tasks_list(const InboxOptions& inbox);
struct HandOptions {
  ServerAddress server;
  std::string id;  // of the task
  std::string by;
};
// `verb`: claim or release.
int run_tasks_hand(const HandOptions& task, const std::string& verb);
struct AnswerOptions {
  ServerAddress server;
  std::string id;        // of the task
  std::string response;  // file
  std::string by;
  bool is_override = false;  // past the form, as an administrator
};
int run_tasks_answer(const AnswerOptions& answer);

// FILE: PATH: MESSAGE (CODE), and the help.
std::string line_of(const std::string& file, const definition::Finding& finding);

// Says the error on standard error; gives the exit code that fits its kind.
int report(const Error& error);

}  // namespace fermata::cli
