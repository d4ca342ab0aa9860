// Any bytes as a program: the first line is an expression, the rest a document. Compiling and
// evaluating end, never crash, stay inside their budgets, and say the same twice.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "json/parse.h"
#include "json/text.h"
#include "jsonata/jsonata.h"

namespace {

using namespace fermata;

std::string outcome(const jsonata::Evaluation& made) {
  if (made.failure) return made.failure->code + " " + made.failure->message;
  return made.value ? json::to_text(*made.value) : "undefined";
}

void run(std::string_view source, const json::Value* input, jsonata::Dialect dialect) {
  const jsonata::Compiled compiled = jsonata::compile(source, {dialect});
  if ((compiled.program == nullptr) != compiled.failure.has_value()) std::abort();
  if (compiled.program == nullptr) return;
  jsonata::EvaluateOptions options;
  options.now = 1'500'000'000'000;
  options.budget = {.steps = 200'000, .items = 500'000, .text_bytes = 4'000'000};
  const auto evaluate = [&] {
    return input == nullptr ? jsonata::evaluate(*compiled.program, jsonata::Nothing{}, options)
                            : jsonata::evaluate(*compiled.program, *input, options);
  };
  if (outcome(evaluate()) != outcome(evaluate())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = text.find('\n');
  const std::string_view source = text.substr(0, line);
  const std::string_view rest =
      line == std::string_view::npos ? std::string_view() : text.substr(line + 1);
  const auto input = json::parse(rest);
  const json::Value* document = input.has_value() ? &*input : nullptr;
  // Sources are text; other bytes are refused before they come here.
  const auto as_json = json::parse("[" + json::to_text(json::Value(source)) + "]");
  if (!as_json.has_value()) return 0;
  run(source, document, jsonata::Dialect::Standard);
  run(source, document, jsonata::Dialect::Workflow);
  return 0;
}
