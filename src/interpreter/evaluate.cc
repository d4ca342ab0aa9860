#include "interpreter/evaluate.h"

#include <algorithm>
#include <span>

#include "foundation/format.h"
#include "json/pointer.h"
#include "json/text.h"

namespace fermata::interpreter {
namespace {

constexpr const char* kValueMissing = "VALUE_MISSING";
// Bytes that are copied and measured in the time of one step of an expression.
constexpr std::size_t kBytesPerStep = 4;

const json::Value kEmptyObject = json::Object{};

RunError expression_error(const Run& run, const StepVisit& visit, std::string_view code,
                          std::string message) {
  return run.error_at(visit, category::kExpression, code, std::move(message));
}

// The whole of what an expression depends on, besides itself.
struct Sight {
  const RunState& state;
  std::span<const Frame> frames;
  TimeMs now;
  const RunIdentity& identity;
  std::uint64_t steps_max = UINT64_MAX;
};

// Bare names are loop records, innermost first, then the variables.
jsonata::Evaluation look(const Sight& sight, const jsonata::Program& program,
                         const ExtraNames& names) {
  std::vector<const json::Object*> layers;
  for (auto frame = sight.frames.rbegin(); frame != sight.frames.rend(); ++frame) {
    if (const auto* loop = std::get_if<LoopFrame>(&*frame)) layers.push_back(&loop->lexical);
  }
  const Scopes& scopes = sight.state.scopes;
  layers.push_back(&scopes.vars.get_object());
  // `local` is the innermost loop's record.
  const json::Value local = layers.size() > 1 ? json::Value(*layers.front()) : kEmptyObject;
  ExtraNames members = {
      {"payload", &scopes.payload},    {"vars", &scopes.vars}, {"local", &local},
      {"system", &sight.state.system}, {"meta", &scopes.meta}, {"error", &scopes.error}};
  members.insert(members.end(), names.begin(), names.end());
  jsonata::EvaluateOptions options;
  options.now = sight.now;
  options.edition =
      sight.identity.uses(Semantics::Second) ? jsonata::Edition::Second : jsonata::Edition::First;
  options.budget.steps = std::min(options.budget.steps, sight.steps_max);
  return jsonata::evaluate(program, jsonata::ComposedInput{members, layers}, options);
}

// Depth is that of the definition, which is bounded.
void add_secret_places(const definition::MappingValue& mapping, const std::string& at,
                       std::vector<std::string>& places) {
  using Kind = definition::MappingValue::Kind;
  if (mapping.kind == Kind::Secret) places.push_back(at);
  for (std::size_t i = 0; i < mapping.items.size(); ++i) {
    std::string below = at;
    json::append_token(below, mapping.kind == Kind::Object ? mapping.keys[i] : std::to_string(i));
    add_secret_places(mapping.items[i], below, places);
  }
}

// What is left for one expression: of the call of advance(), and of the step.
std::uint64_t steps_left(const Run& run) {
  const std::uint64_t left = run.expression_steps_max - run.expression_steps;
  if (!run.uses(Semantics::Second)) return left;
  return std::min(left, limits::kWorkPerStepMax - std::min(limits::kWorkPerStepMax, run.step_work));
}

// Why the value may not be used, if so. To copy and measure it is work, too.
std::optional<RunError> refusal_of(Run& run, const StepVisit& visit, const json::Value& value,
                                   const Place& place) {
  const std::size_t bytes = json::text_bytes(value);
  run.charge(bytes / kBytesPerStep);
  if (bytes > place.bytes_max) {
    return expression_error(
        run, visit, "VALUE_TOO_LARGE",
        format("{}: result is larger than {} bytes", place.what, place.bytes_max));
  }
  if (run.uses(Semantics::Second) && json::is_deeper(value, limits::kValueDepthMax))
    return too_deep(run, visit, place.what);
  return std::nullopt;
}

}  // namespace

RunError too_deep(const Run& run, const StepVisit& visit, std::string_view what) {
  return expression_error(run, visit, "VALUE_TOO_DEEP",
                          format("{}: nested deeper than {} levels", what, limits::kValueDepthMax));
}

Evaluated evaluate(Run& run, const StepVisit& visit, const definition::Expression& expression,
                   std::string_view what) {
  return evaluate_at(run, visit, expression, {.what = what});
}

Evaluated evaluate_at(Run& run, const StepVisit& visit, const definition::Expression& expression,
                      const Place& place) {
  const std::string_view what = place.what;
  if (expression.program == nullptr) {
    return run.error_at(visit, category::kCorruption, "EXPRESSION_INVALID",
                        "an expression was not compiled");
  }
  auto made = look(
      {run.state, run.state.branches.front().frames, run.now, run.host.identity, steps_left(run)},
      *expression.program, place.names);
  run.expression_steps += made.steps;
  run.charge(made.work);
  if (made.failure) {
    RunError error = expression_error(run, visit, made.failure->code,
                                      format("{}: {}", what, made.failure->message));
    error.details =
        json::Object{{"expression", expression.source}, {"position", made.failure->position}};
    return error;
  }
  if (!made.value) {
    return expression_error(run, visit, kValueMissing,
                            format("{}: `{}` has no value", what, expression.source));
  }
  if (auto refusal = refusal_of(run, visit, *made.value, place)) return *std::move(refusal);
  return *std::move(made.value);
}

std::optional<json::Value> evaluate_items_again(const Host& host, const RunState& state,
                                                std::size_t frame) {
  const std::span<const Frame> frames = state.branches.front().frames;
  const StepVisit& visit = std::get<LoopFrame>(frames[frame]).visit;
  const auto& step = std::get<definition::ForEachStep>(host.program.steps[visit.step].config);
  if (step.items.program == nullptr) return std::nullopt;
  auto made =
      look({state, frames.first(frame), visit.started_at, host.identity}, *step.items.program, {});
  if (!made.value || !made.value->is_array()) return std::nullopt;
  return std::move(made.value);
}

std::optional<RunError> input_refusal(Run& run, const StepVisit& visit, const json::Value& input) {
  if (!run.uses(Semantics::Second)) return std::nullopt;
  if (json::is_deeper(input, limits::kValueDepthMax)) return too_deep(run, visit, "inputMapping");
  const std::size_t bytes = json::text_bytes(input);
  run.charge(bytes / kBytesPerStep);
  if (bytes <= limits::kInputBytesMax) return std::nullopt;
  return run.error_at(visit, category::kValidation, "INPUT_TOO_LARGE",
                      format("inputMapping: more than {} bytes", limits::kInputBytesMax));
}

// Depth is that of the definition, which is bounded.
Evaluated resolve(Run& run, const StepVisit& visit, const definition::MappingValue& mapping) {
  using Kind = definition::MappingValue::Kind;
  switch (mapping.kind) {
    case Kind::Literal:
      return mapping.literal;
    case Kind::Expr:
      return evaluate(run, visit, mapping.expression, "inputMapping");
    case Kind::Secret:
      return json::Value(json::Object{{"$secret", mapping.secret}});
    case Kind::Array: {
      json::Array array;
      for (const auto& item : mapping.items) {
        Evaluated value = resolve(run, visit, item);
        if (std::holds_alternative<RunError>(value)) return value;
        array.push_back(std::move(std::get<json::Value>(value)));
      }
      return json::Value(std::move(array));
    }
    case Kind::Object: {
      json::Object object;
      for (std::size_t i = 0; i < mapping.items.size(); ++i) {
        Evaluated value = resolve(run, visit, mapping.items[i]);
        if (const auto* error = std::get_if<RunError>(&value)) {
          if (mapping.items[i].may_be_missing && error->code == kValueMissing) continue;
          return value;
        }
        object[mapping.keys[i]] = std::move(std::get<json::Value>(value));
      }
      return json::Value(std::move(object));
    }
  }
  return json::Value(nullptr);
}

std::vector<std::string> secret_places(const definition::MappingValue& mapping) {
  std::vector<std::string> places;
  add_secret_places(mapping, "", places);
  return places;
}

}  // namespace fermata::interpreter
