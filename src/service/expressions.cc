#include "service/expressions.h"

#include <utility>

#include "foundation/format.h"
#include "foundation/limits.h"
#include "json/redact.h"
#include "json/text.h"

namespace fermata::service {
namespace {

TrialFinding finding_of(const jsonata::Failure& failure, std::string_view source) {
  return {failure.code, failure.message, jsonata::span_of(failure, source)};
}

jsonata::Evaluation evaluate(const jsonata::Program& program, const json::Value& data, TimeMs now) {
  jsonata::EvaluateOptions options;
  options.now = now;
  if (!data.is_object()) return jsonata::evaluate(program, data, options);
  std::vector<std::pair<std::string_view, const json::Value*>> members;
  std::vector<const json::Object*> layers;
  for (const auto& member : data.get_object()) {
    if (member.key() != "layers") members.emplace_back(member.key(), &member.value());
  }
  const json::Value* const given = json::find(data, "layers");
  const json::Value* const vars = json::find(data, "vars");
  if (given != nullptr && given->is_array()) {
    for (const json::Value& layer : given->get_array())
      if (layer.is_object()) layers.push_back(&layer.get_object());
  } else if (vars != nullptr && vars->is_object()) {
    layers.push_back(&vars->get_object());
  }
  return jsonata::evaluate(program, jsonata::ComposedInput{members, layers}, options);
}

}  // namespace

Result<Trial> compile_trial(std::string source) {
  if (source.size() > limits::kExpressionSourceBytesMax)
    return make_error(
        ErrorKind::Invalid, "EXPRESSION_INVALID",
        format("source: expected a text of at most {} bytes", limits::kExpressionSourceBytesMax));
  Trial trial;
  trial.source = std::move(source);
  auto compiled = jsonata::compile(trial.source, {.dialect = jsonata::Dialect::Workflow});
  if (compiled.failure) {
    trial.findings.push_back(finding_of(*compiled.failure, trial.source));
    return trial;
  }
  trial.program = std::move(compiled.program);
  trial.names = definition::used_names(trial.source);
  return trial;
}

void evaluate_trial(Trial& trial, const json::Value& data, TimeMs now) {
  if (trial.program == nullptr) return;
  auto made = evaluate(*trial.program, data, now);
  if (made.failure) trial.findings.push_back(finding_of(*made.failure, trial.source));
  if (!made.value) return;
  if (json::text_bytes(*made.value) > limits::kExpressionOutputBytesMax) {
    trial.findings.push_back(
        {"VALUE_TOO_LARGE",
         format("result is larger than {} bytes", limits::kExpressionOutputBytesMax),
         {0, trial.source.size()}});
    return;
  }
  trial.value = json::redact(*made.value);
}

}  // namespace fermata::service
