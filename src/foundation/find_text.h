#pragma once
// Where a text stands in another: std::string_view::find takes their product in the worst case
// (`aaa…` and `aa…b`), which for data of a megabyte is minutes; this takes their sum.

#include <cstring>
#include <string_view>

namespace fermata {

// From `from` on; npos when it is not there.
inline std::size_t find_text(std::string_view text, std::string_view part, std::size_t from = 0) {
  if (from > text.size()) return std::string_view::npos;
  const void* found = memmem(text.data() + from, text.size() - from, part.data(), part.size());
  return found == nullptr ? std::string_view::npos
                          : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace fermata
