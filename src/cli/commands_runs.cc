#include <cstdio>

#include "cli/client.h"
#include "cli/run_commands.h"
#include "foundation/format.h"
#include "json/text.h"

namespace fermata::cli {

int run_runs_replay(const RunReplayOptions& options) {
  json::Object body{{"version", options.is_latest ? "latest" : "same"}};
  if (!options.reason.empty()) body["reason"] = options.reason;
  if (!options.payload.empty()) {
    auto payload = read_object(options.payload);
    if (!payload.has_value()) return report(payload.error());
    body["payload"] = *std::move(payload);
  }
  return print(call(options.server,
                    {"POST", format("/api/v1/runs/{}/replay", options.id), json::to_text(body)}));
}

int run_runs_export(const RunExportOptions& options) {
  const auto text = call_text(
      options.server,
      {"GET", format("/api/v1/runs/{}/export?format={}", options.id, options.format), ""});
  if (!text.has_value()) return report(text.error());
  std::fwrite(text->data(), 1, text->size(), stdout);
  return 0;
}

int run_runs_diagnose(const TargetOptions& run) {
  const auto made = call(run.server, {"GET", format("/api/v1/runs/{}/diagnosis", run.id), ""});
  const int code = print(made);
  if (code != 0) return code;
  return json::bool_at(made->get_object(), "isStuck").value_or(false) ? 1 : 0;
}

}  // namespace fermata::cli
