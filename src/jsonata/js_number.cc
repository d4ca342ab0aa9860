#include "jsonata/js_number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "json/number.h"

namespace fermata::jsonata {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'z') return c - 'a' + 10;
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  return 36;
}

// Moves the decimal point by editing the exponent of the shortest text.
double shifted(double number, int places) {
  if (!std::isfinite(number)) return kNaN;
  std::string text = json::number_to_text(number);
  int exponent = 0;
  if (const std::size_t e = text.find('e'); e != std::string::npos) {
    const char* digits = text.data() + e + (text[e + 1] == '+' ? 2 : 1);
    std::from_chars(digits, text.data() + text.size(), exponent);
    text.resize(e);
  }
  text += "e" + std::to_string(exponent + places);
  return decimal_value(text);
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

bool is_decimal(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  std::size_t end = skip_digits(text, at);
  if (end == at) return false;
  if (end < text.size() && text[end] == '.') {
    at = end + 1;
    end = skip_digits(text, at);
    if (end == at) return false;
  }
  if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
    at = end + 1;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    end = skip_digits(text, at);
    if (end == at) return false;
  }
  return end == text.size();
}

int prefix_base(char letter) {
  switch (letter) {
    case 'x':
    case 'X':
      return 16;
    case 'o':
    case 'O':
      return 8;
    case 'b':
    case 'B':
      return 2;
    default:
      return 0;
  }
}

}  // namespace

double decimal_value(std::string_view text) {
  double number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc::result_out_of_range) return number;
  const std::size_t e = text.find_first_of("eE");
  const bool is_small = e != std::string_view::npos && text.substr(e + 1).starts_with('-');
  const bool is_negative = text.starts_with('-');
  const double size = is_small ? 0 : std::numeric_limits<double>::infinity();
  return is_negative ? -size : size;
}

double round_half_even(double number, double precision) {
  const bool shifts = precision != 0 && !std::isnan(precision);
  constexpr double kPlacesMax = 1e6;
  if (shifts && std::trunc(precision) != precision) return kNaN;
  const int places = shifts ? static_cast<int>(std::clamp(precision, -kPlacesMax, kPlacesMax)) : 0;
  const double value = shifts ? shifted(number, places) : number;
  double result = std::floor(value);
  if (value - result >= 0.5) result += 1;
  if (std::fabs(result - value) == 0.5 && std::fabs(std::fmod(result, 2)) == 1) result -= 1;
  if (shifts) result = shifted(result, -places);
  return result == 0 ? 0 : result;
}

double leading_integer(std::string_view text) {
  std::size_t at = text.find_first_not_of(" \t\n\r\v\f");
  if (at == std::string_view::npos) return kNaN;
  const bool is_negative = text[at] == '-';
  if (text[at] == '-' || text[at] == '+') ++at;
  int base = 10;
  if (text.size() > at + 1 && text[at] == '0' && (text[at + 1] == 'x' || text[at + 1] == 'X')) {
    base = 16;
    at += 2;
  }
  const std::size_t start = at;
  while (at < text.size() && digit_value(text[at]) < base) ++at;
  if (at == start) return kNaN;
  double number = 0;
  if (base == 10) {
    number = decimal_value(text.substr(start, at - start));
  } else {
    for (std::size_t i = start; i < at; ++i) number = number * base + digit_value(text[i]);
  }
  return is_negative ? -number : number;
}

std::optional<double> number_of_text(std::string_view text) {
  if (is_decimal(text)) {
    const double number = decimal_value(text);
    if (std::isfinite(number)) return number;
    return std::nullopt;
  }
  if (text.size() < 3 || text[0] != '0') return std::nullopt;
  const int base = prefix_base(text[1]);
  if (base == 0) return std::nullopt;
  double number = 0;
  for (const char c : text.substr(2)) {
    if (digit_value(c) >= base) return std::nullopt;
    number = number * base + digit_value(c);
  }
  return number;
}

}  // namespace fermata::jsonata
