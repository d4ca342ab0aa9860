#include "properties.h"

#include "foundation/format.h"
#include "foundation/match.h"
#include "json/parse.h"
#include "json/text.h"

namespace fermata::simulation {
namespace {

namespace in = interpreter;

std::string optional_text(const std::optional<json::Value>& value) {
  return value ? json::to_canonical_text(*value) : "-";
}

bool is_block(std::string_view kind) {
  return kind == "control.forEach" || kind == "control.tryCatch";
}

// What leaves a run, with what is put around it, is read by a reader of documents and is no more
// than Temporal takes. Of the first semantics version it was not so.
bool is_readable(const json::Value& value) {
  constexpr std::size_t kTemporalBytesMax = 2 * limits::kMiB - limits::kKiB;
  const std::string text = json::to_text(json::Object{{"around", value}});
  return text.size() <= kTemporalBytesMax && json::parse(text).has_value();
}

const json::Value* value_of(const in::Effect& effect) {
  if (const auto* e = std::get_if<in::RunAction>(&effect)) return &e->input;
  if (const auto* e = std::get_if<in::StartChild>(&effect)) return &e->payload;
  if (const auto* e = std::get_if<in::Complete>(&effect)) return &e->result;
  const auto* e = std::get_if<in::ContinueAsNew>(&effect);
  return e == nullptr ? nullptr : &e->checkpoint;
}

}  // namespace

// As the store's upserts do: by key, never over a higher sequence; what a close does not know
// stays.
void Rows::take(const projection::RowBatch& batch) {
  if (batch.run && batch.run->sequence >= run_.sequence) run_ = *batch.run;
  for (const projection::StepRow& row : batch.steps) {
    auto& mine = steps_[row.step_number];
    if (row.sequence >= mine.sequence) mine = row;
  }
  for (const projection::WaitRow& row : batch.waits) {
    auto& mine = waits_[row.wait_id.text];
    if (row.sequence < mine.sequence) continue;
    if (row.wait_type.empty()) {
      mine.sequence = row.sequence;
      mine.status = row.status;
      mine.resolved_at = row.resolved_at;
      mine.matched_event_id = row.matched_event_id;
    } else {
      mine = row;
    }
  }
}

std::string Rows::text() const {
  std::string text =
      format("run {} {} {}\n", run_.status, optional_text(run_.error), optional_text(run_.output));
  for (const auto& [number, row] : steps_) {
    text += format("step {} {} {} {} {} {} {} {}\n", number, row.step_path, row.iteration,
                   row.status, row.attempt, row.started_at, row.completed_at.value_or(-1),
                   optional_text(row.error));
  }
  for (const auto& [id, row] : waits_) {
    text += format("wait {} {} {} {} {}\n", id, row.step_path, row.wait_type, row.status,
                   row.matched_event_id.value_or("-"));
  }
  return text;
}

void Properties::effects(const in::RunIdentity& identity, TimeMs now, const in::Advance& step) {
  Run& run = runs_[identity.run_id.text];
  if (run.is_over && !step.effects.empty()) wrong("effects after the end");
  if (step.first_effect_number != run.effects + 1) {
    wrong(format("effects are numbered from {}, expected {}", step.first_effect_number,
                 run.effects + 1));
  }
  run.effects += step.effects.size();
  run.now = now;
  run.is_bounded = identity.uses(in::Semantics::Second);
  for (const in::Effect& effect : step.effects) {
    const json::Value* value = value_of(effect);
    if (value != nullptr && run.is_bounded && !is_readable(*value))
      wrong("what leaves the run is not read: " + json::to_text(*value).substr(0, 200));
    const auto* action = std::get_if<in::RunAction>(&effect);
    if (action != nullptr && run.is_bounded && action->timeout_ms <= 0)
      wrong("an attempt without time");
    look(run, effect, &effect == &step.effects.back());
    run.all.push_back(effect);
  }
  const projection::FoldContext context{identity.tenant, identity.run_id, step.first_effect_number,
                                        now};
  run.batches.push_back(projection::fold(context, step.effects));
  run.rows.take(run.batches.back());
}

void Properties::look(Run& run, const in::Effect& effect, bool is_last) {
  if (in::is_terminal(effect) && !is_last) wrong("an end with effects behind it");
  const auto number = [&](in::Seq seq) {
    if (!run.numbers.insert(seq).second) wrong(format("number {} is given twice", seq));
  };
  std::visit(match{[&](const in::RunAction& e) {
                     number(e.seq);
                     const auto visit = run.visits[format("{} {}", e.path.text, e.iteration)];
                     if (!run.attempts.insert(format("{} {}", visit, e.attempt)).second)
                       wrong(format("{} is asked twice as attempt {}", e.path.text, e.attempt));
                   },
                   [&](const in::StartTimer& e) {
                     number(e.seq);
                     if (e.delay_ms <= 0 && run.is_bounded) wrong("a timer without a delay");
                   },
                   [&](const in::StartChild& e) { number(e.seq); },
                   [&](const in::OpenWait& e) {
                     if (run.waits.contains(e.wait_id.text))
                       wrong("a wait opens twice: " + e.path.text);
                     run.waits[e.wait_id.text] = true;
                   },
                   [&](const in::CloseWait& e) {
                     const auto wait = run.waits.find(e.wait_id.text);
                     if (wait == run.waits.end() || !wait->second) {
                       wrong("a wait closes that is not open");
                     } else {
                       wait->second = false;
                     }
                   },
                   [&](const in::RecordStep& e) {
                     const auto known = run.steps.find(e.step_number);
                     if (e.status == in::StepStatus::Started && known != run.steps.end())
                       wrong("a visit starts twice: " + e.path.text);
                     if (e.status != in::StepStatus::Started && known == run.steps.end())
                       wrong("a visit ends that never started: " + e.path.text);
                     if (known != run.steps.end() && known->second)
                       wrong("a visit goes on after its end: " + e.path.text);
                     // How store/run_changes.cc finds what is new rests on this.
                     if (!is_block(e.kind) && !run.steps.empty() &&
                         run.steps.rbegin()->first > e.step_number)
                       wrong("a step changes after a later one began: " + e.path.text);
                     run.steps[e.step_number] = e.finished_at.has_value();
                     run.visits[format("{} {}", e.path.text, e.iteration)] = e.step_number;
                   },
                   [&](const in::Complete&) { run.is_over = true; },
                   [&](const in::Fail&) { run.is_over = true; },
                   [&](const in::CancelRun&) { run.is_over = true; }, [](const auto&) {}},
             effect);
}

std::vector<std::string> Properties::finish() {
  for (auto& [id, run] : runs_) {
    // Repeated tasks write the same rows again, late ones too: nothing may change.
    const std::string folded = run.rows.text();
    for (const projection::RowBatch& batch : run.batches) run.rows.take(batch);
    if (run.rows.text() != folded) wrong("the same rows twice change the read model");
    const TenantId tenant("default");
    const RunId run_id(id);
    Rows rows;
    rows.take(projection::fold({tenant, run_id, 1, run.now}, run.all));
    // Of times only those that effects carry are compared: one fold has one `now`.
    if (!run.is_over) continue;
    for (const auto& [number, has_ended] : run.steps) {
      if (!has_ended) wrong(format("visit {} has no end though the run has", number));
    }
    for (const auto& [wait, is_open] : run.waits) {
      if (is_open) wrong(format("wait {} is open though the run is over", wait));
    }
    if (rows.text() != folded) wrong("rows differ:\n" + rows.text() + "against\n" + folded);
  }
  return std::move(problems_);
}

}  // namespace fermata::simulation
