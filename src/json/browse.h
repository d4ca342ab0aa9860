#pragma once
// Browsing: the head of a value that is too large to be shown, with what was left out where, and a
// search in it. For people who look at documents; nothing is hidden here (redact.h).

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"

namespace fermata::json {

struct HeadLimits {
  std::size_t depth = 4;       // of lists and objects within each other
  std::size_t bytes = 16'384;  // of the text, about
};

// A place that is not shown as a whole.
struct Cut {
  std::string pointer;    // RFC 6901
  std::string_view type;  // object, array or string
  std::size_t bytes = 0;  // of the whole text
  std::size_t count = 0;  // members, items or bytes
  std::size_t shown = 0;  // how many of them are there
};

struct Head {
  Value value;            // the beginning of the value; of its form, but for what is missing
  std::size_t bytes = 0;  // of the whole text
  std::vector<Cut> cuts;
};

// The room is shared among the parts of each list and object, so that the first of them leaves some
// for the others.
Head head_of(const Value& value, const HeadLimits& limits);

struct Match {
  std::string pointer;
  bool is_key = false;    // the name of the member
  std::string_view type;  // of the value there
  std::string excerpt;    // with some text around
};

struct Matches {
  std::vector<Match> items;  // in the order of the document
  bool has_more = false;
};

// Names of members and texts, numbers and words of values that have `text` in them; letters of
// ASCII in either case. At most `limit`.
Matches search(const Value& value, std::string_view text, std::size_t limit);

}  // namespace fermata::json
