// fermata replay-check: does this program still agree with what runs did before?
#include <algorithm>
#include <cstdio>

#include "cli/commands.h"
#include "cli/host.h"
#include "definition/definition.h"
#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/text.h"
#include "service/contract.h"
#include "store/open.h"
#include "worker/replay.h"

namespace fermata::cli {
namespace {

// Longer than any history that Temporal keeps.
constexpr std::size_t kHistoryBytesMax = 256 * limits::kMiB;

struct Stored {
  std::string name;
  std::string workflow_id;
  temporal::History history;
};

struct Tally {
  std::size_t replayed = 0;
  std::size_t diverged = 0;
};

Result<void> check(worker::Replayer& replayer, const Stored& stored, Tally& tally) {
  TRY(const worker::ReplayVerdict verdict, replayer.check(stored.workflow_id, stored.history));
  ++tally.replayed;
  if (verdict.agrees) return {};
  ++tally.diverged;
  const std::string place = verdict.step_path.empty()
                                ? ""
                                : format(" at {} (step `{}`)", verdict.step_path, verdict.step_id);
  std::puts(format("diverged\t{}{}: {}", stored.name, place, verdict.message).c_str());
  return {};
}

Result<void> check_files(const ReplayOptions& options, const actions::ActionRegistry& actions,
                         const temporal::Runtime& runtime, Tally& tally) {
  service::GivenDefinitions definitions;
  for (const std::string& file : options.definitions) {
    TRY(const json::Value document, read_document_file(file));
    auto program = definition::compile(document, actions);
    if (!program.has_value()) return program.error().within(file);
    definitions.add(*std::move(program));
  }
  TRY(const auto replayer, worker::Replayer::create(runtime, definitions, actions));
  for (const std::string& file : options.files) {
    TRY(const std::string text, read_file(file, kHistoryBytesMax));
    auto history = temporal::history_from_json(text);
    if (!history.has_value()) return history.error().within(file);
    TRY_DO(check(*replayer, {file, file, *std::move(history)}, tally));
  }
  return {};
}

class ServerCheck {
 public:
  ServerCheck(const temporal::Client& client, worker::Replayer& replayer,
              const ReplayOptions& options, Tally& tally)
      : client_(client), replayer_(replayer), options_(options), tally_(tally) {}

  Result<void> run() {
    // Others may have workflows of their own in the namespace.
    const std::string ours =
        format("WorkflowType IN ('{}', '{}')", service::kWorkflowType, service::kFireWorkflow);
    TRY_DO(check_all(ours + " AND ExecutionStatus = 'Running'", SIZE_MAX));
    return check_all(ours + " AND ExecutionStatus != 'Running'",
                     static_cast<std::size_t>(std::max(options_.recent, 0)));
  }

 private:
  Result<void> check_all(const std::string& query, std::size_t count) {
    std::string token;
    constexpr int kPage = 100;
    while (count > 0) {
      TRY(const temporal::WorkflowPage page, client_.list(query, kPage, token));
      for (const temporal::WorkflowDescription& item : page.items) {
        if (count-- == 0) return {};
        TRY_DO(check_run(item.ref));
      }
      token = page.next_token;
      if (token.empty()) return {};
    }
    return {};
  }

  Result<void> check_run(const temporal::WorkflowRef& ref) {
    TRY(temporal::History history, client_.history(ref));
    if (!options_.target.empty()) {
      TRY(const std::string text, temporal::history_to_json(history));
      TRY_DO(write_file(format("{}/{}.json", options_.target, ref.run_id), text));
    }
    return check(
        replayer_,
        {format("{} {}", ref.workflow_id, ref.run_id), ref.workflow_id, std::move(history)},
        tally_);
  }

  const temporal::Client& client_;
  worker::Replayer& replayer_;
  const ReplayOptions& options_;
  Tally& tally_;
};

Result<void> check_server(const ReplayOptions& options, const actions::ActionRegistry& actions,
                          const temporal::Runtime& runtime, Tally& tally) {
  TRY(const DataFolder folder, open_data_folder(options.data));
  TRY(const auto store, store::open(folder.database(options.database)));
  TRY(const std::string address, temporal_address(options.temporal.address, folder));
  TRY(const auto client, connect(runtime, options.temporal, address));
  service::DefinitionCache definitions(*store, actions);
  TRY(const auto replayer, worker::Replayer::create(runtime, definitions, actions));
  return ServerCheck(client, *replayer, options, tally).run();
}

Result<void> replay(const ReplayOptions& options, Log& log, Tally& tally) {
  const actions::ActionRegistry actions = make_actions({}, log);
  TRY(const auto runtime, start_runtime(options.temporal, log));
  return options.files.empty() ? check_server(options, actions, runtime, tally)
                               : check_files(options, actions, runtime, tally);
}

}  // namespace

int run_replay_check(const ReplayOptions& options) {
  const auto log = make_log("error");
  Tally tally;
  const Result<void> done = replay(options, *log, tally);
  std::puts(format("{} replayed, {} diverged", tally.replayed, tally.diverged).c_str());
  if (!done.has_value()) return report(done.error());
  return tally.diverged == 0 ? 0 : 1;
}

}  // namespace fermata::cli
