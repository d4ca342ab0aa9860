#pragma once
// The built-in functions, one table. Each entry: name, signature, code. Groups of them live in
// functions_*.cc.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "jsonata/jsonata.h"
#include "jsonata/value.h"

namespace fermata::jsonata {

class Evaluator;

struct Native {
  std::string_view name;       // without `$`
  std::string_view signature;  // "<s-:s>"
  Val (*run)(Evaluator& evaluator, std::vector<Val>& arguments);
  bool is_workflow_only = false;
  std::size_t call_back_arguments =
      SIZE_MAX;  // when it takes fewer as a call-back than it has parameters
};

std::span<const Native> text_functions();
std::span<const Native> number_functions();
std::span<const Native> list_functions();
std::span<const Native> object_functions();
std::span<const Native> time_functions();
std::span<const Native> workflow_functions();

// The function value under this name in this dialect, or nullptr.
const Val* find_native(std::string_view name, Dialect dialect);
// Names that may be called without `$` in workflow definitions.
bool is_bare_name(std::string_view name);
// Closest known function name within a small edit distance, or empty.
std::string_view nearest_native(std::string_view name, Dialect dialect);
std::size_t native_arity(const Native& native);
Val call_native(Evaluator& evaluator, const Native& native, std::vector<Val>& arguments,
                const Val& context);

// $string's numbers: 15 significant digits.
std::string number_text(double number);

}  // namespace fermata::jsonata
