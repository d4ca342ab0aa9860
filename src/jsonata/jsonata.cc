#include "jsonata/jsonata.h"

#include <algorithm>
#include <array>
#include <bit>

#include "foundation/limits.h"
#include "jsonata/lexer.h"
#include "jsonata/run.h"
#include "jsonata/serialize.h"

namespace fermata::jsonata {
namespace {

// The hints of a larger program share places: they are only hints.
constexpr std::uint32_t kHintsMax = 1024;
// What most evaluations of workflow expressions need fits in here, on the native stack.
constexpr std::size_t kFirstBytes = 8 * limits::kKiB;

Unwritable unwritable_of(const Run& run, Dialect dialect) {
  if (dialect == Dialect::Standard) return Unwritable::Official;
  return run.edition == Edition::First ? Unwritable::RefuseFirst : Unwritable::Refuse;
}

Evaluation take_result(Run& run, const Cell& result, Dialect dialect) {
  if (result.is_failed() || run.failed()) return {std::nullopt, std::move(run.failure)};
  if (result.is_undefined()) return {};
  if (result.is(Tag::Function))
    return {std::nullopt, Failure{"U1006", 0, "", "the expression's value is a function"}};
  auto value = to_json(run, result, unwritable_of(run, dialect));
  if (!value) return {std::nullopt, std::move(run.failure)};
  return {std::move(value), std::nullopt};
}

Evaluation finish(Run& run, const Cell& result, Dialect dialect) {
  Evaluation made = take_result(run, result, dialect);
  made.steps = run.steps_taken();
  made.work = run.work_done();
  return made;
}

// Members are borrowed, so this costs a row per name and copies no data.
Cell composed(Run& run, const ComposedInput& input) {
  Record* const record = run.new_record(16);
  for (const auto& [name, value] : input.members) run.set(*record, name, of_json(*value));
  for (const json::Object* layer : input.layers) {
    for (const auto& member : *layer) {
      const std::string_view key(member.key().data(), member.key().size());
      if (find_member(Cell::object(record), key).is_undefined())
        run.set(*record, key, of_json(member.value()));
    }
  }
  return Cell::object(record);
}

}  // namespace

Run::Run(const Program& program, const EvaluateOptions& given, Arena& arena)
    : memory(arena),
      options(given),
      edition(given.edition),
      matcher(given.budget.regex_steps),
      random_state(given.seed),
      program_(program),
      steps_allowed_(given.budget.steps),
      items_allowed_(given.budget.items),
      text_allowed_(given.budget.text_bytes),
      steps_left_(
          static_cast<std::int64_t>(std::min<std::uint64_t>(given.budget.steps, INT64_MAX))),
      items_left_(given.budget.items),
      text_left_(given.budget.text_bytes) {
  const std::uint32_t count = std::bit_ceil(std::clamp<std::uint32_t>(program.sites, 1, kHintsMax));
  hints = memory.array<std::uint32_t>(count);
  std::fill_n(hints, count, 0);
  hint_mask = count - 1;
}

Cell Run::run(const Cell& input) {
  root = input;
  Cell context = input;
  if (input.is_array()) {
    context = sequence_of(input);
    context.list->is_outer = true;
  }
  Frame* frame = nullptr;
  if (program_.root_slots > 0) {
    frame = new_frame(program_.root_slots, nullptr);
    if (frame == nullptr) return Cell::of(Tag::Failed);
    frame->scope = program_.root_names;
  }
  return eval(program_.root, context, frame);
}

Evaluation evaluate(const Program& program, const json::Value& input,
                    const EvaluateOptions& options) {
  std::array<char, kFirstBytes> first;
  Arena memory(first.data(), first.size());
  Run run(program, options, memory);
  return finish(run, run.run(of_json(input)), program.dialect);
}

Evaluation evaluate(const Program& program, Nothing, const EvaluateOptions& options) {
  std::array<char, kFirstBytes> first;
  Arena memory(first.data(), first.size());
  Run run(program, options, memory);
  return finish(run, run.run(Cell()), program.dialect);
}

Evaluation evaluate(const Program& program, const ComposedInput& input,
                    const EvaluateOptions& options) {
  std::array<char, kFirstBytes> first;
  Arena memory(first.data(), first.size());
  Run run(program, options, memory);
  return finish(run, run.run(composed(run, input)), program.dialect);
}

struct Session::State {
  Arena memory;
  std::optional<Run> run;
  Cell result;
  const Program* program = nullptr;
};

Session::Session() : state_(std::make_unique<State>()) {}
Session::~Session() = default;

bool Session::evaluate(const Program& program, const json::Value& input,
                       const EvaluateOptions& options) {
  state_->run.reset();
  state_->memory.reset();
  state_->program = &program;
  state_->run.emplace(program, options, state_->memory);
  state_->result = state_->run->run(of_json(input));
  return !state_->run->failed();
}

std::uint64_t Session::bytes_allocated() const {
  return state_->memory.reserved();
}

Evaluation Session::take() {
  return finish(*state_->run, state_->result, state_->program->dialect);
}

}  // namespace fermata::jsonata
