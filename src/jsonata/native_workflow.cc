// The helpers that workflow definitions have beside the language's own. Source:
// docs/reference/expressions.md.
#include <array>

#include "jsonata/instant.h"
#include "jsonata/run.h"
#include "jsonata/text.h"

namespace fermata::jsonata {
namespace {

bool is_missing(const Cell& value) {
  return value.is_undefined() || value.is(Tag::Null);
}

Cell fn_now_iso(Run& run, Arguments&) {
  return run.text(instant_text(run.options.now));
}

// The first that is neither missing nor null, else null.
Cell fn_coalesce(Run&, Arguments& a) {
  for (std::uint32_t i = 0; i < a.count; ++i) {
    if (!is_missing(a[i])) return a[i];
  }
  return Cell::null();
}

// Items of a list, code points of a text, 0 for anything else.
Cell fn_len(Run&, Arguments& a) {
  if (a[0].is_array()) return Cell::real(static_cast<double>(Items(a[0]).size()));
  if (a[0].is_text()) return Cell::real(static_cast<double>(code_length(a[0].view())));
  return Cell::real(0);
}

Cell fn_to_string(Run& run, Arguments& a) {
  return is_missing(a[0]) ? Cell::string("") : run.to_text(a[0]);
}

// Always a list: missing and null are none, a list is spread.
Cell fn_append(Run& run, Arguments& a) {
  List* const list = run.new_list(0, false);
  for (std::uint32_t i = 0; i < a.count; ++i) {
    if (is_missing(a[i])) continue;
    const Items items(a[i]);
    for (std::size_t k = 0; k < items.size(); ++k) {
      if (!run.push(*list, items.at(k))) return Cell::of(Tag::Failed);
    }
  }
  return Cell::array(list);
}

constexpr std::array<Native, 5> kFunctions = {{
    {"nowIso", "<:s>", "now, as an ISO 8601 instant", fn_now_iso, 0, true},
    {"coalesce", "<x+:x>",
     "the first of its arguments that is there and not null; null when none is", fn_coalesce, 1,
     true},
    {"len", "<x:n>", "how many items a list has, or characters a text; 0 for anything else", fn_len,
     1, true},
    {"toString", "<x:s>", "the value as text; an empty one without a value or for null",
     fn_to_string, 1, true},
    {"append", "<xx:a>",
     "a list of the items of both; what is missing or null adds none, what is no list adds itself",
     fn_append, 2, true},
}};

}  // namespace

std::span<const Native> workflow_natives() {
  return kFunctions;
}

}  // namespace fermata::jsonata
