// The helpers that workflow definitions have beside the language's own. Source:
// docs/reference/expressions.md.
#include <array>

#include "jsonata/evaluator.h"
#include "jsonata/functions.h"
#include "jsonata/instant.h"
#include "jsonata/text.h"

namespace fermata::jsonata {
namespace {

using Arguments = std::vector<Val>;

Val fn_now_iso(Evaluator& e, Arguments&) {
  return Val::text(instant_text(e.options().now));
}

// The first that is neither missing nor null, else null.
Val fn_coalesce(Evaluator&, Arguments& a) {
  for (const Val& value : a) {
    if (!value.is_undefined() && !value.is_null()) return value;
  }
  return Val::null();
}

// Items of a list, code points of a text, 0 for anything else.
Val fn_len(Evaluator&, Arguments& a) {
  if (a[0].is_array()) return Val::number(static_cast<double>(a[0].size()));
  if (a[0].is_text()) return Val::number(static_cast<double>(code_length(a[0].as_text())));
  return Val::number(0);
}

Val fn_to_string(Evaluator& e, Arguments& a) {
  if (a[0].is_undefined() || a[0].is_null()) return Val::text("");
  std::string text = to_text(e, a[0]);
  return e.spend_text(text.size()) ? Val::text(std::move(text)) : Val();
}

// Always a list: missing and null are none, a list is spread.
Val fn_append(Evaluator& e, Arguments& a) {
  std::vector<Val> items;
  for (const Val& value : a) {
    if (value.is_undefined() || value.is_null()) continue;
    if (!e.spend_items(value.is_array() ? value.size() : 1)) return {};
    if (!value.is_array()) {
      items.push_back(value);
      continue;
    }
    for (std::size_t i = 0; i < value.size(); ++i) items.push_back(value.at(i));
  }
  return list(std::move(items));
}

constexpr std::array<Native, 5> kFunctions = {{
    {"nowIso", "<:s>", fn_now_iso, true},
    {"coalesce", "<x+:x>", fn_coalesce, true},
    {"len", "<x:n>", fn_len, true},
    {"toString", "<x:s>", fn_to_string, true},
    {"append", "<xx:a>", fn_append, true},
}};

}  // namespace

std::span<const Native> workflow_functions() {
  return kFunctions;
}

}  // namespace fermata::jsonata
