#include "simulate/render.h"

#include "foundation/format.h"
#include "json/redact.h"
#include "json/text.h"

namespace fermata::simulate {
namespace {

namespace in = interpreter;

json::Value text_or_null(const std::optional<std::string>& text) {
  return text ? json::Value(*text) : json::Value(nullptr);
}

json::Value time_or_null(const Report& report, const std::optional<TimeMs>& time) {
  return time ? json::Value(*time - report.origin) : json::Value(nullptr);
}

json::Value step_json(const Report& report, const StepLine& line) {
  json::Object step{{"path", line.path},
                    {"status", in::word_of(line.status)},
                    {"attempt", line.attempt},
                    {"startedAtMs", line.started_at - report.origin},
                    {"finishedAtMs", time_or_null(report, line.finished_at)},
                    {"id", line.id},
                    {"type", line.type},
                    {"iteration", line.iteration}};
  if (line.error) step["error"] = json::redact(line.error->to_json());
  if (!line.note.is_null()) step["note"] = line.note;
  return step;
}

json::Value wait_json(const Report& report, const WaitLine& line) {
  json::Object wait{{"path", line.path},
                    {"iteration", line.iteration},
                    {"type", in::word_of(line.type)},
                    {"status", line.outcome ? in::word_of(*line.outcome) : "WAITING"},
                    {"openedAtMs", line.opened_at - report.origin},
                    {"closedAtMs", time_or_null(report, line.closed_at)},
                    {"timeoutAtMs", time_or_null(report, line.timeout_at)}};
  if (line.type == in::WaitType::Event) {
    wait["eventName"] = text_or_null(line.event_name);
    wait["correlationKey"] = text_or_null(line.correlation_key);
    wait["matchedEventId"] = text_or_null(line.matched_event_id);
  }
  if (line.task_id) wait["taskId"] = *line.task_id;
  if (!line.details.is_null()) wait["details"] = line.details;
  return wait;
}

json::Object run_json(const Report& report, const RunReport& run) {
  json::Array steps;
  for (const StepLine& line : run.steps) steps.push_back(step_json(report, line));
  json::Array waits;
  for (const WaitLine& line : run.waits) waits.push_back(wait_json(report, line));
  return {{"status", run.status},
          {"error", run.error ? json::redact(run.error->to_json()) : json::Value(nullptr)},
          {"scopes", json::redact(run.scopes)},
          {"steps", std::move(steps)},
          {"waits", std::move(waits)}};
}

}  // namespace

json::Value to_json(const Report& report) {
  json::Object object = run_json(report, report.root());
  json::Array side_effects;
  for (const SideEffect& effect : report.side_effects) {
    json::Object line{{"path", effect.path},           {"action", effect.action},
                      {"attempt", effect.attempt},     {"input", json::redact(effect.input)},
                      {"iteration", effect.iteration}, {"atMs", effect.at - report.origin}};
    if (const auto* output = std::get_if<json::Value>(&effect.outcome)) {
      line["output"] = json::redact(*output);
    } else {
      line["error"] = json::redact(std::get<in::RunError>(effect.outcome).to_json());
    }
    if (effect.run != 0) line["workflow"] = report.runs[effect.run].workflow;
    side_effects.push_back(std::move(line));
  }
  object["sideEffects"] = std::move(side_effects);
  json::Array children;
  for (std::size_t i = 1; i < report.runs.size(); ++i) {
    json::Object child = run_json(report, report.runs[i]);
    child["workflow"] = report.runs[i].workflow;
    child["parentPath"] = report.runs[i].parent_path;
    children.push_back(std::move(child));
  }
  object["children"] = std::move(children);
  json::Array warnings;
  for (const std::string& warning : report.warnings) warnings.emplace_back(warning);
  object["warnings"] = std::move(warnings);
  object["endedAtMs"] = report.ended_at - report.origin;
  object["histories"] = report.root().histories;
  return object;
}

json::Value invalid_json(const std::vector<definition::Finding>& findings) {
  json::Array list;
  for (const definition::Finding& finding : findings) {
    list.push_back(json::Object{
        {"code", finding.code},
        {"severity", finding.severity == definition::Severity::Error ? "error" : "warning"},
        {"path", finding.path},
        {"message", finding.message},
        {"help", finding.help}});
  }
  return json::Object{{"status", "INVALID"}, {"findings", std::move(list)}};
}

std::string clock_text(std::int64_t ms) {
  const std::int64_t days = ms / 86'400'000;
  const std::string time = format("{:02}:{:02}:{:02}.{:03}", ms / 3'600'000 % 24, ms / 60'000 % 60,
                                  ms / 1'000 % 60, ms % 1'000);
  return days > 0 ? format("{}d {}", days, time) : time;
}

std::string text_of(const in::RunError& error) {
  return error.code.empty() ? format("{}: {}", error.category, error.message)
                            : format("{} {}: {}", error.category, error.code, error.message);
}

std::string timeline_text(const Report& report) {
  std::string text;
  for (const TimelineLine& line : report.timeline) {
    const std::string run =
        line.run == 0 ? "" : format("{}#{}  ", report.runs[line.run].workflow, line.run);
    text += format("{:>16}  {}{}\n", clock_text(line.at - report.origin), run, line.text);
  }
  const RunReport& root = report.root();
  text += format("\n{} {} after {}: {} steps, {} side effects\n", root.workflow, root.status,
                 clock_text(report.ended_at - report.origin), root.steps.size(),
                 report.side_effects.size());
  if (root.error) text += format("  {} at {}\n", text_of(*root.error), root.error->node_path);
  for (const std::string& warning : report.warnings) text += format("  note: {}\n", warning);
  return text;
}

}  // namespace fermata::simulate
