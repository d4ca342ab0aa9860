#pragma once
// Expressions: all of a definition, each with what it should give, what it can give, what it reads
// and what the checks say of it. The same rules as check(), put in order by place, for editors.

#include <string>
#include <string_view>
#include <vector>

#include "definition/definition.h"

namespace fermata::definition {

// `vars.order.total`, and where it stands in the source.
struct UsedName {
  std::string name;
  TextSpan span;

  bool operator==(const UsedName&) const = default;
};

struct ExpressionReport {
  std::string path;     // as findings name it
  std::string pointer;  // RFC 6901, of the source in the document
  std::string source;
  std::string_view role;  // condition, items, key, instant, text, input, assigned or payload
  std::string wanted;     // "a boolean"; "anything"
  std::string type;       // what it can give, likewise
  std::vector<UsedName> names;
  std::vector<Finding> findings;
};

// In the order of the document.
std::vector<ExpressionReport> check_expressions(const json::Value& document,
                                                const CheckContext& context);

// What an expression reads from its context, in the order of the text; none when it does not
// compile.
std::vector<UsedName> used_names(const std::string& source);

}  // namespace fermata::definition
