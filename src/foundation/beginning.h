#pragma once
// The beginning of a text in UTF-8 that is longer than a place has room for: cut between two
// characters, never inside one.

#include <cstddef>
#include <string>
#include <string_view>

namespace fermata {

// At most so many bytes of it.
constexpr std::string_view beginning_of(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) --bytes;
  return text.substr(0, bytes);
}

// The same, with a mark behind it when something is left out.
inline std::string shortened(std::string_view text, std::size_t bytes,
                             std::string_view mark = "...[truncated]") {
  std::string kept(beginning_of(text, bytes));
  if (kept.size() < text.size()) kept += mark;
  return kept;
}

}  // namespace fermata
