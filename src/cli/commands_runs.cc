#include <chrono>
#include <cstdio>
#include <set>
#include <thread>

#include "calendar/instant.h"
#include "cli/client.h"
#include "cli/run_commands.h"
#include "foundation/format.h"
#include "json/text.h"

namespace fermata::cli {
namespace {

// The selection's texts under their names in the API.
std::vector<std::pair<std::string, std::string>> texts_of(const RunSelection& runs) {
  std::vector<std::pair<std::string, std::string>> texts;
  for (const auto& [name, value] :
       {std::pair("workflowId", &runs.workflow), std::pair("triggerType", &runs.trigger),
        std::pair("search", &runs.search), std::pair("from", &runs.from),
        std::pair("to", &runs.to)})
    if (!value->empty()) texts.emplace_back(name, *value);
  return texts;
}

}  // namespace

int run_runs_list(const RunsListOptions& options) {
  std::string path = format("/api/v1/runs?limit={}", options.limit);
  for (const auto& [name, value] : texts_of(options.selection))
    path += format("&{}={}", name, percent_encode(value));
  std::string statuses;
  for (const std::string& status : options.selection.statuses)
    statuses += (statuses.empty() ? "" : ",") + status;
  if (!statuses.empty()) path += "&status=" + percent_encode(statuses);
  if (!options.cursor.empty()) path += "&cursor=" + percent_encode(options.cursor);
  return print(call(options.server, {"GET", path, ""}));
}

int run_runs_show(const TargetOptions& run) {
  const std::string path = "/api/v1/runs/" + percent_encode(run.id);
  auto shown = call(run.server, {"GET", path, ""});
  if (!shown.has_value()) return report(shown.error());
  auto steps = all_items(run.server, path + "/steps?limit=500");
  if (!steps.has_value()) return report(steps.error());
  shown->get_object()["steps"] = *std::move(steps);
  return print(shown);
}

int run_runs_control(const TargetOptions& run, const std::string& verb) {
  return print(
      call(run.server, {"POST", format("/api/v1/runs/{}/{}", percent_encode(run.id), verb), "{}"}));
}

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

namespace {

constexpr std::chrono::milliseconds kLookAgain(500);
// Lines that are written late: operators' and workers' clocks differ, and rows take a moment.
constexpr std::int64_t kLateMs = 10'000;

std::string text_of(const json::Value& object, std::string_view key) {
  return json::string_at(object.get_object(), key).value_or("");
}

void print_line(const json::Value& line, bool is_json) {
  std::string text = json::to_text(line);
  if (!is_json) {
    const std::string path = text_of(line, "stepPath");
    const std::string turn = text_of(line, "iteration");
    text = format("{} {:5} {:8} {}{}{}", text_of(line, "at"), text_of(line, "level"),
                  text_of(line, "source"), path, turn.empty() ? "" : "[" + turn + "]",
                  path.empty() ? "" : " ") +
           text_of(line, "message");
    const json::Value* data = json::find(line, "data");
    if (data != nullptr && text_of(line, "source") == "author" && !data->is_null())
      text += " " + json::to_text(*data);
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
}

// What is new of a run's log, printed. Lines are told apart by their ids.
class LogReader {
 public:
  explicit LogReader(const RunLogsOptions& options) : options_(options) {}

  Result<void> read() {
    std::string cursor;
    do {
      std::string path = format("/api/v1/runs/{}/logs?limit=500", percent_encode(options_.id));
      for (const auto& [name, value] :
           {std::pair("level", &options_.level), std::pair("source", &options_.source),
            std::pair("search", &options_.search)})
        if (!value->empty()) path += format("&{}={}", name, percent_encode(*value));
      if (!from_.empty()) path += "&from=" + percent_encode(from_);
      if (!cursor.empty()) path += "&cursor=" + percent_encode(cursor);
      TRY(const json::Value page, call(options_.server, {"GET", path, ""}));
      for (const json::Value& line : json::find(page, "items")->get_array()) take(line);
      cursor = text_of(page, "nextCursor");
    } while (!cursor.empty());
    std::fflush(stdout);
    if (newest_) from_ = calendar::format_instant(*newest_ - kLateMs);
    return {};
  }

 private:
  void take(const json::Value& line) {
    const auto at = calendar::parse_instant(text_of(line, "at"));
    if (at && (!newest_ || *at > *newest_)) newest_ = at;
    if (seen_.insert(text_of(line, "logId")).second) print_line(line, options_.is_json);
  }

  const RunLogsOptions& options_;
  std::set<std::string> seen_;
  std::optional<TimeMs> newest_;
  std::string from_;
};

bool has_ended(const json::Value& run) {
  const json::Value* completed = json::find(run, "completedAt");
  return completed != nullptr && !completed->is_null();
}

json::Object bulk_body(const BulkOptions& options) {
  json::Object body{{"action", options.action}};
  if (!options.reason.empty()) body["reason"] = options.reason;
  if (!options.key.empty()) body["idempotencyKey"] = options.key;
  if (options.rate > 0) body["ratePerSecond"] = options.rate;
  if (options.is_latest) body["version"] = "latest";
  if (!options.runs.empty()) {
    json::Array runs;
    for (const std::string& run : options.runs) runs.emplace_back(run);
    body["runIds"] = std::move(runs);
    return body;
  }
  json::Object filter;
  for (const auto& [name, value] : texts_of(options.selection)) filter[name] = value;
  json::Array statuses;
  for (const std::string& status : options.selection.statuses) statuses.emplace_back(status);
  if (!statuses.empty()) filter["status"] = std::move(statuses);
  body["filter"] = std::move(filter);
  return body;
}

}  // namespace

int run_runs_logs(const RunLogsOptions& options) {
  LogReader reader(options);
  while (true) {
    // Asked before its lines are read: what comes after its end is none of its own.
    const auto run =
        options.follows
            ? call(options.server, {"GET", "/api/v1/runs/" + percent_encode(options.id), ""})
            : Result<json::Value>(json::Value(nullptr));
    if (!run.has_value()) return report(run.error());
    const auto read = reader.read();
    if (!read.has_value()) return report(read.error());
    if (!options.follows || has_ended(*run)) return 0;
    std::this_thread::sleep_for(kLookAgain);
  }
}

int run_runs_bulk(const BulkOptions& options) {
  auto job = call(options.server, {"POST", "/api/v1/bulk-jobs", json::to_text(bulk_body(options))});
  while (job.has_value() && options.waits) {
    const std::string state = text_of(*job, "state");
    if (state == "DONE" || state == "STOPPED") break;
    std::this_thread::sleep_for(kLookAgain);
    job = call(options.server, {"GET", "/api/v1/bulk-jobs/" + text_of(*job, "jobId"), ""});
  }
  const int code = print(job);
  if (code != 0 || !options.waits) return code;
  const json::Value* outcomes = json::find(*job, "byOutcome");
  return json::int_at(outcomes->get_object(), "FAILED").value_or(0) > 0 ? 1 : 0;
}

int run_runs_bulk_list(const ServerAddress& server) {
  return print(call(server, {"GET", "/api/v1/bulk-jobs", ""}));
}

int run_runs_bulk_job(const TargetOptions& job, const std::string& verb) {
  const std::string path = "/api/v1/bulk-jobs/" + percent_encode(job.id);
  if (verb == "stop") return print(call(job.server, {"POST", path + "/stop", ""}));
  if (verb == "show") return print(call(job.server, {"GET", path, ""}));
  auto outcomes = all_items(job.server, path + "/outcomes?limit=500");
  if (!outcomes.has_value()) return report(outcomes.error());
  return print(json::Value(json::Object{{"items", *std::move(outcomes)}}));
}

}  // namespace fermata::cli
