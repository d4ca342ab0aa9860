#include "simulate/recorder.h"

#include <algorithm>

#include "foundation/format.h"
#include "foundation/match.h"
#include "json/redact.h"
#include "json/text.h"
#include "simulate/render.h"

namespace fermata::simulate {
namespace {

namespace in = interpreter;

std::string place(std::string_view id, std::string_view iteration) {
  return iteration.empty() ? std::string(id) : format("{} [{}]", id, iteration);
}

std::string lower(std::string_view word) {
  std::string text(word);
  for (char& c : text) c = c == '_' ? ' ' : c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

}  // namespace

std::string Recorder::name_of(std::size_t run, std::string_view path) const {
  const auto& steps = report_.runs[run].steps;
  const auto line = std::find_if(steps.rbegin(), steps.rend(),
                                 [&](const StepLine& step) { return step.path == path; });
  return line == steps.rend() ? std::string(path) : place(line->id, line->iteration);
}

void Recorder::take(std::size_t run, TimeMs now, std::span<const in::Effect> effects) {
  RunReport& line = report_.runs[run];
  const auto end = [&](std::string_view status) {
    line.status = status;
    say(run, now, [&] { return format("run {}", lower(status)); });
  };
  for (const in::Effect& effect : effects) {
    std::visit(match{[&](const in::RecordStep& e) { step(run, now, e); },
                     [&](const in::OpenWait& e) { open(run, now, e); },
                     [&](const in::CloseWait& e) { close(run, now, e); },
                     [&](const in::RecordRun& e) { line.status = in::word_of(e.phase); },
                     [&](const in::Complete&) { end("SUCCEEDED"); },
                     [&](const in::Fail& e) {
                       line.error = e.error;
                       end("FAILED");
                     },
                     [&](const in::CancelRun& e) {
                       in::RunError error;
                       error.category = in::category::kCancellation;
                       error.message = e.reason;
                       error.node_path = "root";
                       error.at = now;
                       line.error = std::move(error);
                       end("CANCELED");
                     },
                     [&](const in::ContinueAsNew&) {
                       ++line.histories;
                       say(run, now, [] { return std::string("continues in a new history"); });
                     },
                     [](const auto&) {}},
               effect);
  }
}

void Recorder::step(std::size_t run, TimeMs now, const in::RecordStep& effect) {
  // Visits are numbered from 1 in the order of their start.
  auto& steps = report_.runs[run].steps;
  if (effect.step_number > steps.size()) steps.resize(effect.step_number);
  StepLine& line = steps[effect.step_number - 1];
  line.number = effect.step_number;
  line.path = effect.path.text;
  line.id = effect.step_id;
  line.type = effect.kind;
  line.iteration = effect.iteration;
  line.status = effect.status;
  line.attempt = effect.attempt;
  line.started_at = effect.started_at;
  line.finished_at = effect.finished_at;
  line.error = effect.error;
  line.note = effect.note;
  if (effect.status == in::StepStatus::Started) return;
  say(run, now, [&] {
    std::string text = format("{}  {}", place(effect.step_id, effect.iteration),
                              lower(in::word_of(effect.status)));
    if (effect.attempt > 1) text += format(" at attempt {}", effect.attempt);
    if (!effect.note.is_null()) text += "  " + json::to_text(json::redact(effect.note));
    if (effect.error) text += "  " + text_of(*effect.error);
    return text;
  });
}

void Recorder::open(std::size_t run, TimeMs now, const in::OpenWait& effect) {
  WaitLine line;
  line.wait_id = effect.wait_id.text;
  line.path = effect.path.text;
  line.iteration = effect.iteration;
  line.type = effect.type;
  line.opened_at = now;
  line.timeout_at = effect.timeout_at;
  line.event_name = effect.event_name;
  line.correlation_key = effect.correlation_key;
  if (effect.task_id) line.task_id = effect.task_id->text;
  line.details = json::redact(effect.details);
  say(run, now, [&] {
    std::string text =
        format("{}  waits for {}", name_of(run, line.path),
               effect.type == in::WaitType::Pause ? "a resume" : in::word_of(line.type));
    if (line.event_name) text += format(" {}", *line.event_name);
    if (line.correlation_key) text += format(" with key {}", *line.correlation_key);
    if (line.timeout_at) text += format(" until {}", clock_text(*line.timeout_at - report_.origin));
    return text;
  });
  report_.runs[run].waits.push_back(std::move(line));
}

void Recorder::close(std::size_t run, TimeMs now, const in::CloseWait& effect) {
  // The last one, nearly always.
  auto& waits = report_.runs[run].waits;
  const auto found = std::find_if(waits.rbegin(), waits.rend(), [&](const WaitLine& wait) {
    return wait.wait_id == effect.wait_id.text;
  });
  if (found == waits.rend()) return;
  WaitLine& line = *found;
  line.outcome = effect.outcome;
  line.closed_at = now;
  if (effect.matched_event_id) line.matched_event_id = effect.matched_event_id->text;
  say(run, now, [&] {
    std::string text =
        format("{}  wait {}", name_of(run, line.path), lower(in::word_of(effect.outcome)));
    if (line.matched_event_id) text += format(" by event {}", *line.matched_event_id);
    return text;
  });
}

}  // namespace fermata::simulate
