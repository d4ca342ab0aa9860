#include "jsonata/text.h"

#include <cstdint>
#include <cstring>

namespace fermata::jsonata {
namespace {

constexpr bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// Letters of Latin, Greek and Cyrillic whose other case is a fixed distance away; others stay as
// they are.
char32_t lower_code(char32_t c) {
  if (c >= 'A' && c <= 'Z') return c + 32;
  if (c < 0x80) return c;
  if ((c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3A9) ||
      (c >= 0x410 && c <= 0x42F))
    return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  if ((c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177)) return c | 1U;
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) return (c & 1U) != 0 ? c + 1 : c;
  return c;
}

char32_t upper_code(char32_t c) {
  if (c >= 'a' && c <= 'z') return c - 32;
  if (c < 0x80) return c;
  if ((c >= 0xE0 && c <= 0xFE && c != 0xF7) || (c >= 0x3B1 && c <= 0x3C9 && c != 0x3C2) ||
      (c >= 0x430 && c <= 0x44F)) {
    return c - 32;
  }
  if (c == 0x3C2) return 0x3A3;
  if (c >= 0x450 && c <= 0x45F) return c - 80;
  if ((c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177)) return c & ~char32_t{1};
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) return (c & 1U) == 0 ? c - 1 : c;
  if (c == 0xFF) return 0x178;
  return c;
}

}  // namespace

void append_utf8(std::string& out, char32_t code) {
  const auto push = [&](char32_t byte) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(byte)));
  };
  if (code < 0x80) {
    push(code);
  } else if (code < 0x800) {
    push(0xC0 | (code >> 6U));
    push(0x80 | (code & 0x3FU));
  } else if (code < 0x10000) {
    push(0xE0 | (code >> 12U));
    push(0x80 | ((code >> 6U) & 0x3FU));
    push(0x80 | (code & 0x3FU));
  } else {
    push(0xF0 | (code >> 18U));
    push(0x80 | ((code >> 12U) & 0x3FU));
    push(0x80 | ((code >> 6U) & 0x3FU));
    push(0x80 | (code & 0x3FU));
  }
}

char32_t next_code(std::string_view text, std::size_t& at) {
  const auto first = static_cast<unsigned char>(text[at++]);
  if (first < 0x80) return first;
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
  char32_t code = more == 3   ? first & 0x07U
                  : more == 2 ? first & 0x0FU
                  : more == 1 ? first & 0x1FU
                              : first;
  for (int i = 0; i < more && at < text.size() && is_continuation(text[at]); ++i) {
    code = (code << 6U) | (static_cast<unsigned char>(text[at++]) & 0x3FU);
  }
  return code;
}

std::size_t code_length(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += is_continuation(c) ? 0U : 1U;
  return count;
}

std::vector<std::size_t> code_offsets(std::string_view text) {
  std::vector<std::size_t> offsets;
  offsets.reserve(text.size() + 1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_continuation(text[i])) offsets.push_back(i);
  }
  offsets.push_back(text.size());
  return offsets;
}

int compare_text(std::string_view left, std::string_view right) {
  const std::size_t size = left.size() < right.size() ? left.size() : right.size();
  std::size_t i = 0;
  while (i < size && left[i] == right[i]) ++i;
  if (i == size) return left.size() == right.size() ? 0 : left.size() < right.size() ? -1 : 1;
  const auto a = static_cast<unsigned char>(left[i]);
  const auto b = static_cast<unsigned char>(right[i]);
  // Bytes of UTF-8 order as UTF-16 does, but for pairs against U+E000 to U+FFFF.
  if (a < 0xEE || b < 0xEE || (a >= 0xF0) == (b >= 0xF0)) return a < b ? -1 : 1;
  return a < b ? 1 : -1;
}

std::string to_lower(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) append_utf8(out, lower_code(next_code(text, at)));
  return out;
}

std::string to_upper(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const char32_t code = next_code(text, at);
    if (code == 0xDF) {
      out += "SS";  // the one letter whose upper case is two
    } else {
      append_utf8(out, upper_code(code));
    }
  }
  return out;
}

std::size_t unit_length(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) {
    if (!is_continuation(c)) count += static_cast<unsigned char>(c) >= 0xF0 ? 2U : 1U;
  }
  return count;
}

std::size_t byte_of_unit(std::string_view text, double unit) {
  double units = 0;
  std::size_t at = 0;
  while (at < text.size() && units < unit) units += next_code(text, at) >= 0x10000 ? 2 : 1;
  return at;
}

bool is_ascii(std::string_view text) {
  std::uint64_t seen = 0;
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, 8);
    seen |= word;
  }
  for (; i < text.size(); ++i) seen |= static_cast<unsigned char>(text[i]);
  return (seen & 0x8080808080808080U) == 0;
}

std::u16string to_utf16(std::string_view text) {
  std::u16string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const char32_t code = next_code(text, at);
    if (code >= 0x10000) {
      out.push_back(static_cast<char16_t>(0xD800 + ((code - 0x10000) >> 10U)));
      out.push_back(static_cast<char16_t>(0xDC00 + ((code - 0x10000) & 0x3FFU)));
    } else {
      out.push_back(static_cast<char16_t>(code));
    }
  }
  return out;
}

std::string to_utf8(std::u16string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t unit = text[i];
    const bool is_pair = unit >= 0xD800 && unit < 0xDC00 && i + 1 < text.size() &&
                         text[i + 1] >= 0xDC00 && text[i + 1] < 0xE000;
    if (is_pair) {
      append_utf8(out, 0x10000 + ((unit - 0xD800) << 10U) + (text[++i] - 0xDC00U));
    } else {
      append_utf8(out, unit);
    }
  }
  return out;
}

}  // namespace fermata::jsonata
