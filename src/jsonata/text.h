#pragma once
// Text as JSONata sees it: a row of code points. Ours is UTF-8.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fermata::jsonata {

void append_utf8(std::string& out, char32_t code);
// Code point at `at`, which moves behind it; broken bytes count as one each.
char32_t next_code(std::string_view text, std::size_t& at);
std::size_t code_length(std::string_view text);
// Byte offsets of every code point, and the end: offsets[i] is where code point i starts.
std::vector<std::size_t> code_offsets(std::string_view text);
// Order of UTF-16 code units, which is what the language compares by.
int compare_text(std::string_view left, std::string_view right);
// Simple case mapping of Unicode letters, independent of any locale.
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);

// UTF-16 units in a text, and the byte at which a unit starts (the end when there are fewer).
std::size_t unit_length(std::string_view text);
std::size_t byte_of_unit(std::string_view text, double unit);
bool is_ascii(std::string_view text);
// Halves of UTF-16 pairs that stand alone, which are not UTF-8: written as `\uXXXX`, as JSON text
// may hold them, or replaced by U+FFFD.
std::string with_escaped_halves(std::string_view text);
std::string with_replaced_halves(std::string_view text);
bool has_lone_half(std::string_view text);
// Without such halves and without U+0000, which databases do not keep; or with U+FFFD for both.
bool is_writable(std::string_view text);
std::string with_replaced(std::string_view text);

// UTF-16 units and back. A half of a pair on its own is kept as three bytes (WTF-8), so that
// nothing is lost between the two.
std::u16string to_utf16(std::string_view text);
std::string to_utf8(std::u16string_view text);

}  // namespace fermata::jsonata
