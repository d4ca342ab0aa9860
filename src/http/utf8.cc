#include "http/utf8.h"

#include <cstdint>

namespace fermata::http {
namespace {

// Of the character at the front; 0 when there is none.
std::size_t character_bytes(std::string_view bytes) {
  const auto lead = static_cast<unsigned char>(bytes.front());
  if (lead == 0) return 0;
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || length > bytes.size()) return 0;
  std::uint32_t code = lead & (0xFFU >> (length + 1));
  for (const char next : bytes.substr(1, length - 1)) {
    if ((static_cast<unsigned char>(next) & 0xC0U) != 0x80U) return 0;
    code = code << 6U | (static_cast<unsigned char>(next) & 0x3FU);
  }
  const bool is_overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
  return is_overlong || is_surrogate || code > 0x10FFFF ? 0 : length;
}

}  // namespace

bool is_clean_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t length = character_bytes(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string field_text(std::string_view bytes) {
  if (is_clean_utf8(bytes)) return std::string(bytes);
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) {
      text.push_back(static_cast<char>(0xC0U | (byte >> 6U)));
      text.push_back(static_cast<char>(0x80U | (byte & 0x3FU)));
    } else if (byte != 0) {
      text.push_back(c);
    }
  }
  return text;
}

}  // namespace fermata::http
