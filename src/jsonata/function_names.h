#pragma once
// The built-in functions by name, for those who offer them to authors.

#include <string_view>
#include <vector>

#include "jsonata/jsonata.h"

namespace fermata::jsonata {

struct FunctionName {
  std::string_view name;       // without `$`
  std::string_view signature;  // as the language's documentation writes it: <s-n:s>
};

// What can be called in this dialect, sorted by name.
std::vector<FunctionName> function_names(Dialect dialect);

}  // namespace fermata::jsonata
