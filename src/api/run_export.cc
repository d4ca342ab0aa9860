#include "api/run_export.h"

#include <array>

#include "api/render.h"
#include "json/text.h"
#include "store/run_log.h"
#include "store/run_views.h"

namespace fermata::api {
namespace {

constexpr std::size_t kPage = 500;

// Columns of the CSV; each kind of row fills those that it has.
constexpr std::array<std::string_view, 27> kColumns = {
    "runId",          "workflowId", "workflowVersion", "stepNumber", "waitId",     "stepPath",
    "iteration",      "stepType",   "waitType",        "actionId",   "status",     "attempt",
    "startedAt",      "createdAt",  "completedAt",     "resolvedAt", "durationMs", "eventName",
    "correlationKey", "taskId",     "triggerType",     "input",      "output",     "error",
    "level",          "source",     "message"};

// RFC 4180; = + - @ at the start would be a formula to a spreadsheet.
void add_cell(std::string& line, const json::Value& value) {
  std::string text = value.is_null()     ? std::string()
                     : value.is_string() ? std::string(value.get_string())
                                         : json::to_text(value);
  if (value.is_string() && !text.empty() &&
      std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos)
    text.insert(0, 1, '\'');
  if (text.find_first_of(",\"\n\r") == std::string::npos) {
    line += text;
    return;
  }
  line += '"';
  for (const char c : text) {
    if (c == '"') line += '"';
    line += c;
  }
  line += '"';
}

class RunExport final : public http::BodyStream {
 public:
  RunExport(store::Store& store, store::RunView view, ExportFormat format)
      : store_(store), view_(std::move(view)), is_csv_(format == ExportFormat::Csv) {}

  Next next(std::string& bytes) override {
    switch (part_) {
      case Part::Run:
        add_run(bytes);
        part_ = Part::Steps;
        return Next::Bytes;
      case Part::Steps:
        return add_steps(bytes) ? Next::Bytes : Next::Cut;
      case Part::Rest:
        return add_rest(bytes) ? Next::Bytes : Next::Cut;
      case Part::Logs:
        return add_logs(bytes) ? Next::Bytes : Next::Cut;
      case Part::Over:
        return Next::End;
    }
    return Next::End;
  }

 private:
  enum class Part : std::uint8_t { Run, Steps, Rest, Logs, Over };

  void add_run(std::string& bytes) {
    if (!is_csv_) {
      bytes += "{\"run\":" + json::to_text(render(view_)) + ",\"steps\":[";
      return;
    }
    bytes += "kind";
    for (const std::string_view column : kColumns) bytes.append(",").append(column);
    bytes += "\r\n";
    add_row(bytes, "run", render(view_));
  }
  bool add_steps(std::string& bytes) {
    const auto rows = store_.steps(view_.launch.tenant, view_.launch.run_id, after_, kPage);
    if (!rows.has_value()) return false;
    for (const auto& row : *rows) add_row(bytes, "step", render(row));
    if (rows->size() < kPage) part_ = Part::Rest;
    if (!rows->empty()) after_ = rows->back().step_number;
    return true;
  }
  bool add_rest(std::string& bytes) {
    const auto waits = store_.waits(view_.launch.tenant, view_.launch.run_id);
    const auto invocations = store_.invocations(view_.launch.tenant, view_.launch.run_id);
    if (!waits.has_value() || !invocations.has_value()) return false;
    begin_list(bytes, "waits");
    for (const auto& row : *waits) add_row(bytes, "wait", render(row));
    begin_list(bytes, "invocations");
    for (const auto& row : *invocations) add_row(bytes, "invocation", render(row));
    begin_list(bytes, "logs");
    part_ = Part::Logs;
    return true;
  }
  bool add_logs(std::string& bytes) {
    store::LogFilter filter;
    filter.limit = kPage;
    filter.after = log_after_;
    const auto page = store_.log().page(view_, filter);
    if (!page.has_value()) return false;
    for (const auto& line : page->lines) {
      json::Value row = render(line);
      row.get_object()["startedAt"] = row.get_object()["at"];
      add_row(bytes, "log", row);
    }
    log_after_ = page->next;
    if (log_after_) return true;
    if (!is_csv_) bytes += "]}\n";
    part_ = Part::Over;
    return true;
  }
  void begin_list(std::string& bytes, std::string_view name) {
    if (!is_csv_) bytes.append("],\"").append(name).append("\":[");
    is_first_ = true;
  }
  void add_row(std::string& bytes, std::string_view kind, const json::Value& row) {
    if (!is_csv_) {
      if (!is_first_) bytes += ",\n";
      is_first_ = false;
      bytes += json::to_text(row);
      return;
    }
    bytes += kind;
    for (const std::string_view column : kColumns) {
      bytes += ',';
      const json::Value* value = json::find(row, column);
      if (column == "runId") {
        bytes += view_.launch.run_id.text;
      } else if (value != nullptr) {
        add_cell(bytes, *value);
      }
    }
    bytes += "\r\n";
  }

  store::Store& store_;
  const store::RunView view_;
  const bool is_csv_;
  Part part_ = Part::Run;
  std::uint64_t after_ = 0;
  std::optional<store::LogPlace> log_after_;
  bool is_first_ = true;
};

}  // namespace

std::shared_ptr<http::BodyStream> export_run(store::Store& store, store::RunView view,
                                             ExportFormat format) {
  return std::make_shared<RunExport>(store, std::move(view), format);
}

}  // namespace fermata::api
