#include "store/run_log.h"

#include <algorithm>
#include <cstdlib>

#include "foundation/limits.h"
#include "json/text.h"
#include "store/audit_log.h"
#include "store/sql.h"
#include "store/tables.h"

namespace fermata::store {
namespace {

// Kinds of rows that have lines, in the order in which lines of one time stand.
enum Rank : std::int64_t { kLaunch, kStep, kWaitOpened, kWaitClosed, kEnd, kOperator };

// The seeds' word for a run that is paused between two steps.
constexpr std::string_view kPauseWait = "quota";
constexpr std::string_view kWarn = "WARN";
constexpr std::string_view kInfo = "INFO";
constexpr std::string_view kError = "ERROR";

bool has(const std::vector<std::string>& words, std::string_view word) {
  return words.empty() || std::ranges::find(words, word) != words.end();
}

std::string text_at(const json::Value& value, std::string_view key) {
  return value.is_object() ? json::string_at(value.get_object(), key).value_or("") : std::string();
}

// Numbers as texts of one length, so that they are in order as texts, too.
std::string number_key(std::uint64_t number) {
  return format("{:020}", number);
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool contains(const std::string& text, const std::string& part) {
  return !std::ranges::search(text, part, {}, lower, lower).empty();
}

std::string first_words(const json::Value* message) {
  if (message == nullptr) return {};
  if (message->is_string()) return std::string(message->get_string());
  return json::to_text(*message);
}

// "attempt 2 failed: CODE: message"
std::string told(const json::Value& error) {
  const std::string code = text_at(error, "code");
  const std::string message = text_at(error, "message");
  return code.empty() ? message : message.empty() ? code : code + ": " + message;
}

LogLine line_of(const projection::StepRow& row) {
  LogLine line;
  line.place = {row.completed_at.value_or(row.started_at), kStep, number_key(row.step_number)};
  line.level = row.log_level.value_or(std::string(kInfo));
  line.step_path = row.step_path;
  line.iteration = row.iteration;
  const json::Value* logged = row.note ? json::find(*row.note, "log") : nullptr;
  if (logged != nullptr && logged->is_object()) {
    line.source = "author";
    line.message = first_words(json::find(*logged, "message"));
    if (const json::Value* data = json::find(*logged, "data")) line.data = *data;
    return line;
  }
  line.source = "step";
  const json::Value error = row.error.value_or(json::Object{});
  line.message = format("{} {}", row.status == "HANDLED" ? "handled" : "failed", told(error));
  line.data = json::Object{{"status", row.status}, {"stepType", row.step_type}, {"error", error}};
  return line;
}

LogLine line_of(const projection::WaitRow& row, bool is_end) {
  LogLine line;
  line.place = {is_end ? row.resolved_at.value_or(row.created_at) : row.created_at,
                is_end ? kWaitClosed : kWaitOpened, row.wait_id.text};
  line.step_path = row.step_path;
  line.iteration = row.iteration;
  const json::Value details = row.payload.value_or(json::Object{});
  if (row.wait_type == kPauseWait) {
    line.level = kInfo;
    line.source = "run";
    const std::string reason = text_at(details, "reason");
    line.message = is_end ? "run resumed" : reason.empty() ? "run paused" : "run paused: " + reason;
    return line;
  }
  line.level = kWarn;
  line.source = "retry";
  const json::Value* attempt = json::find(details, "attempt");
  const json::Value* error = json::find(details, "error");
  line.message = format("attempt {} failed, to be tried again: {}",
                        attempt != nullptr ? json::to_text(*attempt) : "?",
                        error != nullptr ? told(*error) : "");
  line.data = details;
  if (row.timeout_at && line.data.is_object())
    line.data.get_object()["nextAttemptAtMs"] = *row.timeout_at;
  return line;
}

LogLine launch_line(const RunView& run) {
  LogLine line;
  line.place = {run.launch.started_at, kLaunch, ""};
  line.level = kInfo;
  line.source = "run";
  line.message = format("run launched by {}", run.launch.trigger_type);
  const std::string replayed = text_at(run.launch.trigger_metadata, "replayOfRunId");
  if (!replayed.empty()) line.message = format("run launched as a replay of {}", replayed);
  if (run.launch.parent_run_id)
    line.message = format("run launched by its parent {}", *run.launch.parent_run_id);
  line.data = json::Object{{"workflowId", run.launch.workflow_id.text},
                           {"workflowVersion", run.launch.workflow_version},
                           {"trigger", run.launch.trigger_metadata}};
  return line;
}

LogLine end_line(const RunView& run) {
  LogLine line;
  line.place = {run.run.completed_at.value_or(0), kEnd, ""};
  line.level = run.run.status == "FAILED" ? kError : run.run.status == "CANCELED" ? kWarn : kInfo;
  line.source = "run";
  line.message = run.run.status == "FAILED"     ? "run failed"
                 : run.run.status == "CANCELED" ? "run canceled"
                                                : "run succeeded";
  if (run.run.error) {
    const std::string why = told(*run.run.error);
    if (!why.empty()) line.message += ": " + why;
    line.data = json::Object{{"error", *run.run.error}};
  }
  return line;
}

LogLine line_of(const AuditRow& row) {
  LogLine line;
  line.place = {row.at, kOperator, row.audit_id};
  line.level = row.outcome == "DONE" ? kInfo : kWarn;
  line.source = "operator";
  line.message =
      format("{} by {}{}{}", row.action, row.actor, row.reason.empty() ? "" : ": " + row.reason,
             row.outcome == "DONE" ? "" : format(" ({} {})", row.outcome, row.code));
  line.data = json::Object{{"outcome", row.outcome}, {"code", row.code}};
  if (!row.created_id.empty()) line.data.get_object()["createdId"] = row.created_id;
  return line;
}

// Of one kind of rows those that are behind a place. Its columns hold time and key; keys of other
// kinds are before all or behind all.
struct Range {
  std::string_view time;
  std::string_view key;
  Rank rank = kStep;
  SqlValue first;  // before every key
  SqlValue last;   // behind every key
};

void add_range(Query& query, const Range& range, const LogFilter& filter,
               const std::optional<LogPlace>& after) {
  const bool is_up = filter.order == LogOrder::OldestFirst;
  if (after) {
    SqlValue key = range.first;
    if (after->rank > range.rank) key = range.last;
    if (after->rank == range.rank) {
      key = std::holds_alternative<std::int64_t>(range.first)
                ? SqlValue(std::strtoll(after->key.c_str(), nullptr, 10))
                : SqlValue(after->key);
    }
    const bool is_number = std::holds_alternative<std::int64_t>(key);
    query
        .add(
            format(" AND ({}, {}) {} (CAST(? AS BIGINT)", range.time, range.key, is_up ? ">" : "<"),
            after->at)
        .add(is_number ? ", CAST(? AS BIGINT))" : ", ?)", std::move(key));
  }
  if (filter.from) query.add(format(" AND {} >= ?", range.time), *filter.from);
  if (filter.before) query.add(format(" AND {} < ?", range.time), *filter.before);
  if (filter.step_path && range.rank != kOperator)
    query.add(" AND step_path = ?", *filter.step_path);
  const std::string_view way = is_up ? "" : " DESC";
  query.add(format(" ORDER BY {}{}, {}{} LIMIT ?", range.time, way, range.key, way),
            static_cast<std::int64_t>(filter.limit));
}

Query of_run(std::string_view columns, std::string_view table, const RunView& run) {
  Query query{.tenant = run.launch.tenant};
  query.add("SELECT ").add(columns).add(" FROM ").add(table);
  return query.add(" WHERE run_id = ?", run.launch.run_id.text)
      .add(" AND tenant = ?", run.launch.tenant.text);
}

// Behind every id: those of waits and audit rows are of letters, digits and hyphens.
const SqlValue kLastText = std::string("~");
const SqlValue kFirstText = std::string();

constexpr std::string_view kAuditColumns =
    "audit_id, actor, action, reason, outcome, code, created_id, at";

}  // namespace

Result<std::vector<LogLine>> RunLog::read(const RunView& run, const LogFilter& filter,
                                          const std::optional<LogPlace>& after) {
  std::vector<LogLine> lines;
  std::vector<Query> queries;
  std::vector<Rank> ranks;
  const auto ask = [&](Query query, const Range& range) {
    add_range(query, range, filter, after);
    queries.push_back(std::move(query));
    ranks.push_back(range.rank);
  };
  if (has(filter.sources, "author") || has(filter.sources, "step")) {
    Query steps = of_run(kStepColumns, "workflow_run_steps", run);
    steps.add(" AND log_level IS NOT NULL AND completed_at IS NOT NULL");
    if (!filter.levels.empty()) steps.add(" AND ").add_in("log_level", filter.levels);
    ask(std::move(steps), {"completed_at", "step_number", kStep, std::int64_t{-1}, INT64_MAX});
  }
  if (has(filter.sources, "retry") || has(filter.sources, "run")) {
    const auto waits = [&] {
      return of_run(kWaitColumns, "workflow_run_waits", run)
          .add(" AND wait_type IN ('retry', 'quota')");
    };
    ask(waits(), {"created_at", "wait_id", kWaitOpened, kFirstText, kLastText});
    ask(waits().add(" AND wait_type = 'quota' AND resolved_at IS NOT NULL"),
        {"resolved_at", "wait_id", kWaitClosed, kFirstText, kLastText});
  }
  if (has(filter.sources, "operator") && !filter.step_path) {
    Query audit{.tenant = run.launch.tenant};
    audit.add("SELECT ").add(kAuditColumns).add(" FROM workflow_audit");
    audit.add(" WHERE tenant = ?", run.launch.tenant.text)
        .add(" AND target_id = ?", run.launch.run_id.text)
        .add(" AND target_type = 'runs'");
    ask(std::move(audit), {"at", "audit_id", kOperator, kFirstText, kLastText});
  }
  const auto take = [&](std::size_t query, const Cells& cells) {
    const Rank rank = ranks[query];
    if (rank == kStep) lines.push_back(line_of(read_step(cells)));
    if (rank == kWaitOpened || rank == kWaitClosed)
      lines.push_back(line_of(read_wait(cells), rank == kWaitClosed));
    if (rank == kOperator) {
      AuditRow row;
      row.audit_id = cells.text(0);
      row.actor = cells.text(1);
      row.action = cells.text(2);
      row.reason = cells.text(3);
      row.outcome = cells.text(4);
      row.code = cells.text(5);
      row.created_id = cells.text(6);
      row.at = cells.number(7);
      lines.push_back(line_of(row));
    }
  };
  if (!queries.empty()) TRY_DO(sql_.select(queries, take));
  const bool is_up = filter.order == LogOrder::OldestFirst;
  const auto add_own = [&](LogLine line) {
    const TimeMs at = line.place.at;
    const bool is_behind = !after || (is_up ? line.place > *after : line.place < *after);
    const bool is_inside =
        (!filter.from || at >= *filter.from) && (!filter.before || at < *filter.before);
    if (is_behind && is_inside && !filter.step_path) lines.push_back(std::move(line));
  };
  add_own(launch_line(run));
  if (run.run.completed_at) add_own(end_line(run));
  std::ranges::sort(lines, [&](const LogLine& a, const LogLine& b) {
    return is_up ? a.place < b.place : b.place < a.place;
  });
  if (lines.size() > filter.limit)
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(filter.limit), lines.end());
  return lines;
}

Result<LogPage> RunLog::page(const RunView& run, const LogFilter& filter) {
  LogPage page;
  LogFilter wide = filter;
  constexpr std::size_t kAtOnce = 100;
  wide.limit = std::max(filter.limit, kAtOnce);
  std::optional<LogPlace> after = filter.after;
  for (std::size_t seen = 0; seen < limits::kLogScanMax;) {
    TRY(std::vector<LogLine> lines, read(run, wide, after));
    seen += lines.size();
    for (LogLine& line : lines) {
      after = line.place;
      const bool fits = has(filter.levels, line.level) && has(filter.sources, line.source) &&
                        (!filter.search || contains(line.message, *filter.search));
      if (!fits) continue;
      page.lines.push_back(std::move(line));
      if (page.lines.size() < filter.limit) continue;
      page.next = after;
      return page;
    }
    if (lines.size() < wide.limit) return page;
  }
  page.next = after;
  return page;
}

}  // namespace fermata::store
