#pragma once
// The built-in functions by name, for those who offer them to authors.

#include <string_view>
#include <vector>

#include "jsonata/jsonata.h"

namespace fermata::jsonata {

struct FunctionName {
  std::string_view name;       // without `$`
  std::string_view signature;  // as the language's documentation writes it: <s-n:s>
  std::string_view summary;    // what it gives
  std::string_view refusal;    // why it may not be called in this dialect; empty: it may
};

// The functions of this dialect, sorted by name, and those that it refuses.
std::vector<FunctionName> function_names(Dialect dialect);

}  // namespace fermata::jsonata
