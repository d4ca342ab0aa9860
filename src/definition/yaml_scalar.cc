#include "definition/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>

namespace fermata::definition {
namespace {

using namespace std::string_view_literals;

template <typename Words>
bool is_one_of(std::string_view text, const Words& words) {
  return std::ranges::find(words, text) != words.end();
}

std::string_view without_sign(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return text;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t digits_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_decimal(std::string_view text) {
  text = without_sign(text);
  const std::size_t whole = digits_of(text);
  text.remove_prefix(whole);
  std::size_t fraction = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = digits_of(text);
    text.remove_prefix(fraction);
  }
  if (whole + fraction == 0) return false;
  if (text.empty()) return true;
  if (text.front() != 'e' && text.front() != 'E') return false;
  text = without_sign(text.substr(1));
  return !text.empty() && digits_of(text) == text.size();
}

// 0o17 and 0x1F, which have no sign.
std::optional<json::Value> based_number(std::string_view text) {
  if (text.size() < 3 || text[0] != '0' || (text[1] != 'o' && text[1] != 'x')) return std::nullopt;
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, status] =
      std::from_chars(text.data() + 2, end, number, text[1] == 'x' ? 16 : 8);
  if (status != std::errc{} || stop != end || text[2] == '-') return std::nullopt;
  return json::Value(number);
}

std::optional<json::Value> decimal_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  std::int64_t whole = 0;
  const auto as_whole = std::from_chars(text.data(), end, whole);
  if (as_whole.ec == std::errc{} && as_whole.ptr == end) return json::Value(whole);
  double real = 0;
  const auto as_real = std::from_chars(text.data(), end, real);
  const bool is_tiny = text.find("e-") != text.npos || text.find("E-") != text.npos;
  if (as_real.ec == std::errc::result_out_of_range) {
    return is_tiny ? std::optional(json::Value(0.0)) : std::nullopt;
  }
  return json::Value(real);
}

}  // namespace

std::optional<json::Value> resolve_plain_scalar(std::string_view text) {
  constexpr std::array kNull = {""sv, "~"sv, "null"sv, "Null"sv, "NULL"sv};
  constexpr std::array kTrue = {"true"sv, "True"sv, "TRUE"sv};
  constexpr std::array kFalse = {"false"sv, "False"sv, "FALSE"sv};
  constexpr std::array kInfinite = {".inf"sv, ".Inf"sv, ".INF"sv};
  constexpr std::array kNotANumber = {".nan"sv, ".NaN"sv, ".NAN"sv};
  if (is_one_of(text, kNull)) return json::Value(nullptr);
  if (is_one_of(text, kTrue)) return json::Value(true);
  if (is_one_of(text, kFalse)) return json::Value(false);
  if (is_one_of(text, kNotANumber) || is_one_of(without_sign(text), kInfinite)) return std::nullopt;
  if (is_decimal(text)) return decimal_number(text);
  if (auto number = based_number(text)) return number;
  return json::Value(json::String(text));
}

bool is_clean_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead == 0) return false;
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || i + length > text.size()) return false;
    std::uint32_t code = lead & (0xFFU >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0) != 0x80) return false;
      code = code << 6 | (next & 0x3F);
    }
    const bool is_overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (is_overlong || is_surrogate || code > 0x10FFFF) return false;
    i += length;
  }
  return true;
}

}  // namespace fermata::definition
