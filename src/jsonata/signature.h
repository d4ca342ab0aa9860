#pragma once
// Function signatures such as <s-n?:s>: which arguments a function takes, where the context fills
// in, what is wrapped into an array. Source: the language's documentation, "Function signature
// syntax".

#include <string>
#include <string_view>
#include <vector>

#include "foundation/result.h"
#include "jsonata/value.h"

namespace fermata::jsonata {

struct Parameter {
  std::string types;   // letters that are accepted, with 'm' for missing
  char type = 0;       // the written letter, 'a' for arrays
  char item_type = 0;  // a<s>
  bool is_optional = false;
  bool takes_context = false;
  bool is_repeated = false;
};
struct Signature {
  std::vector<Parameter> parameters;
};

// Errors carry the language's code: S0401 (type parameter on a plain type), S0402 (unknown letter).
Result<Signature> parse_signature(std::string_view text);

class Evaluator;
// Checks and completes the arguments; false with a failure set when they do not fit.
bool validate(Evaluator& evaluator, const Signature& signature, std::vector<Val>& arguments,
              const Val& context);

}  // namespace fermata::jsonata
