#include "projection/fold.h"

#include <algorithm>

#include "foundation/beginning.h"
#include "foundation/limits.h"
#include "foundation/match.h"
#include "json/redact.h"
#include "json/text.h"

namespace fermata::projection {
namespace {

namespace in = interpreter;

constexpr std::string_view kLogMember = "log";

// An error is told once: by the step that it came from, and by the one that handled it.
std::optional<std::string> log_level_of(const in::RecordStep& effect) {
  if (effect.status == in::StepStatus::Handled && effect.error) return "WARN";
  if (effect.status == in::StepStatus::Failed) {
    const bool is_origin = !effect.error || effect.error->node_path == effect.path.text;
    return is_origin ? std::optional<std::string>("ERROR") : std::nullopt;
  }
  const json::Value* line = json::find(effect.note, kLogMember);
  if (line == nullptr || !line->is_object()) return std::nullopt;
  const std::string level = json::string_at(line->get_object(), "level").value_or("");
  return level == "debug"   ? "DEBUG"
         : level == "warn"  ? "WARN"
         : level == "error" ? "ERROR"
                            : "INFO";
}

// What an author logs has no size of its own; a row has one.
void bound_log(json::Value& note) {
  if (!note.is_object() || !note.get_object().contains(kLogMember)) return;
  json::Value& line = note.get_object()[kLogMember];
  line = json::redact(line);
  if (!line.is_object()) return;
  for (auto& member : line.get_object()) {
    const std::size_t bytes = json::text_bytes(member.value());
    if (bytes > limits::kLogDataBytesMax)
      member.value() = json::Object{{"truncated", true}, {"bytes", bytes}};
  }
}

// An error redacted, and as large as a row may have it: its details may be a megabyte, and stand in
// the row of every step and of every retry that it went through. Category, code and place stay.
json::Value bounded(const json::Value& error) {
  json::Value kept = json::redact(error);
  if (!kept.is_object() || json::text_bytes(kept) <= limits::kErrorRowBytesMax) return kept;
  json::Object& object = kept.get_object();
  if (const json::Value* details = json::find(object, "details"))
    object["details"] = json::Object{{"truncated", true}, {"bytes", json::text_bytes(*details)}};
  // A character of the message has up to six bytes of text.
  if (json::text_bytes(kept) > limits::kErrorRowBytesMax)
    object["message"] =
        shortened(json::string_at(object, "message").value_or(""), limits::kErrorRowBytesMax / 8);
  return kept;
}

// What a wait tells: of a retry also the error that it waits after.
json::Value wait_details(const json::Value& details) {
  json::Value kept = json::redact(details);
  if (!kept.is_object()) return kept;
  if (json::Value* error = json::find(kept.get_object(), "error")) *error = bounded(*error);
  return kept;
}

class Fold {
 public:
  explicit Fold(const FoldContext& context) : context_(context) {}

  void take(const in::Effect& effect, std::uint64_t number) {
    number_ = number;
    std::visit(
        match{
            [&](const in::RecordStep& e) { step(e); }, [&](const in::RecordRun& e) { phase(e); },
            [&](const in::OpenWait& e) { open(e); }, [&](const in::CloseWait& e) { close(e); },
            [&](const in::Complete& e) {
              end("SUCCEEDED");
              batch_.run->output = json::redact(e.result);
            },
            [&](const in::Fail& e) {
              end("FAILED");
              batch_.run->error = json::redact(e.error.to_json());
            },
            [&](const in::CancelRun& e) {
              end("CANCELED");
              batch_.run->error = json::Object{{"category", "Cancellation"}, {"message", e.reason}};
            },
            [](const auto&) {}},
        effect);
  }
  RowBatch finish() { return std::move(batch_); }

 private:
  RunRow& run() {
    if (!batch_.run) batch_.run.emplace();
    RunRow& row = *batch_.run;
    row.tenant = context_.tenant;
    row.run_id = context_.run_id;
    row.sequence = number_;
    row.updated_at = context_.now;
    return row;
  }
  void end(std::string_view status) {
    RunRow& row = run();
    row.status = status;
    row.node_path.reset();
    row.completed_at = context_.now;
  }
  void phase(const in::RecordRun& effect) {
    RunRow& row = run();
    row.status = in::word_of(effect.phase);
    row.node_path = effect.current ? std::optional(effect.current->text) : std::nullopt;
  }
  void step(const in::RecordStep& effect) {
    auto row = std::ranges::find(batch_.steps, effect.step_number, &StepRow::step_number);
    if (row == batch_.steps.end()) {
      batch_.steps.emplace_back();
      row = std::prev(batch_.steps.end());
    }
    row->tenant = context_.tenant;
    row->run_id = context_.run_id;
    row->step_number = effect.step_number;
    row->sequence = number_;
    row->step_path = effect.path.text;
    row->definition_step_id = effect.step_id;
    row->step_type = effect.kind;
    row->iteration = effect.iteration;
    row->status = in::word_of(effect.status);
    row->attempt = effect.attempt;
    row->started_at = effect.started_at;
    row->completed_at = effect.finished_at;
    row->error = effect.error ? std::optional(bounded(effect.error->to_json())) : std::nullopt;
    row->note = effect.note.is_null() ? std::nullopt : std::optional(effect.note);
    row->log_level = log_level_of(effect);
    if (row->note) bound_log(*row->note);
  }
  void open(const in::OpenWait& effect) {
    WaitRow row;
    row.tenant = context_.tenant;
    row.run_id = context_.run_id;
    row.wait_id = effect.wait_id;
    row.sequence = number_;
    row.step_path = effect.path.text;
    row.iteration = effect.iteration;
    row.wait_type = in::word_of(effect.type);
    row.status = "WAITING";
    row.event_name = effect.event_name;
    row.correlation_key = effect.correlation_key;
    if (effect.task_id) row.task_id = effect.task_id->text;
    row.timeout_at = effect.timeout_at;
    row.accepts_from = effect.accepts_from;
    if (effect.type == in::WaitType::Retry) {
      row.payload = wait_details(effect.details);
    } else if (!effect.details.is_null()) {
      row.payload = json::redact(effect.details);
    }
    row.created_at = context_.now;
    batch_.waits.push_back(std::move(row));
  }
  void close(const in::CloseWait& effect) {
    auto row = std::ranges::find(batch_.waits, effect.wait_id, &WaitRow::wait_id);
    if (row == batch_.waits.end()) {
      batch_.waits.emplace_back();
      row = std::prev(batch_.waits.end());
      row->tenant = context_.tenant;
      row->run_id = context_.run_id;
      row->wait_id = effect.wait_id;
    }
    row->sequence = number_;
    row->status = in::word_of(effect.outcome);
    if (effect.matched_event_id) row->matched_event_id = effect.matched_event_id->text;
    row->resolved_at = context_.now;
  }

  const FoldContext& context_;
  std::uint64_t number_ = 0;
  RowBatch batch_;
};

}  // namespace

RowBatch fold(const FoldContext& context, std::span<const in::Effect> effects) {
  Fold fold(context);
  std::uint64_t number = context.first_number;
  for (const in::Effect& effect : effects) fold.take(effect, number++);
  return fold.finish();
}

}  // namespace fermata::projection
