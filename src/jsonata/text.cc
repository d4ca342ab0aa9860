#include "jsonata/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "jsonata/case_tables.h"

namespace fermata::jsonata {
namespace {

constexpr bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

template <std::size_t N>
char32_t mapped(const std::array<CaseRange, N>& ranges, char32_t code) {
  const auto* at = std::ranges::lower_bound(ranges, code, {}, &CaseRange::last);
  if (at == ranges.end() || code < at->first || (code - at->first) % at->stride != 0) return code;
  return static_cast<char32_t>(static_cast<std::int32_t>(code) + at->delta);
}

template <std::size_t N>
bool append_special(const std::array<CaseSpecial, N>& specials, char32_t code, std::string& out) {
  const auto* at = std::ranges::lower_bound(specials, code, {}, &CaseSpecial::code);
  if (at == specials.end() || at->code != code) return false;
  for (const char32_t to : at->to) {
    if (to != 0) append_utf8(out, to);
  }
  return true;
}

char32_t lower_code(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  return mapped(kLowerRanges, c);
}

char32_t upper_code(char32_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z' ? c - 32 : c;
  return mapped(kUpperRanges, c);
}

constexpr char32_t kSigma = 0x3A3;
constexpr char32_t kFinalSigma = 0x3C2;

bool has_case(char32_t c) {
  return lower_code(c) != c || upper_code(c) != c;
}
// Marks and signs that do not end a word for the sigma's sake.
bool is_passed_over(char32_t c) {
  return c == '\'' || c == '.' || c == ':' || c == '^' || c == '`' || c == 0xA8 || c == 0xAD ||
         c == 0xAF || c == 0xB4 || c == 0xB7 || c == 0xB8 || (c >= 0x2B0 && c <= 0x36F) ||
         c == 0x2018 || c == 0x2019 || (c >= 0x200B && c <= 0x200F);
}

// Whether the sigma that ends at `end` and begins at `start` is the last letter of a word.
bool is_final_sigma(std::string_view text, std::size_t start, std::size_t end) {
  bool is_after_letter = false;
  for (std::size_t at = 0; at < start;) {
    const char32_t code = next_code(text, at);
    if (!is_passed_over(code)) is_after_letter = has_case(code);
  }
  if (!is_after_letter) return false;
  while (end < text.size()) {
    const char32_t code = next_code(text, end);
    if (!is_passed_over(code)) return !has_case(code);
  }
  return true;
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
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    const char32_t code = next_code(text, at);
    if (code == kSigma && is_final_sigma(text, start, at)) {
      append_utf8(out, kFinalSigma);
    } else if (code < 0x80 || !append_special(kLowerSpecials, code, out)) {
      append_utf8(out, lower_code(code));
    }
  }
  return out;
}

std::string to_upper(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const char32_t code = next_code(text, at);
    if (code < 0x80 || !append_special(kUpperSpecials, code, out))
      append_utf8(out, upper_code(code));
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

namespace {

bool is_half_at(std::string_view text, std::size_t at) {
  return text[at] == '\xED' && at + 2 < text.size() &&
         static_cast<unsigned char>(text[at + 1]) >= 0xA0;
}

template <typename Replace>
std::string with_halves(std::string_view text, Replace replace) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (is_half_at(text, at)) {
      replace(out, next_code(text, at));
    } else {
      out += text[at++];
    }
  }
  return out;
}

}  // namespace

bool has_lone_half(std::string_view text) {
  for (std::size_t at = text.find('\xED'); at != std::string_view::npos;
       at = text.find('\xED', at + 1)) {
    if (is_half_at(text, at)) return true;
  }
  return false;
}

std::string with_escaped_halves(std::string_view text) {
  return with_halves(text, [](std::string& out, char32_t code) {
    constexpr std::string_view kHex = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(code >> shift) & 15U];
  });
}

std::string with_replaced_halves(std::string_view text) {
  return with_halves(text, [](std::string& out, char32_t) { append_utf8(out, 0xFFFD); });
}

bool is_writable(std::string_view text) {
  return text.find('\0') == std::string_view::npos && !has_lone_half(text);
}

std::string with_replaced(std::string_view text) {
  const std::string halves = with_replaced_halves(text);
  std::string out;
  for (const char c : halves) {
    if (c == '\0') {
      append_utf8(out, 0xFFFD);
    } else {
      out += c;
    }
  }
  return out;
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
